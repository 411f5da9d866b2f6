import { isDigit, isHexDigit } from './characters.ts';

export interface NumberToken {
  readonly length: number;
  /** An int, or the decimal text of a float. */
  readonly value: number | bigint | { readonly float: string };
}

const MULTIPLIERS: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3, T: 4, P: 5 };

/** The int as a safe number where it fits. */
export function toInt(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** Scans a number literal: decimal, 0x, 0o, 0b, with `_`, exponent and multiplier. */
export function scanNumber(text: string, start: number, fail: (message: string) => never): NumberToken {
  const prefix = text.slice(start, start + 2);
  if (prefix === '0x' || prefix === '0X') return radix(text, start, 16, fail);
  if (prefix === '0o') return radix(text, start, 8, fail);
  if (prefix === '0b') return radix(text, start, 2, fail);
  return decimal(text, start, fail);
}

function isDigitOf(c: number, base: number): boolean {
  if (base === 16) return isHexDigit(c);
  return c >= 48 && c < 48 + base;
}

function radix(text: string, start: number, base: number, fail: (message: string) => never): NumberToken {
  let at = start + 2;
  let digits = '';
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 95) continue;
    if (!isDigitOf(c, base)) break;
    digits += text.charAt(at);
  }
  if (digits === '' || isDigit(text.charCodeAt(at))) return fail('illegal number');
  const prefix = base === 16 ? '0x' : base === 8 ? '0o' : '0b';
  return { length: at - start, value: toInt(BigInt(prefix + digits)) };
}

/** Digits with single underscores between them. */
function digitsFrom(text: string, at: number): { digits: string; end: number } {
  let digits = '';
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 95) {
      if (!isDigit(text.charCodeAt(at + 1)) || !isDigit(text.charCodeAt(at - 1))) break;
      continue;
    }
    if (!isDigit(c)) break;
    digits += text.charAt(at);
  }
  return { digits, end: at };
}

function decimal(text: string, start: number, fail: (message: string) => never): NumberToken {
  const whole = digitsFrom(text, start);
  let at = whole.end;
  let fraction = '';
  let isFloat = false;
  if (text.charAt(at) === '.' && !text.startsWith('...', at)) {
    isFloat = true;
    const rest = digitsFrom(text, at + 1);
    fraction = rest.digits;
    at = rest.end;
  }
  const multiplier = MULTIPLIERS[text.charAt(at)];
  if (multiplier !== undefined)
    return (
      multiplied(text, start, { at, power: multiplier, whole: whole.digits, fraction }) ??
      fail('number cannot be represented as int')
    );
  let exponent = '';
  const e = text.charAt(at);
  if (e === 'e' || e === 'E') {
    const sign = text.charAt(at + 1);
    const signed = sign === '+' || sign === '-';
    const rest = digitsFrom(text, at + (signed ? 2 : 1));
    if (rest.digits === '') return fail('illegal floating-point exponent');
    exponent = `e${signed ? sign : ''}${rest.digits}`;
    at = rest.end;
    isFloat = true;
  }
  if (!isFloat) {
    if (whole.digits.length > 1 && whole.digits.startsWith('0')) return fail('illegal integer number');
    return { length: at - start, value: toInt(BigInt(whole.digits)) };
  }
  return { length: at - start, value: { float: `${whole.digits || '0'}.${fraction}${exponent}` } };
}

function multiplied(
  text: string,
  start: number,
  n: { at: number; power: number; whole: string; fraction: string },
): NumberToken | undefined {
  const binary = text.charAt(n.at + 1) === 'i';
  const factor = (binary ? 1024n : 1000n) ** BigInt(n.power);
  const scale = 10n ** BigInt(n.fraction.length);
  const product = BigInt(`${n.whole}${n.fraction}`) * factor;
  if (product % scale !== 0n) return undefined;
  return { length: n.at + (binary ? 2 : 1) - start, value: toInt(product / scale) };
}
