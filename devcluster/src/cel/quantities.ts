import type { Environment } from '@marcbachmann/cel-js';
import { parseQuantity } from '../text/quantity.ts';

/** A resource quantity in CEL, exact to a billionth. */
class CelQuantity {
  readonly nano: bigint;

  constructor(nano: bigint) {
    this.nano = nano;
  }
}

const unit = 1_000_000_000n;

function read(text: string): CelQuantity {
  const parsed = parseQuantity(text);
  if (!parsed)
    throw new Error(`quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`);
  return new CelQuantity(parsed.nano);
}

function isInt64({ nano }: CelQuantity): boolean {
  return nano % unit === 0n && BigInt.asIntN(64, nano / unit) === nano / unit;
}

/** Quantities such as `quantity("1Gi").isLessThan(quantity("2Gi"))`. */
export function registerQuantities(environment: Environment): void {
  const type = 'kubernetes.Quantity';
  const compare = (a: CelQuantity, b: CelQuantity) => (a.nano === b.nano ? 0n : a.nano < b.nano ? -1n : 1n);
  environment
    .registerType(type, CelQuantity)
    .registerOperator(`${type} == ${type}`, (a: CelQuantity, b: CelQuantity) => a.nano === b.nano)
    .registerFunction(`quantity(string): ${type}`, read)
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
    .registerFunction(`${type}.sign(): int`, (q: CelQuantity) => (q.nano === 0n ? 0n : q.nano < 0n ? -1n : 1n))
    .registerFunction(`${type}.isInteger(): bool`, isInt64)
    .registerFunction(`${type}.asInteger(): int`, (q: CelQuantity) => {
      if (!isInt64(q)) throw new Error('cannot convert value to integer');
      return q.nano / unit;
    })
    .registerFunction(`${type}.asApproximateFloat(): double`, (q: CelQuantity) => Number(q.nano) / 1e9)
    .registerFunction(`${type}.compareTo(${type}): int`, compare)
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: CelQuantity, b: CelQuantity) => a.nano > b.nano)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: CelQuantity, b: CelQuantity) => a.nano < b.nano)
    .registerFunction(
      `${type}.add(${type}): ${type}`,
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nano + b.nano),
    )
    .registerFunction(`${type}.add(int): ${type}`, (a: CelQuantity, b: bigint) => new CelQuantity(a.nano + b * unit))
    .registerFunction(
      `${type}.sub(${type}): ${type}`,
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nano - b.nano),
    )
    .registerFunction(`${type}.sub(int): ${type}`, (a: CelQuantity, b: bigint) => new CelQuantity(a.nano - b * unit));
}
