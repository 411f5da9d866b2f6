import { isMap, type JsonMap } from './json.ts';

/** Whether two JSON values are equal: the order of keys does not count, and a key with value undefined is an absent one. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  }
  return isMap(a) && isMap(b) && covers(a, b) && hasKeysOf(a, b);
}

/** Whether every key of `a` has an equal value in `b`. */
function covers(a: JsonMap, b: JsonMap): boolean {
  return Object.keys(a).every((key) => deepEqual(a[key], Object.hasOwn(b, key) ? b[key] : undefined));
}

/** Whether every key of `b` is in `a`; the values were compared before, so that each pair is compared once. */
function hasKeysOf(a: JsonMap, b: JsonMap): boolean {
  return Object.keys(b).every((key) => b[key] === undefined || (Object.hasOwn(a, key) && a[key] !== undefined));
}
