import type { Json } from '../meta.ts';
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
 *
 * @testonly
 */
export function createMergePatch(from: Json | undefined, to: Json): Json {
  return difference(from, to) as Json;
}

function difference(from: unknown, to: unknown): unknown {
  if (!isMap(to)) return to;
  if (!isMap(from)) return merge(undefined, to);
  const out: JsonMap = {};
  for (const key of Object.keys(from)) {
    if (own(from, key) !== undefined && (own(to, key) ?? null) === null) define(out, key, null);
  }
  for (const key of Object.keys(to)) {
    const value = own(to, key) ?? null;
    const old = own(from, key);
    if (value !== null && !deepEqual(old, value)) addChange(out, key, difference(old, value), isMap(old));
  }
  return out;
}

/** A change of an object that comes to nothing, because only nulls differ, is left out. */
function addChange(out: JsonMap, key: string, change: unknown, isOfObject: boolean): void {
  if (isOfObject && isMap(change) && Object.keys(change).length === 0) return;
  define(out, key, change);
}

function own(map: JsonMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
