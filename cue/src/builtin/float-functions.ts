// Functions of doubles, by the approximations that Go's library uses (Cephes and FreeBSD's msun), so that the last digits
// agree where JavaScript's own differ.

/** A polynomial, the coefficient of the highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (const c of coefficients) sum = sum * x + c;
  return sum;
}

export const { exp, expm1, log1p, asinh, acosh, atanh, hypot } = Math as Readonly<
  Record<'exp' | 'expm1' | 'log1p' | 'asinh' | 'acosh' | 'atanh' | 'hypot', (...xs: readonly number[]) => number>
>;

const SIN = [
  1.5896230157654656806e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6, -1.98412698295895385996e-4,
  8.33333333332211858878e-3, -1.66666666666666307295e-1,
];
const COS = [
  -1.135853652138768173e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7, 2.48015872888517045348e-5,
  -1.38888888888730564116e-3, 4.16666666666665929218e-2,
];

interface Reduced {
  /** The octant, even. */
  readonly octant: number;
  /** What is left of the angle, in [-π/4, π/4]. */
  readonly rest: number;
}

const PI4A = 7.85398125648498535156e-1;
const PI4B = 3.77489470793079817668e-8;
const PI4C = 2.69515142907905952645e-15;

function reduce(x: number): Reduced {
  let octant = Math.trunc(x * (4 / Math.PI));
  if (octant % 2 === 1) octant++;
  return { octant: octant % 8, rest: x - octant * PI4A - octant * PI4B - octant * PI4C };
}

function sinOf(z: number): number {
  const zz = z * z;
  return z + z * zz * polynomial(zz, SIN);
}

function cosOf(z: number): number {
  const zz = z * z;
  return 1 - 0.5 * zz + zz * zz * polynomial(zz, COS);
}

/** Beyond this the angle cannot be reduced in three parts. */
const LARGE = 2 ** 29;

export function sin(x = 0): number {
  if (Math.abs(x) >= LARGE || x === 0) return Math.sin(x);
  const { octant, rest } = reduce(Math.abs(x));
  const isSecondHalf = octant > 3;
  const quarter = octant % 4;
  const y = quarter === 2 ? cosOf(rest) : sinOf(rest);
  return x < 0 !== isSecondHalf ? -y : y;
}

export function cos(x = 0): number {
  if (Math.abs(x) >= LARGE) return Math.cos(x);
  const { octant, rest } = reduce(Math.abs(x));
  const quarter = octant % 4;
  const y = quarter === 2 ? sinOf(rest) : cosOf(rest);
  const isNegative = octant > 3 !== (quarter === 2);
  return isNegative ? -y : y;
}

const TAN_P = [-1.30936939181383734205e4, 1.1535166483858741614e6, -1.79565251976484877988e7];
const TAN_Q = [
  1, 1.36812963470692954678e4, -1.32089234440210967447e6, 2.50083801823357915839e7, -5.38695755929454629881e7,
];

export function tan(x = 0): number {
  if (Math.abs(x) >= LARGE || x === 0) return Math.tan(x);
  const { octant, rest } = reduce(Math.abs(x));
  const zz = rest * rest;
  let y = rest;
  if (zz > 1e-14) y = rest + rest * ((zz * polynomial(zz, TAN_P)) / polynomial(zz, TAN_Q));
  if (octant % 4 === 2) y = -1 / y;
  return x < 0 ? -y : y;
}

const ATAN_P = [
  -8.750608600031904122785e-1, -1.615753718733365076637e1, -7.50085579231470466734e1, -1.22886668449013617341e2,
  -6.485021904942025371773e1,
];
const ATAN_Q = [
  1, 2.485846490142306297962e1, 1.650270098316988542046e2, 4.328810604912902668951e2, 4.853903996359136964868e2,
  1.945506571482613964425e2,
];

function smallAtan(x: number): number {
  const z = x * x;
  return x * ((z * polynomial(z, ATAN_P)) / polynomial(z, ATAN_Q)) + x;
}

const MORE_BITS = 6.12323399573676588613e-17;

function positiveAtan(x: number): number {
  if (x <= 0.66) return smallAtan(x);
  if (x > 2.414213562373095048) return Math.PI / 2 - smallAtan(1 / x) + MORE_BITS;
  return Math.PI / 4 + smallAtan((x - 1) / (x + 1)) + 0.5 * MORE_BITS;
}

export function atan(x = 0): number {
  if (x === 0) return x;
  return x > 0 ? positiveAtan(x) : -positiveAtan(-x);
}

export function atan2(y = 0, x = 0): number {
  if (x === 0 || y === 0) return Math.atan2(y, x);
  const q = atan(y / x);
  if (x > 0) return q;
  return q <= 0 ? q + Math.PI : q - Math.PI;
}

export function asin(x = 0): number {
  if (x === 0) return x;
  const size = Math.abs(x);
  if (size > 1) return Number.NaN;
  const root = Math.sqrt(1 - size * size);
  const angle = size > 0.7 ? Math.PI / 2 - positiveAtan(root / size) : positiveAtan(size / root);
  return x < 0 ? -angle : angle;
}

export function acos(x = 0): number {
  return Math.PI / 2 - asin(x);
}

const SINH_P = [
  -0.2630563213397497062819489e2, -0.2894211355989563807284660366e4, -0.8991272022039509355398013511e5,
  -0.6307673640497716991184787251e6,
];
const SINH_Q = [
  1, -0.173678953558233699533450911e3, 0.1521517378790019070696485176e5, -0.6307673640497716991212077277e6,
];

export function sinh(x = 0): number {
  const size = Math.abs(x);
  let y: number;
  if (size > 21) y = exp(size) * 0.5;
  else if (size > 0.5) {
    const e = exp(size);
    y = (e - 1 / e) * 0.5;
  } else {
    const square = size * size;
    y = (polynomial(square, SINH_P) * size) / polynomial(square, SINH_Q);
  }
  return x < 0 ? -y : y;
}

export function cosh(x = 0): number {
  const e = exp(Math.abs(x));
  return Math.abs(x) > 21 ? e * 0.5 : (e + 1 / e) * 0.5;
}

const TANH_P = [-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3];
const TANH_Q = [1, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3];

export function tanh(x = 0): number {
  const size = Math.abs(x);
  if (size > 44.014845965556527) return Math.sign(x);
  if (size < 0.625) {
    const s = x * x;
    return x === 0 ? x : x + (x * s * polynomial(s, TANH_P)) / polynomial(s, TANH_Q);
  }
  const y = 1 - 2 / (exp(2 * size) + 1);
  return x < 0 ? -y : y;
}

export { besselJ, besselY, erf, erfc, erfinv, gamma } from './special-functions.ts';

export function ldexp(x: number, n: number): number {
  if (n > 2200) return x * Number.POSITIVE_INFINITY;
  if (n < -2200) return x * 0;
  // in steps, so that nothing is rounded before the last one
  let [result, rest] = [x, n];
  while (rest > 1000) [result, rest] = [result * 2 ** 1000, rest - 1000];
  while (rest < -1000 && Math.abs(result) > 2 ** -20) [result, rest] = [result * 2 ** -1000, rest + 1000];
  return rest < -1022 ? result * 2 ** -1000 * 2 ** (rest + 1000) : result * 2 ** rest;
}

export function ilogb(x: number): number {
  if (x === 0) return -2147483648;
  const size = Math.abs(x);
  let exponent = Math.floor(Math.log2(size));
  if (size < 2 ** -1022) return Math.floor(Math.log2(size * 2 ** 60)) - 60;
  if (2 ** exponent > size) exponent--;
  else if (exponent < 1023 && 2 ** (exponent + 1) <= size) exponent++;
  return exponent;
}

export function logb(x = 0): number {
  return x === 0 ? Number.NEGATIVE_INFINITY : ilogb(x);
}

/** The IEEE 754 remainder: the quotient is rounded to the nearest integer, a half to the even one. */
export function remainder(x = 0, y = 0): number {
  if (y === 0) return Number.NaN;
  const divisor = Math.abs(y);
  let r = Math.abs(x);
  if (divisor <= Number.MAX_VALUE / 2) r %= divisor + divisor;
  if (divisor < 4.45e-308) {
    if (r + r > divisor) r -= divisor;
    if (r + r >= divisor && r > divisor / 2) r -= divisor;
  } else {
    const half = 0.5 * divisor;
    if (r > half) {
      r -= divisor;
      if (r >= half) r -= divisor;
    }
  }
  return x < 0 ? -r : r;
}
