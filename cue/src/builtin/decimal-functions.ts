// Functions of decimals to 34 digits, by the decimal.js package.
import { Decimal as Big } from 'decimal.js';
import { BuiltinError } from './api.ts';
import { compare, Decimal, divide, isIntegral, multiply, parseDecimal, round, truncate } from '../number/decimal.ts';
import { isZero, ONE, ZERO } from './numbers.ts';

const PRECISION = 34;
const Wide = Big.clone({ precision: PRECISION + 16, rounding: Big.ROUND_HALF_UP, maxE: 9e15, minE: -9e15 });

function toBig(d: Decimal): Big {
  return new Wide(d.toString());
}

/** Rounded half up to 34 digits, without trailing zeros. */
function fromBig(big: Big): Decimal {
  if (!big.isFinite()) throw new BuiltinError('invalid operation');
  const rounded = big.toSignificantDigits(PRECISION, Big.ROUND_HALF_UP);
  return parseDecimal(rounded.toExponential()) ?? ZERO;
}

const MAX_EXPONENT = 100_000;
/** Beyond this the exponential function overflows. */
const MAX_ARGUMENT = 23_000;

/** All 34 digits also where the last ones are zero. */
function filled(d: Decimal): Decimal {
  const missing = PRECISION - d.coefficient.toString().length + (d.isNegative ? 1 : 0);
  return missing <= 0 ? d : new Decimal(d.coefficient * 10n ** BigInt(missing), d.exponent - missing);
}

export function exponential(x: Decimal): Decimal {
  if (isZero(x)) return ONE;
  const big = toBig(x);
  if (big.abs().greaterThan(MAX_ARGUMENT)) throw new BuiltinError(big.isNegative() ? 'underflow' : 'overflow');
  return filled(fromBig(Wide.exp(big)));
}

/** The natural logarithm, or that to a base. */
export function logarithm(x: Decimal, base?: 2 | 10): Decimal {
  const big = toBig(x);
  if (x.isNegative) throw new BuiltinError('invalid operation');
  if (big.isZero()) throw new BuiltinError('result is infinite');
  if (big.equals(1)) return ZERO;
  const natural = Wide.ln(big);
  if (base === undefined) return filled(fromBig(natural));
  // a quotient of rounded logarithms, not a rounded quotient
  if (base === 2) return divide(fromBig(natural), fromBig(Wide.ln(2)));
  const result = fromBig(natural.dividedBy(Wide.ln(base)));
  return isIntegral(result) ? result : filled(result);
}

export function power(x: Decimal, y: Decimal): Decimal {
  if (isZero(x)) return powerOfZero(y);
  if (isZero(y)) return ONE;
  const [base, exponent] = [toBig(x), toBig(y)];
  if (x.isNegative && !isIntegral(y)) throw new BuiltinError('invalid operation');
  const size = Wide.log10(base.abs()).times(exponent).abs();
  if (size.greaterThan(MAX_EXPONENT)) throw new BuiltinError('overflow');
  const result = fromBig(Wide.pow(base, exponent));
  if (isIntegral(y) && !y.isNegative) return exactPower(x, y, result);
  return isIntegral(result) ? result : filled(result);
}

/** An integral power has the digits of its product as long as 34 hold them. */
function exactPower(x: Decimal, y: Decimal, rounded: Decimal): Decimal {
  const n = truncate(y);
  if (n * BigInt(x.coefficient.toString().length) > 10n * BigInt(PRECISION)) return filled(rounded);
  return round(new Decimal(x.coefficient ** n, x.exponent * Number(n)));
}

function powerOfZero(y: Decimal): Decimal {
  if (isZero(y)) throw new BuiltinError('invalid operation');
  if (y.isNegative) throw new BuiltinError('result is infinite');
  return ZERO;
}

export function cubeRoot(x: Decimal): Decimal {
  if (isZero(x)) return ZERO;
  const root = fromBig(Wide.cbrt(toBig(x)));
  const isExact = compare(multiply(multiply(root, root), root), x) === 0 && root.coefficient.toString().length < 12;
  return isExact ? root : filled(root);
}
