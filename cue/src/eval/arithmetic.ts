import { add, compare, Decimal, divide, multiply, round, subtract, truncate } from '../number/decimal.ts';
import { toInt } from '../syntax/number-literal.ts';
import { Bottom, type Scalar } from './model.ts';

type Num = number | bigint | Decimal;
type Int = number | bigint;

export function isNum(x: unknown): x is Num {
  return typeof x === 'number' || typeof x === 'bigint' || x instanceof Decimal;
}

export function isInt(x: unknown): x is Int {
  return typeof x === 'number' || typeof x === 'bigint';
}

export const toDecimal = (x: Num): Decimal => (x instanceof Decimal ? x : Decimal.of(x));

export function negate(x: Scalar): Scalar {
  if (x instanceof Decimal) return new Decimal(-x.coefficient, x.exponent);
  if (typeof x === 'number') return x === 0 ? 0 : -x; // a literal zero has no sign
  return typeof x === 'bigint' ? -x : x;
}

export function compareNumbers(a: Num, b: Num): number {
  if (a instanceof Decimal || b instanceof Decimal) return compare(toDecimal(a), toDecimal(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function intOperation(op: '+' | '-' | '*', a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const result = op === '+' ? a + b : op === '-' ? a - b : a * b;
    if (Number.isSafeInteger(result)) return result;
  }
  const x = BigInt(a);
  const y = BigInt(b);
  const result = rounded(op === '+' ? x + y : op === '-' ? x - y : x * y);
  return result === 0 && op === '*' && isNegative(a) !== isNegative(b) ? -0 : result;
}

const isNegative = (x: Int): boolean => x < 0 || Object.is(x, -0);

const SAFE_DIGITS = 10n ** 34n;

/** Results of more than 34 digits are rounded, as those of decimals are. */
function rounded(x: bigint): Int {
  return x < SAFE_DIGITS && x > -SAFE_DIGITS ? toInt(x) : truncate(round(new Decimal(x, 0)));
}

/** `+ - * /` of numbers. `/` always yields a float. */
export function arithmetic(op: '+' | '-' | '*' | '/', a: Num, b: Num): Num | Bottom {
  if (op !== '/' && isInt(a) && isInt(b)) return intOperation(op, a, b);
  const x = toDecimal(a);
  const y = toDecimal(b);
  switch (op) {
    case '+':
      return add(x, y);
    case '-':
      return subtract(x, y);
    case '*':
      return multiply(x, y);
    case '/':
      if (y.coefficient === 0n) return new Bottom('eval', 'division by zero');
      return divide(x, y);
  }
}

const WORD = 2n ** 64n;
const fitsWord = (x: bigint): boolean => x < WORD && x > -WORD;

/** Division of integers: `div mod` are Euclidean, `quo rem` truncate. */
export function intDivision(op: 'div' | 'mod' | 'quo' | 'rem', a: Int, b: Int): Int | Bottom {
  const x = BigInt(a);
  const y = BigInt(b);
  if (y === 0n) return new Bottom('eval', 'division by zero');
  const quotient = x / y;
  const remainder = x % y;
  // a zero keeps its sign where both fit a machine word
  const isSigned = fitsWord(x) && fitsWord(y);
  if (op === 'quo') return isSigned && quotient === 0n && isNegative(a) !== isNegative(b) ? -0 : toInt(quotient);
  if (op === 'rem') return isSigned && remainder === 0n && isNegative(a) ? -0 : toInt(remainder);
  const size = y < 0n ? -y : y;
  const modulus = remainder < 0n ? remainder + size : remainder;
  return toInt(op === 'mod' ? modulus : (x - modulus) / y);
}

/** Order of two strings by their UTF-8 bytes, which is the order of code points. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const surrogateX = x >= 0xd800 && x < 0xe000;
    const surrogateY = y >= 0xd800 && y < 0xe000;
    if (surrogateX !== surrogateY) return surrogateX ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
