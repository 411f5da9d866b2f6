// Arithmetic of builtins: arguments of either kind, results that are an int when they are integral.
import type { Num } from './api.ts';
import { Decimal, compare, isIntegral, truncate } from '../number/decimal.ts';

export { add, divide, multiply, subtract } from '../number/decimal.ts';

export const ZERO = new Decimal(0n, 0);
export const ONE = new Decimal(1n, 0);

export function toDecimal(x: Num): Decimal {
  return x instanceof Decimal ? x : Decimal.of(x);
}

export function compareNum(a: Num, b: Num): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return compare(toDecimal(a), toDecimal(b));
}

export function isZero(x: Num): boolean {
  return typeof x === 'object' ? x.coefficient === 0n : x === 0 || x === 0n;
}

/** An int as CUE holds it: a number where it is safe, otherwise a bigint. */
export function toInt(x: bigint): number | bigint {
  const n = Number(x);
  return Number.isSafeInteger(n) ? n : x;
}

/** The result of a decimal function: an int when it is integral. */
export function resultOf(d: Decimal): Num {
  return isIntegral(d) ? toInt(truncate(d)) : d;
}
