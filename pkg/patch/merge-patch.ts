import type { Json } from '../apis/meta.ts';
import { deepEqual } from './equality.ts';
import { deepCopy, define, isMap, type JsonMap } from './json.ts';

/** Applies a JSON merge patch (RFC 7386): null removes a key, lists are replaced. The target is not changed. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  return merge(target, patch) as Json;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return deepCopy(patch);
  const out: JsonMap = isMap(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) Reflect.deleteProperty(out, key);
    else define(out, key, merge(Object.hasOwn(out, key) ? out[key] : undefined, value));
  }
  return out;
}

/**
 * Returns the smallest merge patch that turns `from` into `to`; `{}` when they are equal objects.
 * Nulls inside objects of `to` cannot be expressed by a merge patch: they count as absent keys.
 */
export function createMergePatch(from: Json | undefined, to: Json): Json {
  return difference(from, to) as Json;
}

function difference(from: unknown, to: unknown): unknown {
  if (!isMap(from) || !isMap(to)) return isMap(to) ? merge(undefined, to) : to;
  const out: JsonMap = {};
  for (const key of Object.keys(from)) {
    if (from[key] !== undefined && (!Object.hasOwn(to, key) || to[key] === undefined || to[key] === null))
      define(out, key, null);
  }
  for (const key of Object.keys(to)) {
    const value = to[key];
    const old = Object.hasOwn(from, key) ? from[key] : undefined;
    if (value === undefined || value === null || deepEqual(old, value)) continue;
    if (isMap(old) && isMap(value)) {
      const inner = difference(old, value);
      if (isMap(inner) && Object.keys(inner).length > 0) define(out, key, inner);
    } else define(out, key, isMap(value) ? merge(undefined, value) : value);
  }
  return out;
}
