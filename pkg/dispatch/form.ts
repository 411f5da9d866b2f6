import type { Json, KubeObject } from '../../machinery/src/meta.ts';
import { contains } from '../../machinery/src/patch/contains.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { contentHash } from '../revision/hash.ts';
import { withEncodedData } from './encoded-data.ts';
import { withoutMarks } from './fenced-write.ts';

/**
 * How a live object has what was rendered. Empty where all of it is there; otherwise the hash of the values that are there
 * instead: an API server writes `1000m` as `1`, and another controller may add to a list. Equal forms of one object mean that
 * nothing that was rendered has changed in between.
 */
export function formOf(object: KubeObject, live: KubeObject): string {
  const wanted = { ...withoutMarks(withEncodedData(object)), status: undefined };
  return contains(live, wanted) ? '' : contentHash(valuesAt(live, wanted));
}

/** The values of a live object at the paths of a wanted one. */
function valuesAt(live: unknown, wanted: unknown): Json {
  if (Array.isArray(wanted) && Array.isArray(live))
    return [live.length, ...wanted.map((item, i) => valuesAt(live[i], item))];
  if (!isMap(wanted) || !isMap(live)) return (live ?? null) as Json;
  const keys = Object.keys(wanted).filter((key) => wanted[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, valuesAt(live[key], wanted[key])]));
}
