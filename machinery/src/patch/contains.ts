import { deepEqual } from './equality.ts';
import { isMap } from './json.ts';

/** Whether everything in `wanted` is in `live` with the same value; lists must agree item by item. */
export function contains(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(live) && live.length === wanted.length && wanted.every((item, i) => contains(live[i], item));
  }
  if (!isMap(wanted)) return deepEqual(live, wanted);
  if (!isMap(live)) return isEmptyMap(wanted) && live === undefined;
  return Object.keys(wanted).every((key) => wanted[key] === undefined || contains(live[key], wanted[key]));
}

/** API servers leave out what is empty. */
const isEmptyMap = (value: object): boolean => Object.values(value).every((field) => field === undefined);
