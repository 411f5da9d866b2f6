import type { Argument, BuiltinFunction, Data, Param } from '../builtin/api.ts';
import { kindOf } from './bounds.ts';
import { toData } from './export.ts';
import { Handle } from './handle.ts';
import * as K from './kind.ts';
import type { Machine } from './machine.ts';
import { Bottom, Disjunction, Vertex, type Scalar, type Value } from './model.ts';
import { printValue } from './print.ts';
import { isScalar, possibleKinds, withDefault } from './value-of.ts';
import { compareNumbers } from './arithmetic.ts';

const MASKS: Readonly<Record<Param['kind'], number>> = {
  null: K.NULL, bool: K.BOOL, int: K.INT, float: K.FLOAT, string: K.STRING, bytes: K.BYTES, list: K.LIST, struct: K.STRUCT,
  number: K.NUMBER, text: K.TEXT, any: K.TOP, value: K.TOP,
}; // prettier-ignore

const ELEMENTS: Readonly<Record<NonNullable<Param['elements']>, number>> = {
  string: K.STRING,
  int: K.INT,
  number: K.NUMBER,
  struct: K.STRUCT,
  list: K.LIST,
  any: K.TOP,
};

export const paramKinds = (param: Param): number => MASKS[param.kind];

/** Functions with a boolean result validate. */
export const isValidatorResult = (func: BuiltinFunction): boolean => func.result === 'bool';

/** The argument as a function's parameter wants it, or the error of one that does not fit. */
export function argumentOf(
  m: Machine,
  param: Param,
  value: Value,
  index: number,
): { readonly argument: Argument } | Bottom {
  if (param.kind === 'value') return handleOf(m, value);
  const known = withDefault(m, m.valueOf(value));
  // a literal that has the cycle inside is no value that a cycle leaves unknown
  if (known instanceof Bottom) return value instanceof Vertex && value.label !== '' ? known.asArgument : known;
  if (!isScalar(known) && !(known instanceof Vertex)) {
    const kinds = possibleKinds(m, known);
    return (kinds & paramKinds(param)) === 0 ? wrongKind(known, kinds, param, index) : notConcrete(known, param, index);
  }
  const kind = known instanceof Vertex ? (known.elems === null ? K.STRUCT : K.LIST) : kindOf(known);
  if ((paramKinds(param) & kind) === 0) return wrongKind(known, kind, param, index);
  if (!(known instanceof Vertex)) return scalarArgument(known, param, index);
  const data = toData(m, known);
  if (data instanceof Bottom) return data;
  return checkElements(data, param, index);
}

function handleOf(m: Machine, value: Value): { readonly argument: Argument } | Bottom {
  const known = m.valueOf(value);
  if (known instanceof Bottom) return value instanceof Vertex ? known.asArgument : known;
  return { argument: new Handle(m, value) };
}

function notConcrete(known: Value, param: Param, index: number): Bottom {
  if (known instanceof Disjunction)
    return new Bottom('incomplete', () => `unresolved disjunction ${printValue(known)}`);
  const text = (): string => `non-concrete value ${printValue(known)} for argument ${index + 1} of kind ${param.kind}`;
  return new Bottom('incomplete', text);
}

function kindText(param: Param): string {
  if (param.goType !== undefined && param.kind === 'int') return 'int';
  return K.kindName(paramKinds(param));
}

function wrongKind(value: Value, kind: number, param: Param, index: number): Bottom {
  const text = (): string =>
    `cannot use ${printValue(value)} (type ${K.kindName(kind)}) as ${kindText(param)} in argument ${index + 1}`;
  return new Bottom('eval', text);
}

const RANGES: Readonly<Record<NonNullable<Param['goType']>, readonly [bigint, bigint]>> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint: [0n, 2n ** 64n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  rune: [-(2n ** 31n), 2n ** 31n - 1n],
};

function scalarArgument(value: Scalar, param: Param, index: number): { readonly argument: Argument } | Bottom {
  if (param.goType !== undefined && (typeof value === 'number' || typeof value === 'bigint')) {
    const [low, high] = RANGES[param.goType];
    if (compareNumbers(value, low) < 0 || compareNumbers(value, high) > 0) {
      return new Bottom(
        'eval',
        () =>
          `cannot use ${printValue(value)} (type int) as ${param.goType ?? 'int'} in argument ${index + 1}: value out of range`,
      );
    }
  }
  return { argument: value };
}

function checkElements(data: Data, param: Param, index: number): { readonly argument: Argument } | Bottom {
  if (param.elements === undefined || param.elements === 'any' || !Array.isArray(data)) return { argument: data };
  const mask = ELEMENTS[param.elements];
  const items = data as readonly Data[];
  for (let i = 0; i < items.length; i++) {
    const item = items[i] ?? null;
    const kind = dataKind(item);
    if ((mask & kind) !== 0) continue;
    const text = `invalid list element ${i} in argument ${index} to call: cannot use value (${K.kindName(kind)}) as ${K.kindName(mask)}`;
    return new Bottom('eval', text);
  }
  return { argument: data };
}

function dataKind(data: Data): number {
  if (Array.isArray(data)) return K.LIST;
  if (data instanceof Map) return K.STRUCT;
  return kindOf(data as Scalar);
}
