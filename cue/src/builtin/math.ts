import type { BuiltinFunction, BuiltinPackage, Num } from './api.ts';
import type { BuiltinError } from './api.ts';
import { Decimal, isIntegral, parseDecimal, truncate } from '../number/decimal.ts';
import { bigInt, fail, fn, int, number } from './define.ts';
import { cubeRoot, exponential, logarithm, power } from './decimal-functions.ts';
import { fromDouble, toDouble } from './double.ts';
import * as float from './float-functions.ts';
import { divide, isZero, resultOf, subtract, toDecimal, toInt, ZERO } from './numbers.ts';

type DoubleFunction = (...xs: readonly number[]) => number;

/** A function of doubles. A result that is no number is an error: it has no JSON. */
function doubles(count: number, call: DoubleFunction): BuiltinFunction {
  return fn(
    Array.from({ length: count }, () => number),
    'float',
    (xs) => doubleResult(call(...xs.map(asDouble))),
  );
}

function asDouble(x: Num): number {
  return toDouble(x);
}

function doubleResult(x: number): Num | BuiltinError {
  return Number.isFinite(x) ? fromDouble(x) : fail(`result is ${Number.isNaN(x) ? 'not a number' : 'infinite'}`);
}

type Rounding = (d: Decimal, whole: bigint, rest: Decimal) => bigint;

/** A function to the integers; the rest has the sign of the number. */
function rounding(round: Rounding): BuiltinFunction {
  return fn([number], 'int', ([x]) => {
    const d = toDecimal(x);
    const whole = truncate(d);
    return toInt(isIntegral(d) ? whole : round(d, whole, subtract(d, new Decimal(whole, 0))));
  });
}

/** Compares twice the rest, without its sign, with 1. */
function halfOf(rest: Decimal): number {
  const twice = (rest.isNegative ? -rest.coefficient : rest.coefficient) * 2n;
  const one = 10n ** BigInt(-rest.exponent);
  return twice < one ? -1 : twice > one ? 1 : 0;
}

const away = (d: Decimal, whole: bigint): bigint => (d.isNegative ? whole - 1n : whole + 1n);

const decimals = (call: (x: Decimal) => Decimal): BuiltinFunction =>
  fn([number], 'number', ([x]) => resultOf(call(toDecimal(x))));

export const mathPackage: BuiltinPackage = {
  path: 'math',
  constants: {
    MaxExp: 2147483647,
    MinExp: -2147483648,
    MaxPrec: 4294967295,
    ToNearestEven: 0,
    ToNearestAway: 1,
    ToZero: 2,
    AwayFromZero: 3,
    ToNegativeInf: 4,
    ToPositiveInf: 5,
    Below: -1,
    Exact: 0,
    Above: 1,
    MaxBase: 62,
    ...decimalConstants({
      E: '2.71828182845904523536028747135266249775724709369995957496696763',
      Pi: '3.14159265358979323846264338327950288419716939937510582097494459',
      Phi: '1.61803398874989484820458683436563811772030917980576286213544861',
      Sqrt2: '1.41421356237309504880168872420969807856967187537694807317667974',
      SqrtE: '1.64872127070012814684865078781416357165377610071014801157507931',
      SqrtPi: '1.77245385090551602729816748334114518279754945612238712821380779',
      SqrtPhi: '1.27201964951406896425242246173749149171560804184009624861664038',
      Ln2: '0.693147180559945309417232121458176568075500134360255254120680009',
      Log2E: '1.442695040888963407359924681001892137426645954152985934135449408',
      Ln10: '2.3025850929940456840179914546843642076011014886287729760333278',
      Log10E: '0.43429448190325182765112891891660508229439700580366656611445378',
    }),
  },
  functions: {
    Jacobi: fn([bigInt, bigInt], 'int', ([x, y]) => jacobi(BigInt(x), BigInt(y))),
    Floor: rounding((d, whole) => (d.isNegative ? whole - 1n : whole)),
    Ceil: rounding((d, whole) => (d.isNegative ? whole : whole + 1n)),
    Trunc: rounding((_, whole) => whole),
    Round: rounding((d, whole, rest) => (halfOf(rest) >= 0 ? away(d, whole) : whole)),
    RoundToEven: rounding((d, whole, rest) => {
      const half = halfOf(rest);
      return half > 0 || (half === 0 && whole % 2n !== 0n) ? away(d, whole) : whole;
    }),
    MultipleOf: fn([number, number], 'bool', ([x, y]) =>
      isZero(y) ? fail('division by zero') : isIntegral(divide(toDecimal(x), toDecimal(y))),
    ),
    Abs: decimals((x) => (x.isNegative ? new Decimal(-x.coefficient, x.exponent) : x)),
    Acosh: doubles(1, float.acosh),
    Asin: doubles(1, float.asin),
    Acos: doubles(1, float.acos),
    Asinh: doubles(1, float.asinh),
    Atan: doubles(1, float.atan),
    Atan2: doubles(2, float.atan2),
    Atanh: doubles(1, float.atanh),
    Cbrt: decimals(cubeRoot),
    Copysign: fn([number, number], 'number', ([x, y]) => {
      const d = toDecimal(x);
      return resultOf(d.isNegative === toDecimal(y).isNegative ? d : new Decimal(-d.coefficient, d.exponent));
    }),
    Dim: fn([number, number], 'number', ([x, y]) => {
      const d = subtract(toDecimal(x), toDecimal(y));
      return resultOf(d.isNegative ? ZERO : d);
    }),
    Erf: doubles(1, float.erf),
    Erfc: doubles(1, float.erfc),
    Erfinv: doubles(1, float.erfinv),
    Erfcinv: doubles(1, (x = 0) => float.erfinv(1 - x)),
    Exp: decimals(exponential),
    Exp2: decimals((x) => power(new Decimal(2n, 0), x)),
    Expm1: doubles(1, float.expm1),
    Gamma: doubles(1, float.gamma),
    Hypot: doubles(2, float.hypot),
    J0: doubles(1, (x = 0) => float.besselJ(0, x)),
    Y0: doubles(1, (x = 0) => float.besselY(0, x)),
    J1: doubles(1, (x = 0) => float.besselJ(1, x)),
    Y1: doubles(1, (x = 0) => float.besselY(1, x)),
    Jn: fn([int, number], 'float', ([n, x]) => doubleResult(float.besselJ(Number(n), asDouble(x)))),
    Yn: fn([int, number], 'float', ([n, x]) => doubleResult(float.besselY(Number(n), asDouble(x)))),
    Ldexp: fn([number, int], 'float', ([x, n]) => doubleResult(float.ldexp(asDouble(x), Number(n)))),
    Log: decimals((x) => logarithm(x)),
    Log10: decimals((x) => logarithm(x, 10)),
    Log2: decimals((x) => logarithm(x, 2)),
    Log1p: doubles(1, float.log1p),
    Logb: doubles(1, float.logb),
    Ilogb: fn([number], 'int', ([x]) => float.ilogb(asDouble(x))),
    Mod: doubles(2, (x = 0, y = 0) => x % y),
    Pow: fn([number, number], 'number', ([x, y]) => resultOf(power(toDecimal(x), toDecimal(y)))),
    Pow10: fn([{ ...int, goType: 'int32' }], 'number', ([n]) => resultOf(new Decimal(1n, Number(n)))),
    Remainder: doubles(2, float.remainder),
    Signbit: fn([number], 'bool', ([x]) => toDecimal(x).isNegative),
    Cos: doubles(1, float.cos),
    Sin: doubles(1, float.sin),
    Sinh: doubles(1, float.sinh),
    Cosh: doubles(1, float.cosh),
    Sqrt: doubles(1, Math.sqrt),
    Tan: doubles(1, float.tan),
    Tanh: doubles(1, float.tanh),
  },
};

function decimalConstants(texts: Readonly<Record<string, string>>): Record<string, Decimal> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parseDecimal(text) ?? ZERO]));
}

/** The Jacobi symbol (x/y) for an odd y. */
function jacobi(x: bigint, y: bigint): number | BuiltinError {
  if (y % 2n === 0n) return fail(`big: invalid 2nd argument to Int.Jacobi: need odd integer but got ${y}`);
  let sign = 1;
  let b = y;
  if (b < 0n) {
    if (x < 0n) sign = -1;
    b = -b;
  }
  let a = ((x % b) + b) % b;
  for (;;) {
    if (b === 1n) return sign;
    if (a === 0n) return 0;
    while (a % 2n === 0n) {
      a /= 2n;
      const r = b % 8n;
      if (r === 3n || r === 5n) sign = -sign;
    }
    if (a % 4n === 3n && b % 4n === 3n) sign = -sign;
    [a, b] = [b % a, a];
  }
}
