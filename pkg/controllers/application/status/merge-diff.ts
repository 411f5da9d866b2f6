import type { Json, JsonObject } from '../../../../machinery/src/meta.ts';
import { sameContent } from '../../../revision/hash.ts';

/** The merge patch that makes `after` of `before`; undefined when they are equal. Lists are replaced whole. */
export function mergeDiff(before: object, after: object): JsonObject | undefined {
  return difference(before as JsonObject, after as JsonObject);
}

function difference(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const patch: Record<string, Json> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, wanted] = [before[key], after[key]];
    if (sameContent(old, wanted)) continue;
    if (wanted === undefined) patch[key] = null;
    else if (isObject(old) && isObject(wanted)) patch[key] = difference(old, wanted) ?? {};
    else patch[key] = wanted;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
