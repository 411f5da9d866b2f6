import type { BuiltinPackage, CueValue } from './api.ts';
import { BuiltinError, ValidationError } from './api.ts';
import { fn, int, value } from './define.ts';

export const structPackage: BuiltinPackage = {
  path: 'struct',
  functions: {
    MinFields: fn([value, int], 'bool', ([x, n]) => {
      const count = fieldCount(x);
      if (count >= n) return true;
      return new ValidationError(`len(fields) < MinFields(${n}) (${count} < ${n})`, 'incomplete');
    }),
    MaxFields: fn([value, int], 'bool', ([x, n]) => {
      const count = fieldCount(x);
      return count <= n ? true : new ValidationError(`len(fields) > MaxFields(${n}) (${count} > ${n})`);
    }),
  },
};

function fieldCount(x: CueValue): number {
  if (x.kinds.has('struct')) return x.fields().length;
  throw new BuiltinError(`cannot use value (type ${Array.from(x.kinds).join('|')}) as struct`);
}
