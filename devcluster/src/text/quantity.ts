/** resource.Quantity: parsing, the canonical text, and order. A value is `digits * 10^-9`, exact. */
export interface Quantity {
  /** In billionths. */
  readonly nano: bigint;
  readonly format: 'binary' | 'decimal' | 'exponent';
}

const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const billion = 1_000_000_000n;
const longestExponent = 40;

/** Undefined when the text is no quantity. Fractions below a billionth are rounded up, as Kubernetes does. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const match = form.exec(String(text));
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', e, exponent, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const factor = binary[suffix] ?? 1n;
  const power = Number(exponent ?? decimal[suffix] ?? 0);
  if (Math.abs(power) > longestExponent) return undefined;
  const nano = scale(BigInt(whole + fraction) * factor, power - fraction.length + 9);
  return { nano: sign === '-' ? -nano : nano, format: formatOf(e, suffix) };
}

function formatOf(e: string | undefined, suffix: string): Quantity['format'] {
  if (e !== undefined) return 'exponent';
  return suffix.endsWith('i') ? 'binary' : 'decimal';
}

/** `digits * 10^power`, away from zero. */
function scale(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power);
  const by = 10n ** BigInt(-power);
  return (digits + by - 1n) / by;
}

/** The text that Kubernetes answers with: no fraction, the largest suffix that keeps every digit. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const size = nano < 0n ? -nano : nano;
  const sign = nano < 0n ? '-' : '';
  if (format === 'binary' && size % billion === 0n && size >= 1024n * billion) {
    return sign + formatBinary(size / billion);
  }
  const [digits, power] = stripThousands(size);
  if (format === 'exponent') return `${sign}${digits}${power === 0 ? '' : `e${power}`}`;
  const suffix = Object.entries(decimal).find(([, p]) => p === power)?.[0] ?? `e${power}`;
  return `${sign}${digits}${suffix}`;
}

function formatBinary(value: bigint): string {
  let rest = value;
  let steps = 0;
  const suffixes = ['', ...Object.keys(binary)];
  while (rest % 1024n === 0n && steps < suffixes.length - 1) {
    rest /= 1024n;
    steps++;
  }
  return `${rest}${suffixes[steps] ?? ''}`;
}

function stripThousands(nano: bigint): [bigint, number] {
  let digits = nano;
  let power = -9;
  while (digits % 1000n === 0n && power < 18) {
    digits /= 1000n;
    power += 3;
  }
  return [digits, power];
}

/**
 * Returns the canonical text of a quantity; the text itself when it is none.
 *
 * @testonly
 */
export function canonicalQuantity(text: string | number): string {
  const quantity = parseQuantity(text);
  return quantity === undefined ? String(text) : formatQuantity(quantity);
}
