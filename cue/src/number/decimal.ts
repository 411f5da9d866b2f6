// Decimal numbers as CUE has them: an integer coefficient and a power of ten, rounded to 34 digits.
// The exponent is kept as written, so that 1.50 prints as 1.50.

const PRECISION = 34;

/** A decimal number: coefficient × 10^exponent. CUE's float; an integer is a number or a bigint. */
export class Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
  /** Zero with a minus sign, as products have it. */
  readonly isMinusZero: boolean;

  constructor(coefficient: bigint, exponent: number, isMinusZero = false) {
    this.coefficient = coefficient;
    this.exponent = exponent;
    this.isMinusZero = isMinusZero;
  }

  static of(value: number | bigint): Decimal {
    return new Decimal(BigInt(value), 0, Object.is(value, -0));
  }

  get isNegative(): boolean {
    return this.coefficient < 0n || this.isMinusZero;
  }

  toString(): string {
    return formatDecimal(this);
  }
}

export function pow10(n: number): bigint {
  return 10n ** BigInt(n);
}

function abs(x: bigint): bigint {
  return x < 0n ? -x : x;
}

/** Count of decimal digits of the coefficient. */
export function digits(x: bigint): number {
  return abs(x).toString().length;
}

/** Division of integers, half away from zero. */
function divideRounded(a: bigint, b: bigint): bigint {
  const q = a / b;
  const r = abs(a % b) * 2n;
  if (r < abs(b)) return q;
  return a < 0n !== b < 0n ? q - 1n : q + 1n;
}

/** Rounds to 34 digits, half up. */
export function round(d: Decimal): Decimal {
  const excess = digits(d.coefficient) - PRECISION;
  if (excess <= 0) return d;
  const rounded = new Decimal(divideRounded(d.coefficient, pow10(excess)), d.exponent + excess);
  return digits(rounded.coefficient) > PRECISION ? round(rounded) : rounded;
}

/** Beyond this difference of size the smaller operand of a sum is below all digits of the result. */
const NEGLIGIBLE = 2 * PRECISION + 4;

/** The operand that alone decides a sum to 34 digits; undefined where both count. */
function dominant(a: Decimal, b: Decimal): Decimal | undefined {
  const gap = Math.abs(a.exponent - b.exponent);
  if (gap <= NEGLIGIBLE || a.coefficient === 0n || b.coefficient === 0n) return undefined;
  const difference = magnitude(a) - magnitude(b);
  if (difference > NEGLIGIBLE) return a;
  return difference < -NEGLIGIBLE ? b : undefined;
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  if (a.exponent === b.exponent) return [a.coefficient, b.coefficient, a.exponent];
  if (a.exponent > b.exponent) return [a.coefficient * pow10(a.exponent - b.exponent), b.coefficient, b.exponent];
  return [a.coefficient, b.coefficient * pow10(b.exponent - a.exponent), a.exponent];
}

export function add(a: Decimal, b: Decimal): Decimal {
  const alone = dominant(a, b);
  if (alone !== undefined) return round(alone);
  const [x, y, exponent] = aligned(a, b);
  return round(new Decimal(x + y, exponent, a.isMinusZero && b.isMinusZero));
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, new Decimal(-b.coefficient, b.exponent));
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  const coefficient = a.coefficient * b.coefficient;
  return round(new Decimal(coefficient, a.exponent + b.exponent, coefficient === 0n && a.isNegative !== b.isNegative));
}

/** The quotient to 34 digits, without trailing zeros but with one decimal place at least. The divisor is not zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (a.coefficient === 0n) return new Decimal(0n, a.exponent < b.exponent ? -1 : 0);
  const shift = Math.max(0, PRECISION + 1 + digits(b.coefficient) - digits(a.coefficient));
  // one digit more than is kept stands for all others
  const scaled = a.coefficient * pow10(shift + 1);
  const exact = scaled % b.coefficient === 0n;
  const quotient = scaled / b.coefficient;
  const sticky = exact || quotient % 5n !== 0n ? quotient : quotient + (quotient < 0n ? -1n : 1n);
  const rounded = round(new Decimal(sticky, a.exponent - b.exponent - shift - 1));
  const reduced = reduce(rounded);
  return rounded.exponent < 0 && reduced.exponent >= 0
    ? new Decimal(reduced.coefficient * 10n, reduced.exponent - 1)
    : reduced;
}

/** Removes trailing zeros while the exponent is below the limit. */
function reduceTo(d: Decimal, limit: number): Decimal {
  let { coefficient, exponent } = d;
  while (exponent < limit && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  return new Decimal(coefficient, exponent);
}

/** The same value without trailing zeros. */
export function reduce(d: Decimal): Decimal {
  if (d.coefficient === 0n) return new Decimal(0n, 0);
  return reduceTo(d, Number.POSITIVE_INFINITY);
}

/** Position of the first digit: 1 for 1.5, 3 for 150, -1 for 0.05. */
function magnitude(d: Decimal): number {
  return digits(d.coefficient) + d.exponent;
}

export function compare(a: Decimal, b: Decimal): number {
  const signA = a.coefficient === 0n ? 0 : a.coefficient < 0n ? -1 : 1;
  const signB = b.coefficient === 0n ? 0 : b.coefficient < 0n ? -1 : 1;
  if (signA !== signB) return signA < signB ? -1 : 1;
  if (signA === 0) return 0;
  const difference = magnitude(a) - magnitude(b);
  if (difference !== 0) return difference > 0 === signA > 0 ? 1 : -1;
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Whether the value has no fraction. */
export function isIntegral(d: Decimal): boolean {
  return d.exponent >= 0 || reduce(d).exponent >= 0;
}

/** The integer part, toward zero. */
export function truncate(d: Decimal): bigint {
  return d.exponent >= 0 ? d.coefficient * pow10(d.exponent) : d.coefficient / pow10(-d.exponent);
}

/** Plain notation where it is short, otherwise scientific notation, as General Decimal Arithmetic has it. */
export function formatDecimal(d: Decimal): string {
  const sign = d.isNegative ? '-' : '';
  const text = abs(d.coefficient).toString();
  const adjusted = d.exponent + text.length - 1;
  if (d.exponent <= 0 && adjusted >= -6) return sign + plain(text, d.exponent);
  const fraction = text.length > 1 ? `.${text.slice(1)}` : '';
  return `${sign}${text[0] ?? '0'}${fraction}E${adjusted < 0 ? '-' : '+'}${Math.abs(adjusted)}`;
}

function plain(text: string, exponent: number): string {
  if (exponent === 0) return text;
  const point = text.length + exponent;
  if (point > 0) return `${text.slice(0, point)}.${text.slice(point)}`;
  return `0.${'0'.repeat(-point)}${text}`;
}

/** Powers of ten that a result of more digits than are kept has. */
const ROUNDED = 10n ** BigInt(PRECISION);

/** An int as CUE writes it: with an exponent where it was rounded. */
export function formatInt(x: number | bigint): string {
  if (typeof x === 'number') return Object.is(x, -0) ? '-0' : String(x);
  if (x < ROUNDED && x > -ROUNDED) return x.toString();
  const excess = digits(x) - PRECISION;
  const unit = pow10(excess);
  return x % unit === 0n ? formatDecimal(new Decimal(x / unit, excess)) : x.toString();
}

/** The nearest double. */
export function toDouble(d: Decimal): number {
  return Number(`${d.coefficient}e${d.exponent}`);
}

const DECIMAL_CHARACTERS = '0123456789';

/** Reads `-12.50e-3`; undefined when the text is no decimal number. Underscores and multipliers are the scanner's. */
export function parseDecimal(text: string): Decimal | undefined {
  let at = 0;
  const negative = text[at] === '-';
  if (negative || text[at] === '+') at++;
  let digitsText = '';
  let fraction = 0;
  let point = false;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '.' && !point) point = true;
    else if (DECIMAL_CHARACTERS.includes(c)) {
      digitsText += c;
      if (point) fraction++;
    } else break;
  }
  if (digitsText === '') return undefined;
  const exponent = at === text.length ? 0 : parseExponent(text, at);
  if (exponent === undefined) return undefined;
  const coefficient = BigInt(digitsText);
  return new Decimal(negative ? -coefficient : coefficient, exponent - fraction);
}

function parseExponent(text: string, at: number): number | undefined {
  if (text[at] !== 'e' && text[at] !== 'E') return undefined;
  const rest = text.slice(at + 1);
  const unsigned = rest.startsWith('+') || rest.startsWith('-') ? rest.slice(1) : rest;
  if (unsigned === '' || unsigned.length > 9) return undefined;
  for (const c of unsigned) if (!DECIMAL_CHARACTERS.includes(c)) return undefined;
  return Number(rest);
}
