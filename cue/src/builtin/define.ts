import type { BuiltinContext, BuiltinFunction, CueValue, Data, Num, Param } from './api.ts';
import { BuiltinError } from './api.ts';

/** A parameter with the TypeScript type of its argument, which the evaluator has checked before the call. */
interface Typed<T> extends Param {
  readonly type?: T;
}

type Arguments<P extends readonly Typed<unknown>[]> = {
  readonly [I in keyof P]: P[I] extends Typed<infer T> ? T : never;
};

type Result = ReturnType<BuiltinFunction['call']>;

export const string: Typed<string> = { kind: 'string' };
export const text: Typed<string | Uint8Array> = { kind: 'text' };
export const int: Typed<number | bigint> = { kind: 'int', goType: 'int64' };
export const rune: Typed<number | bigint> = { kind: 'int', goType: 'rune' };
export const bigInt: Typed<number | bigint> = { kind: 'int' };
export const number: Typed<Num> = { kind: 'number' };
export const bool: Typed<boolean> = { kind: 'bool' };
export const list: Typed<CueValue> = { kind: 'value' };
export const strings: Typed<readonly string[]> = { kind: 'list', elements: 'string' };
export const numbers: Typed<readonly Num[]> = { kind: 'list', elements: 'number' };
export const value: Typed<CueValue> = { kind: 'value' };
export const any: Typed<Data> = { kind: 'any' };

export function fn<const P extends readonly Typed<unknown>[]>(
  params: P,
  result: BuiltinFunction['result'],
  call: (args: Arguments<P>, context: BuiltinContext) => Result,
): BuiltinFunction {
  return { params, result, call: call as unknown as BuiltinFunction['call'] };
}

export function fail(message: string): BuiltinError {
  return new BuiltinError(message);
}
