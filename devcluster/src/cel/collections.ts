import type { Environment } from '@marcbachmann/cel-js';
import { compareValues, equalValues } from './order.ts';
import { registerNamespace } from './own-type.ts';

type List = readonly unknown[];

/** Functions on lists, and sets. */
export function registerCollections(environment: Environment): void {
  const extreme = (list: List, name: string, sign: number): unknown => {
    if (list.length === 0) throw new Error(`${name} called on empty list`);
    return list.reduce((best, item) => (compareValues(item, best) * sign > 0 ? item : best));
  };
  environment
    .registerFunction('list.isSorted(): bool', (list: List) =>
      list.every((item, i) => i === 0 || compareValues(list[i - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', sum)
    .registerFunction('list.min(): dyn', (list: List) => extreme(list, 'min', -1))
    .registerFunction('list.max(): dyn', (list: List) => extreme(list, 'max', 1))
    .registerFunction('list.indexOf(dyn): int', (list: List, value: unknown) =>
      BigInt(list.findIndex((item) => equalValues(item, value))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: List, value: unknown) =>
      BigInt(list.findLastIndex((item) => equalValues(item, value))),
    );
  registerRearrangements(environment);
  registerSets(environment);
}

/** Functions that make lists. */
function registerRearrangements(environment: Environment): void {
  environment
    .registerFunction('list.slice(int, int): list<dyn>', slice)
    .registerFunction('list.flatten(): list<dyn>', (list: List) => flatten(list, 1n))
    .registerFunction('list.flatten(int): list<dyn>', flatten)
    .registerFunction('list.distinct(): list<dyn>', (list: List) =>
      list.filter((item, i) => list.findIndex((other) => equalValues(item, other)) === i),
    )
    .registerFunction('list.reverse(): list<dyn>', (list: List) => [...list].reverse())
    .registerFunction('list.sort(): list<dyn>', (list: List) => [...list].sort(compareValues));
  registerNamespace(environment, 'lists')('range(int): list<int>', (count: bigint) =>
    Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i)),
  );
}

function slice(list: List, start: bigint, end: bigint): unknown[] {
  const call = `cannot slice(${start}, ${end})`;
  if (start < 0n || end < 0n) throw new Error(`${call}, negative indexes not supported`);
  if (start > end) throw new Error(`${call}, start index must be less than or equal to end index`);
  if (list.length < end) throw new Error(`${call}, list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

function flatten(list: List, depth: bigint): unknown[] {
  if (depth < 0n) throw new Error('level must be non-negative');
  return list.flat(Number(depth));
}

function registerSets(environment: Environment): void {
  const has = (list: List, value: unknown) => list.some((item) => equalValues(item, value));
  const contains = (list: List, part: List) => part.every((item) => has(list, item));
  const set = registerNamespace(environment, 'sets');
  set('contains(list, list): bool', contains);
  set('equivalent(list, list): bool', (a: List, b: List) => contains(a, b) && contains(b, a));
  set('intersects(list, list): bool', (a: List, b: List) => a.some((item) => has(b, item)));
}

interface Duration {
  addDuration(other: unknown): Duration;
}

function isDuration(value: unknown): value is Duration {
  return typeof value === 'object' && value !== null && 'addDuration' in value;
}

function sum(list: List): unknown {
  const [first, ...others] = list;
  if (isDuration(first)) return others.reduce<Duration>((total, item) => total.addDuration(item), first);
  if (list.every((item) => typeof item === 'bigint')) return list.reduce<bigint>((total, item) => total + item, 0n);
  return list.reduce<number>((total, item) => total + Number(item), 0);
}
