// Doubles and decimals: what Go's library takes as float64 and gives back as float64.
import { Decimal } from '../number/decimal.ts';
import type { Num } from './api.ts';
import { parseDecimal } from '../number/decimal.ts';

/** The decimal of a double: its shortest digits, with the point that makes it a float. */
export function fromDouble(x: number): Decimal {
  const parsed = parseDecimal(x.toExponential());
  return parsed ?? new Decimal(0n, 0);
}

export function toDouble(x: Num): number {
  return typeof x === 'object' ? Number(`${x.coefficient}e${x.exponent}`) : Number(x);
}

/** bits / 2^count, rounded once to the nearest double. */
export function halve(bits: bigint, count: number): number {
  const length = bits.toString(2).length;
  if (length - count < -1080) return 0;
  // a double in the normal range holds 53 bits; smaller ones lose bits that count from 2^-1074
  const kept = Math.max(0, Math.min(length, 53, length - count + 1074));
  const dropped = length - kept;
  let top = bits >> BigInt(dropped);
  const rest = bits - (top << BigInt(dropped));
  const half = dropped === 0 ? 0n : 1n << BigInt(dropped - 1);
  if (dropped > 0 && (rest > half || (rest === half && top % 2n === 1n))) top += 1n;
  const exponent = dropped - count;
  return Number(top) * 2 ** Math.floor(exponent / 2) * 2 ** Math.ceil(exponent / 2);
}
