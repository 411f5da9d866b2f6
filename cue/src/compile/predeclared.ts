import * as K from '../eval/kind.ts';
import { Bound, Conjunction, TypeValue, type Scalar, type Value } from '../eval/model.ts';
import { parseDecimal } from '../number/decimal.ts';
import { toInt } from '../syntax/number-literal.ts';

function intRange(low: bigint, high?: bigint): Value {
  const parts = [new Bound('>=', toInt(low), K.NUMBER)];
  if (high !== undefined) parts.push(new Bound('<=', toInt(high), K.NUMBER));
  return new Conjunction(K.INT, parts);
}

function floatRange(limit: string): Value {
  const high: Scalar = parseDecimal(limit) ?? 0;
  const low: Scalar = parseDecimal(`-${limit}`) ?? 0;
  return new Conjunction(K.NUMBER, [new Bound('>=', low, K.NUMBER), new Bound('<=', high, K.NUMBER)]);
}

const signed = (bits: bigint): Value => intRange(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n);
const unsigned = (bits: bigint): Value => intRange(0n, 2n ** bits - 1n);

const TYPES = new Map<string, Value>([
  ['_', new TypeValue(K.TOP)],
  ['no_sharing', new TypeValue(K.TOP)],
  ['null', null],
  ['bool', new TypeValue(K.BOOL)],
  ['int', new TypeValue(K.INT)],
  ['float', new TypeValue(K.FLOAT)],
  ['number', new TypeValue(K.NUMBER)],
  ['string', new TypeValue(K.STRING)],
  ['bytes', new TypeValue(K.BYTES)],
  ['uint', intRange(0n)],
  ['rune', intRange(0n, 0x10ffffn)],
  ['int8', signed(8n)],
  ['int16', signed(16n)],
  ['int32', signed(32n)],
  ['int64', signed(64n)],
  ['int128', signed(128n)],
  ['uint8', unsigned(8n)],
  ['uint16', unsigned(16n)],
  ['uint32', unsigned(32n)],
  ['uint64', unsigned(64n)],
  ['uint128', unsigned(128n)],
  ['float32', floatRange('3.40282346638528859811704183484516925440e+38')],
  ['float64', floatRange('1.797693134862315708145274237317043567981e+308')],
]);

const FUNCTIONS = new Set(['len', 'close', 'and', 'or', 'div', 'mod', 'quo', 'rem', 'error', 'matchN', 'matchIf']);

/** The value of a predeclared type; names may be written with two underscores before them. */
export function predeclaredType(name: string): Value | undefined {
  if (name === 'no_sharing') return undefined;
  return TYPES.get(name.startsWith('__') ? name.slice(2) : name);
}

/** The name of a predeclared function. */
export function predeclaredFunction(name: string): string | undefined {
  const plain = name.startsWith('__') ? name.slice(2) : name;
  return FUNCTIONS.has(plain) ? plain : undefined;
}
