// Formatting of doubles as Go's strconv.FormatFloat.

export interface FloatFormat {
  readonly verb: string;
  /** -1 stands for as few digits as identify the number. */
  readonly precision: number;
  /** 32 or 64 bits. */
  readonly size: number;
}

/** Decimal digits of a number: 0.d1d2d3… × 10^point. */
interface Digits {
  readonly digits: string;
  readonly point: number;
}

export function formatDouble(x: number, format: FloatFormat): string {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? '+Inf' : '-Inf';
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  return sign + formatMagnitude(Math.abs(x), format);
}

function formatMagnitude(x: number, format: FloatFormat): string {
  switch (format.verb) {
    case 'b':
      return binary(x, format.size);
    case 'x':
    case 'X':
      return hexadecimal(x, format);
    case 'f':
      return format.precision < 0 ? plain(shortest(x, format.size)) : exactFixed(x, format.precision);
    case 'e':
    case 'E':
      return scientific(roundedDigits(x, format, format.precision + 1), format.precision, format.verb);
    default:
      return general(x, format);
  }
}

function general(x: number, format: FloatFormat): string {
  const isShortest = format.precision < 0;
  const precision = format.precision === 0 ? 1 : format.precision;
  const d = roundedDigits(x, format, precision);
  const significant = d.digits.length;
  let limit = precision;
  if (limit > significant && significant >= d.point) limit = significant;
  if (isShortest) limit = 6;
  const exponent = d.point - 1;
  if (exponent < -4 || exponent >= limit) {
    return scientific(d, significant - 1, format.verb === 'g' ? 'e' : 'E');
  }
  return plain(d);
}

function shortest(x: number, size: number): Digits {
  if (x === 0) return { digits: '0', point: 1 };
  const text = size === 32 ? shortestSingle(x) : x.toExponential();
  return fromExponential(text);
}

/** The fewest digits that round to the same single-precision number. */
function shortestSingle(x: number): string {
  for (let digits = 0; digits < 17; digits++) {
    const text = x.toExponential(digits);
    if (Math.fround(Number(text)) === x) return text;
  }
  return x.toExponential();
}

function fromExponential(text: string): Digits {
  const [mantissa = '', exponent = '0'] = text.split('e');
  return { digits: trimmed(mantissa.split('.').join('')), point: Number(exponent) + 1 };
}

function trimmed(digits: string): string {
  let end = digits.length;
  while (end > 1 && digits.charAt(end - 1) === '0') end--;
  return digits.slice(0, end);
}

/** The number with a count of digits, rounded from its exact value. */
function roundedDigits(x: number, format: FloatFormat, count: number): Digits {
  if (format.precision < 0) return shortest(x, format.size);
  if (x === 0) return { digits: '0', point: 1 };
  const found = rounded(exactDigits(x), Math.max(count, 1));
  return { digits: trimmed(found.digits), point: found.point };
}

/** All digits of a positive double; it has a finite expansion. */
function exactDigits(x: number): Digits {
  const { mantissa, exponent } = bitsOf(x, 64);
  const digits = (exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits, point: digits.length + Math.min(exponent, 0) };
}

/** Rounded to a count of digits, a half to the even digit. Without digits there is nothing left, or one. */
function rounded({ digits, point }: Digits, count: number): Digits {
  if (count < 0) return { digits: '', point };
  if (digits.length <= count) return { digits, point };
  const kept = BigInt(digits.slice(0, count) || '0');
  const rest = digits.slice(count);
  const half = `5${'0'.repeat(rest.length - 1)}`;
  const isUp = rest > half || (rest === half && kept % 2n === 1n);
  const text = (isUp ? kept + 1n : kept).toString();
  if (count === 0) return isUp ? { digits: '1', point: point + 1 } : { digits: '', point };
  return text.length > count ? { digits: text.slice(0, count), point: point + 1 } : { digits: text, point };
}

function exactFixed(x: number, precision: number): string {
  const { digits, point } = x === 0 ? { digits: '', point: 0 } : exactDigits(x);
  const found = rounded({ digits, point }, point + precision);
  const all = '0'.repeat(Math.max(0, -found.point)) + found.digits;
  const whole = found.point > 0 ? found.digits.slice(0, found.point).padEnd(found.point, '0') : '0';
  const fraction = (found.point > 0 ? found.digits.slice(found.point) : all).padEnd(precision, '0').slice(0, precision);
  return precision === 0 ? whole : `${whole}.${fraction}`;
}

function plain(d: Digits): string {
  if (d.point <= 0) return d.digits === '0' ? '0' : `0.${'0'.repeat(-d.point)}${d.digits}`;
  if (d.point >= d.digits.length) return d.digits.padEnd(d.point, '0');
  return `${d.digits.slice(0, d.point)}.${d.digits.slice(d.point)}`;
}

function scientific(d: Digits, precision: number, verb: string): string {
  const places = precision < 0 ? d.digits.length - 1 : precision;
  const fraction = places > 0 ? `.${d.digits.slice(1, places + 1).padEnd(places, '0')}` : '';
  const exponent = d.digits === '0' ? 0 : d.point - 1;
  const size = Math.abs(exponent).toString().padStart(2, '0');
  return `${d.digits.charAt(0)}${fraction}${verb}${exponent < 0 ? '-' : '+'}${size}`;
}

interface Bits {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** mantissa × 2^exponent, as the format stores it. */
function bitsOf(x: number, size: number): Bits {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 32) {
    view.setFloat32(0, x);
    const bits = view.getUint32(0);
    const exponent = (bits >>> 23) & 0xff;
    const fraction = BigInt(bits & 0x7fffff);
    return exponent === 0
      ? { mantissa: fraction, exponent: -149 }
      : { mantissa: fraction | (1n << 23n), exponent: exponent - 150 };
  }
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return exponent === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: exponent - 1075 };
}

function binary(x: number, size: number): string {
  const { mantissa, exponent } = bitsOf(x, size);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

/** `0x1.8p+03`: one hexadecimal digit, a fraction, and the power of two. */
function hexadecimal(x: number, { verb, precision, size }: FloatFormat): string {
  let { mantissa, exponent } = bitsOf(x, size);
  const width = 60n;
  if (mantissa === 0n) exponent = 0;
  else {
    const shift = width - BigInt(mantissa.toString(2).length - 1);
    mantissa <<= shift;
    exponent += Number(width - shift);
  }
  if (precision >= 0 && precision < 15) [mantissa, exponent] = roundHex(mantissa, exponent, precision);
  const digits =
    mantissa === 0n ? ''.padEnd(15, '0') : (mantissa - ((mantissa >> width) << width)).toString(16).padStart(15, '0');
  const fraction = precision < 0 ? trimZeros(digits) : digits.slice(0, precision).padEnd(precision, '0');
  const lead = mantissa === 0n ? '0' : '1';
  const power = Math.abs(exponent).toString().padStart(2, '0');
  const text = `0x${lead}${fraction === '' ? '' : `.${fraction}`}p${exponent < 0 ? '-' : '+'}${power}`;
  return verb === 'X' ? text.toUpperCase() : text;
}

function roundHex(mantissa: bigint, exponent: number, precision: number): [bigint, number] {
  const shift = BigInt(60 - 4 * precision);
  const extra = mantissa & ((1n << shift) - 1n);
  const half = 1n << (shift - 1n);
  let kept = mantissa >> shift;
  if (extra > half || (extra === half && kept % 2n === 1n)) kept += 1n;
  const rounded = kept << shift;
  return rounded >> 61n > 0n ? [rounded >> 1n, exponent + 1] : [rounded, exponent];
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charAt(end - 1) === '0') end--;
  return digits.slice(0, end);
}
