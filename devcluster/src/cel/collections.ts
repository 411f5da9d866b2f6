import type { Environment } from '@marcbachmann/cel-js';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';

type Scalar = string | bigint | number | Date;

/** What stands before the dot of `sets.contains`; it carries nothing but its type. */
class Sets {
  readonly name = 'sets';
}

class MathFunctions {
  readonly name = 'math';
}

/** Kubernetes' functions on lists, and sets and math. */
export function registerCollections(environment: Environment): void {
  const find = (list: readonly unknown[], value: unknown) => BigInt(list.findIndex((item) => deepEqual(item, value)));
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly Scalar[]) =>
      list.every((item, i) => i === 0 || compare(list[i - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', sum)
    .registerFunction('list.min(): dyn', (list: readonly Scalar[]) => extreme(list, 'min', (a, b) => compare(a, b) < 0))
    .registerFunction('list.max(): dyn', (list: readonly Scalar[]) => extreme(list, 'max', (a, b) => compare(a, b) > 0))
    .registerFunction('list.indexOf(dyn): int', find)
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], value: unknown) =>
      BigInt(list.findLastIndex((item) => deepEqual(item, value))),
    );
  registerSets(environment);
  registerMath(environment);
}

function registerSets(environment: Environment): void {
  const has = (list: readonly unknown[], value: unknown) => list.some((item) => deepEqual(item, value));
  const contains = (_: Sets, list: readonly unknown[], part: readonly unknown[]) =>
    part.every((item) => has(list, item));
  environment
    .registerType('kubernetes.Sets', Sets)
    .registerConstant('sets', 'kubernetes.Sets', new Sets())
    .registerFunction('kubernetes.Sets.contains(list, list): bool', contains)
    .registerFunction(
      'kubernetes.Sets.equivalent(list, list): bool',
      (sets: Sets, a: readonly unknown[], b: readonly unknown[]) => contains(sets, a, b) && contains(sets, b, a),
    )
    .registerFunction(
      'kubernetes.Sets.intersects(list, list): bool',
      (_: Sets, a: readonly unknown[], b: readonly unknown[]) => a.some((item) => has(b, item)),
    );
}

function registerMath(environment: Environment): void {
  const greatest = (list: readonly Scalar[]) => extreme(list, 'greatest', (a, b) => compare(a, b) > 0);
  const least = (list: readonly Scalar[]) => extreme(list, 'least', (a, b) => compare(a, b) < 0);
  environment
    .registerType('kubernetes.Math', MathFunctions)
    .registerConstant('math', 'kubernetes.Math', new MathFunctions())
    .registerFunction('kubernetes.Math.greatest(list): dyn', (_: MathFunctions, list: readonly Scalar[]) =>
      greatest(list),
    )
    .registerFunction('kubernetes.Math.greatest(dyn, dyn): dyn', (_: MathFunctions, a: Scalar, b: Scalar) =>
      greatest([a, b]),
    )
    .registerFunction('kubernetes.Math.least(list): dyn', (_: MathFunctions, list: readonly Scalar[]) => least(list))
    .registerFunction('kubernetes.Math.least(dyn, dyn): dyn', (_: MathFunctions, a: Scalar, b: Scalar) =>
      least([a, b]),
    );
}

function compare(a: Scalar | undefined, b: Scalar | undefined): number {
  if (a === undefined || b === undefined || a === b) return 0;
  return a < b ? -1 : 1;
}

function sum(list: readonly (bigint | number)[]): bigint | number {
  const whole = list.filter((item) => typeof item === 'bigint');
  if (whole.length === list.length) return whole.reduce((total, item) => total + item, 0n);
  return list.reduce<number>((total, item) => total + Number(item), 0);
}

function extreme(list: readonly Scalar[], name: string, isBetter: (a: Scalar, b: Scalar) => boolean): Scalar {
  const [first, ...others] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return others.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}
