import type { Decimal } from '../number/decimal.ts';

/** A CUE number: an int is a safe integer or, beyond that, a bigint; everything with a point or exponent is a Decimal. */
export type Num = number | bigint | Decimal;

/** A concrete value. Fields are in order; hidden, optional and definition fields are absent. */
export type Data = null | boolean | Num | string | Uint8Array | readonly Data[] | StructData;
export type StructData = ReadonlyMap<string, Data>;

export type KindName = 'null' | 'bool' | 'int' | 'float' | 'string' | 'bytes' | 'list' | 'struct';

/**
 * What a parameter admits. `number` is int or float, `any` any concrete value, `value` also a value that is not
 * concrete: the function receives a CueValue. With `elements`, a list with elements of that kind.
 * `text` is string or bytes.
 */
export interface Param {
  readonly kind: KindName | 'number' | 'text' | 'any' | 'value';
  readonly elements?: 'string' | 'int' | 'number' | 'struct' | 'list' | 'any';
  /** An argument that may be left out. Only last parameters. */
  readonly optional?: boolean;
  /** Inclusive limits of an int argument; CUE refuses what does not fit, as in "cannot use -1 as uint". */
  readonly goType?:
    'int' | 'int8' | 'int16' | 'int32' | 'int64' | 'uint' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'rune';
}

/** A value as the evaluator holds it, possibly not concrete. */
export interface CueValue {
  /** All kinds that the value may still have. */
  readonly kinds: ReadonlySet<KindName>;
  readonly isConcrete: boolean;
  /** Whether a list may have more elements: `[1, ...]`. */
  readonly isOpen: boolean;
  /** The concrete data with defaults chosen, or the error that prevents it. */
  toData(): Data | BuiltinError;
  /** The value of a regular field or list index, undefined when absent. */
  lookup(path: readonly (string | number)[]): CueValue | undefined;
  /** Regular fields in order: of a struct its fields, of a list its elements. */
  fields(): readonly { readonly name: string; readonly value: CueValue }[];
  /** The unification with a value; an error shows in `toData` or `error`. */
  unify(other: CueValue | Data): CueValue;
  /** The value with one more conjunct in a field: {…} & {name: value}. */
  fill(name: string, value: CueValue | Data): CueValue;
  /** Whether both are the same value. */
  equals(other: CueValue): boolean;
  /** The error that the value is or holds. */
  error(): BuiltinError | undefined;
}

/** An error of a builtin. It may be returned or thrown. `incomplete`: an argument is not known yet. */
export class BuiltinError extends Error {
  readonly code: 'eval' | 'incomplete' | 'structural';

  constructor(message: string, code: BuiltinError['code'] = 'eval') {
    super(message);
    this.code = code;
  }
}

/** Why a validator refuses a value. A call with all arguments has the result `false` instead of the error. */
export class ValidationError extends BuiltinError {}

export interface BuiltinContext {
  /** Charges the budget: work that grows with the arguments. */
  step(count: number): void;
  /** Charges the budget: memory that the result will hold. */
  bytes(count: number): void;
}

/**
 * A function of a builtin package. One with the result `bool` is a validator too, as in CUE: called with one argument
 * fewer (the first parameter is then the value to be validated), or named without a call when it has one parameter.
 */
export interface BuiltinFunction {
  readonly params: readonly Param[];
  readonly result: KindName | 'number' | 'text' | 'any';
  readonly call: (args: readonly Argument[], context: BuiltinContext) => BuiltinResult;
}

export type Argument = Data | CueValue;

/** A list may have elements that are not concrete. */
export type BuiltinResult = Data | CueValue | readonly (Data | CueValue)[] | BuiltinError;

export interface BuiltinPackage {
  /** The import path: `strings`, `encoding/json`. */
  readonly path: string;
  readonly functions: Readonly<Record<string, BuiltinFunction>>;
  readonly constants?: Readonly<Record<string, Data>>;
  /** Fields that are CUE: expressions by name, as `Ascending: {T: _, x: T, y: T, less: x < y}`. May use no import. */
  readonly definitions?: Readonly<Record<string, string>>;
}
