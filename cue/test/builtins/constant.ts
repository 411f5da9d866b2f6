import type { CueValue, Data, KindName, StructData } from '../../src/builtin/api.ts';
import { BuiltinError } from '../../src/builtin/api.ts';
import { toCue } from './literal.ts';

/** A concrete value for functions that take any value, outside of an evaluation. */
export class Constant implements CueValue {
  readonly data: Data;
  readonly isConcrete = true;
  readonly isOpen = false;

  constructor(data: Data) {
    this.data = data;
  }

  get kinds(): ReadonlySet<KindName> {
    return new Set([kindOf(this.data)]);
  }

  toData(): Data {
    return this.data;
  }

  lookup(path: readonly (string | number)[]): CueValue | undefined {
    const [first, ...rest] = path;
    if (first === undefined) return this;
    const field = this.fields().find(({ name }) => name === String(first));
    return field?.value.lookup(rest);
  }

  fields(): readonly { readonly name: string; readonly value: CueValue }[] {
    if (this.data instanceof Map) {
      return Array.from(this.data as StructData, ([name, value]) => ({ name, value: new Constant(value) }));
    }
    if (!Array.isArray(this.data)) return [];
    return (this.data as readonly Data[]).map((value, i) => ({ name: String(i), value: new Constant(value) }));
  }

  unify(other: CueValue | Data): CueValue {
    const data = other instanceof Constant ? other.data : (other as Data);
    if (toCue(data) === toCue(this.data)) return this;
    throw new BuiltinError('conflicting values');
  }

  fill(): CueValue {
    throw new BuiltinError('a constant has no more fields');
  }

  equals(other: CueValue): boolean {
    return other instanceof Constant && toCue(other.data) === toCue(this.data);
  }

  error(): BuiltinError | undefined {
    return undefined;
  }
}

function kindOf(data: Data): KindName {
  if (data === null) return 'null';
  if (typeof data === 'boolean') return 'bool';
  if (typeof data === 'string') return 'string';
  if (typeof data !== 'object') return 'int';
  if (data instanceof Uint8Array) return 'bytes';
  if (data instanceof Map) return 'struct';
  return Array.isArray(data) ? 'list' : 'float';
}
