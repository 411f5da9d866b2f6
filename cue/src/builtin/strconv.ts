import type { BuiltinPackage, Num } from './api.ts';
import type { BuiltinError } from './api.ts';
import { bigInt, bool, fail, fn, int, number, rune, string } from './define.ts';
import { fromDouble, halve, toDouble } from './double.ts';
import { formatDouble } from './float-format.ts';
import { isGraphic, isPrintable, quote, quoteRune } from './quote.ts';

const MIN_BASE = 2;
const MAX_BASE = 36;

export const strconvPackage: BuiltinPackage = {
  path: 'strconv',
  constants: { IntSize: 64 },
  functions: {
    ParseBool: fn([string], 'bool', ([s]) => parseBool(s)),
    FormatBool: fn([bool], 'string', ([b]) => String(b)),
    ParseFloat: fn([string, int], 'float', ([s, size]) => parseFloat64(s, Number(size))),
    ParseUint: fn([string, int, int], 'int', ([s, base, size]) => parseInteger('ParseUint', s, base, size)),
    ParseInt: fn([string, int, int], 'int', ([s, base, size]) => parseInteger('ParseInt', s, base, size)),
    Atoi: fn([string], 'int', ([s]) => parseInteger('Atoi', s, 10, 0)),
    FormatFloat: fn([number, int, int, int], 'string', ([x, format, precision, size]) =>
      formatFloat(x, Number(format), Number(precision), Number(size)),
    ),
    FormatUint: fn([bigInt, int], 'string', ([i, base]) => formatInteger(i, Number(base))),
    FormatInt: fn([bigInt, int], 'string', ([i, base]) => formatInteger(i, Number(base))),
    Unquote: fn([string], 'string', ([s]) => unquote(s)),
    Quote: fn([string], 'string', ([s]) => quote(s, isPrintable)),
    QuoteToASCII: fn([string], 'string', ([s]) => quote(s, isAscii)),
    QuoteToGraphic: fn([string], 'string', ([s]) => quote(s, isGraphic)),
    QuoteRune: fn([rune], 'string', ([r]) => quoteRune(Number(r), isPrintable)),
    QuoteRuneToASCII: fn([rune], 'string', ([r]) => quoteRune(Number(r), isAscii)),
    QuoteRuneToGraphic: fn([rune], 'string', ([r]) => quoteRune(Number(r), isGraphic)),
    IsPrint: fn([rune], 'bool', ([r]) => isPrintable(Number(r))),
    IsGraphic: fn([rune], 'bool', ([r]) => isGraphic(Number(r))),
  },
};

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function parseBool(s: string): boolean | BuiltinError {
  if (TRUE.has(s)) return true;
  return FALSE.has(s) ? false : syntaxError('ParseBool', s);
}

function syntaxError(name: string, s: string): BuiltinError {
  return fail(`strconv.${name}: parsing ${quote(s, isPrintable)}: invalid syntax`);
}

function rangeError(name: string, s: string): BuiltinError {
  return fail(`strconv.${name}: parsing ${quote(s, isPrintable)}: value out of range`);
}

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"',
}; // prettier-ignore
const WIDTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** The text of a literal in double, single or back quotes, as Go writes them. */
function unquote(s: string): string | BuiltinError {
  const quoteChar = s.charAt(0);
  const body = s.slice(1, -1);
  const invalid = fail('invalid syntax');
  if (s.length < 2 || !s.endsWith(quoteChar) || !['"', "'", '`'].includes(quoteChar)) return invalid;
  if (quoteChar === '`') return body.includes('`') ? invalid : body.replaceAll('\r', '');
  const chars: string[] = [];
  for (let at = 0; at < body.length;) {
    const c = String.fromCodePoint(body.codePointAt(at) ?? 0);
    if (c === quoteChar || c === '\n') return invalid;
    const next = c === '\\' ? escapeAt(body, at + 1, quoteChar) : { text: c, end: at + c.length };
    if (next === undefined) return invalid;
    chars.push(next.text);
    at = next.end;
  }
  return quoteChar === "'" && chars.length !== 1 ? invalid : chars.join('');
}

function escapeAt(body: string, at: number, quoteChar: string): { text: string; end: number } | undefined {
  const c = body.charAt(at);
  const simple = ESCAPED[c];
  if (simple !== undefined)
    return (c === "'" || c === '"') && c !== quoteChar ? undefined : { text: simple, end: at + 1 };
  const width = WIDTHS[c] ?? (c >= '0' && c <= '7' ? 3 : 0);
  const start = WIDTHS[c] === undefined ? at : at + 1;
  const digits = body.slice(start, start + width);
  const code = Number((WIDTHS[c] === undefined ? '0o' : '0x') + digits);
  const isInvalid = width === 0 || digits.length < width || Number.isNaN(code) || code > 0x10ffff;
  if (isInvalid || (code >= 0xd800 && code < 0xe000) || (width === 3 && code > 255)) return undefined;
  return { text: String.fromCodePoint(code), end: start + width };
}

function isAscii(r: number): boolean {
  return r >= 0x20 && r < 0x7f;
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';

function parseInteger(
  name: string,
  s: string,
  base: number | bigint,
  size: number | bigint,
): number | bigint | BuiltinError {
  const isSigned = name !== 'ParseUint';
  const hasSign = isSigned && (s.startsWith('-') || s.startsWith('+'));
  const magnitude = parseMagnitude(hasSign ? s.slice(1) : s, base);
  if (magnitude === 'syntax') return syntaxError(name, s);
  if (typeof magnitude === 'string') return fail(`strconv.${name}: parsing ${quote(s, isPrintable)}: ${magnitude}`);
  const bits = BigInt(size || 64);
  if (bits < 0n || bits > 64n) {
    return fail(`strconv.${name}: parsing ${quote(s, isPrintable)}: invalid bit size ${size}`);
  }
  const value = hasSign && s.startsWith('-') ? -magnitude : magnitude;
  const limit = isSigned ? 1n << (bits - 1n) : 1n << bits;
  if (value >= limit || value < (isSigned ? -limit : 0n)) return rangeError(name, s);
  return normalInt(value);
}

export function normalInt(value: bigint): number | bigint {
  const n = Number(value);
  return Number.isSafeInteger(n) ? n : value;
}

const PREFIXES: Readonly<Record<string, number>> = { '0b': 2, '0o': 8, '0x': 16 };

/** The value of digits; base 0 is that of the prefix, which allows underscores. */
function parseMagnitude(s: string, givenBase: number | bigint): bigint | string {
  let base = Number(givenBase);
  let digits = s.toLowerCase();
  if (base === 0) {
    const prefix = PREFIXES[digits.slice(0, 2)];
    const isOctal = digits.startsWith('0') && digits.length > 1 && prefix === undefined;
    base = prefix ?? (isOctal ? 8 : 10);
    if (digits.includes('_') && !areUnderscoresRight(digits)) return 'syntax';
    if (prefix !== undefined) digits = digits.slice(2);
    else if (isOctal) digits = digits.slice(1);
    digits = digits.split('_').join('');
  } else if (base < MIN_BASE || base > MAX_BASE) return `invalid base ${base}`;
  if (digits === '') return 'syntax';
  return valueOfDigits(digits, base);
}

function valueOfDigits(digits: string, base: number): bigint | string {
  let value = 0n;
  for (const c of digits) {
    const digit = DIGITS.indexOf(c);
    if (digit < 0 || digit >= base) return 'syntax';
    // what is far beyond 64 bits stays so: only the syntax of the rest matters
    if (value < 1n << 70n) value = value * BigInt(base) + BigInt(digit);
  }
  return value;
}

/** Underscores stand between digits, or between the prefix and a digit. */
function areUnderscoresRight(s: string): boolean {
  let previous = '^';
  let rest = s;
  let isHex = false;
  if (PREFIXES[s.slice(0, 2)] !== undefined) {
    previous = '0';
    isHex = s.startsWith('0x');
    rest = s.slice(2);
  }
  for (const c of rest) {
    const isDigit = (c >= '0' && c <= '9') || (isHex && c >= 'a' && c <= 'f');
    if (isDigit) previous = '0';
    else if (c === '_') {
      if (previous !== '0') return false;
      previous = '_';
    } else {
      if (previous === '_') return false;
      previous = '!';
    }
  }
  return previous !== '_';
}

function formatInteger(i: number | bigint, base: number): string | BuiltinError {
  if (base < MIN_BASE || base > 62) return fail(`invalid base ${base}`);
  return base <= MAX_BASE ? BigInt(i).toString(base) : inLargeBase(BigInt(i), BigInt(base));
}

const LARGE_DIGITS = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

function inLargeBase(i: bigint, base: bigint): string {
  if (i < 0n) return `-${inLargeBase(-i, base)}`;
  let rest = i;
  let text = '';
  do {
    text = LARGE_DIGITS.charAt(Number(rest % base)) + text;
    rest /= base;
  } while (rest > 0n);
  return text;
}

function parseFloat64(s: string, size: number): Num | BuiltinError {
  const value = textToDouble(s);
  if (value === undefined) return syntaxError('ParseFloat', s);
  const rounded = size === 32 ? Math.fround(value) : value;
  if (!Number.isFinite(rounded)) {
    return isInfinityText(s) ? fail('cannot represent an infinite number') : rangeError('ParseFloat', s);
  }
  return fromDouble(rounded);
}

function isInfinityText(s: string): boolean {
  const word = unsigned(s).toLowerCase();
  return word === 'inf' || word === 'infinity' || word === 'nan';
}

function unsigned(s: string): string {
  return s.startsWith('-') || s.startsWith('+') ? s.slice(1) : s;
}

/** The double of a decimal or hexadecimal text; undefined when it is none. */
function textToDouble(s: string): number | undefined {
  const sign = s.startsWith('-') ? -1 : 1;
  const rest = unsigned(s);
  if (isInfinityText(s)) return sign * Number.POSITIVE_INFINITY;
  if (rest.slice(0, 2).toLowerCase() === '0x') {
    const magnitude = hexToDouble(rest.toLowerCase());
    return magnitude === undefined ? undefined : sign * magnitude;
  }
  if (rest.includes('_') && !areUnderscoresRight(rest)) return undefined;
  const plain = rest.split('_').join('');
  return isDecimalText(plain) ? sign * Number(plain) : undefined;
}

/** Digits with an optional point and exponent. */
function isDecimalText(s: string): boolean {
  const [mantissa = '', exponent, ...more] = s.toLowerCase().split('e');
  if (more.length > 0) return false;
  if (exponent !== undefined && !isDigits(unsigned(exponent))) return false;
  return isMantissa(mantissa, isDigits);
}

function isMantissa(mantissa: string, areDigits: (s: string) => boolean): boolean {
  const [whole = '', fraction = '', ...more] = mantissa.split('.');
  return more.length === 0 && areDigits(whole + fraction);
}

function isDigits(s: string): boolean {
  return s !== '' && Array.from(s).every((c) => c >= '0' && c <= '9');
}

function isHexDigits(s: string): boolean {
  return s !== '' && Array.from(s).every((c) => (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
}

/** `0x1.8p3`; the exponent is required. */
function hexToDouble(s: string): number | undefined {
  if (s.includes('_') && !areUnderscoresRight(s)) return undefined;
  const [mantissa = '', exponent, ...more] = s.slice(2).split('_').join('').split('p');
  if (more.length > 0 || exponent === undefined || !isDigits(unsigned(exponent))) return undefined;
  if (!isMantissa(mantissa, isHexDigits)) return undefined;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const bits = BigInt(`0x0${whole}${fraction}`);
  return scale(bits, Number(exponent) - 4 * fraction.length);
}

/** bits × 2^exponent, rounded once. */
function scale(bits: bigint, exponent: number): number {
  if (bits === 0n) return 0;
  if (exponent > 4000) return Number.POSITIVE_INFINITY;
  if (exponent >= 0) return Number(bits << BigInt(exponent));
  return halve(bits, -exponent);
}

const FORMATS = 'beEfgGxX';

function formatFloat(x: Num, format: number, precision: number, size: number): string | BuiltinError {
  const verb = String.fromCharCode(format);
  if (size !== 32 && size !== 64) return fail('strconv: illegal AppendFloat/FormatFloat bitSize');
  if (!FORMATS.includes(verb)) return `%${verb}`;
  const double = toDouble(x);
  return formatDouble(size === 32 ? Math.fround(double) : double, { verb, precision, size });
}
