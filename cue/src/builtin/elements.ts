import type { CueValue } from './api.ts';
import { BuiltinError } from './api.ts';

/** The elements of a list argument, concrete or not. Throws when the argument is no list. */
export function elementsOf(list: CueValue, index = 0): readonly CueValue[] {
  const error = list.error();
  if (error !== undefined) throw error;
  if (!list.kinds.has('list')) {
    const kinds = Array.from(list.kinds).join('|');
    throw new BuiltinError(`cannot use value (type ${kinds}) as list in argument ${index + 1}`);
  }
  if (!list.isConcrete) throw new BuiltinError(`non-concrete list for argument ${index}`, 'incomplete');
  return list.fields().map((field) => field.value);
}
