// Durations as Go has them: a count of nanoseconds, written as 1h2m3.5s.
import type { BuiltinError } from './api.ts';
import { fail } from './define.ts';
import { isPrintable, quote } from './quote.ts';

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const LIMIT = 1n << 63n;

export function parseDuration(s: string): bigint | BuiltinError {
  const invalid = (): BuiltinError => fail(`time: invalid duration ${quote(s, isPrintable)}`);
  const isNegative = s.startsWith('-');
  let rest = isNegative || s.startsWith('+') ? s.slice(1) : s;
  if (rest === '0') return 0n;
  if (rest === '') return invalid();
  let total = 0n;
  while (rest !== '') {
    const part = partOf(rest);
    if (part === undefined) return invalid();
    const scale = Object.hasOwn(UNITS, part.unit) ? UNITS[part.unit] : undefined;
    if (scale === undefined) return unitError(part.unit, s);
    total += part.whole * scale + fractionOf(part.fraction, scale);
    if (total > LIMIT) return invalid();
    rest = rest.slice(part.length);
  }
  if (total === LIMIT && !isNegative) return invalid();
  return isNegative ? -total : total;
}

interface Part {
  readonly whole: bigint;
  readonly fraction: string;
  readonly unit: string;
  readonly length: number;
}

/** The number and unit at the beginning; undefined when there is no number. */
function partOf(s: string): Part | undefined {
  const [text = '', whole = '', , fraction = '', unit = ''] = /^([0-9]*)(\.([0-9]*))?([^0-9.]*)/.exec(s) ?? [];
  if (whole === '' && fraction === '') return undefined;
  return { whole: BigInt(whole), fraction, unit, length: text.length };
}

function unitError(unit: string, s: string): BuiltinError {
  const duration = quote(s, isPrintable);
  if (unit === '') return fail(`time: missing unit in duration ${duration}`);
  return fail(`time: unknown unit ${quote(unit, isPrintable)} in duration ${duration}`);
}

/** The part of a unit that the digits after the point stand for: no more than 18 of them count. */
function fractionOf(digits: string, scale: bigint): bigint {
  if (digits === '') return 0n;
  let value = 0n;
  let by = 1;
  for (const c of digits) {
    const next = value * 10n + BigInt(c);
    if (value > (LIMIT - 1n) / 10n || next > LIMIT) break;
    value = next;
    by *= 10;
  }
  // as Go computes it, in double precision
  return BigInt(Math.trunc(Number(value) * (Number(scale) / by)));
}

export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const d = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (d < 1_000n) return `${sign}${d}ns`;
  if (d < 1_000_000n) return `${sign}${withFraction(d, 1_000n)}µs`;
  if (d < 1_000_000_000n) return `${sign}${withFraction(d, 1_000_000n)}ms`;
  const minutes = d / 60_000_000_000n;
  const seconds = `${withFraction(d % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${seconds}`;
}

function withFraction(value: bigint, scale: bigint): string {
  const digits = (value % scale).toString().padStart(scale.toString().length - 1, '0');
  let end = digits.length;
  while (end > 0 && digits.charAt(end - 1) === '0') end--;
  return end === 0 ? `${value / scale}` : `${value / scale}.${digits.slice(0, end)}`;
}
