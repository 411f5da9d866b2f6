import { isMap, deepCopy, define, type JsonMap } from './json.ts';
import { PatchError } from './patch-error.ts';
import type { Schema } from './schema.ts';
import { enforceOrder, identify } from './strategic-order.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/**
 * Applies a strategic merge patch: lists with `merge` in their schema are merged by their key (or as sets of scalars), new
 * items first; all other lists are replaced. Knows the directives `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and
 * `$setElementOrder`. Without a schema every list is replaced. The target is not changed.
 *
 * Throws UnknownDirective for a `$patch` that means nothing where it stands, MalformedPatch for a patch out of shape.
 */
export function applyStrategicMerge<T extends object>(target: T, patch: unknown, schema: Schema | undefined): T {
  if (!isMap(patch))
    throw new PatchError(
      'MalformedPatch',
      `json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`,
    );
  return mergeMap(deepCopy(target) as JsonMap, deepCopy(patch), schema) as T;
}

interface Field {
  readonly schema: Schema | undefined;
  readonly strategies: readonly string[];
  readonly mergeKey: string | undefined;
}

function fieldOf(schema: Schema | undefined, key: string): Field {
  const declared = schema?.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  const additional = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const field = declared ?? additional;
  return {
    schema: field,
    strategies: field?.['x-kubernetes-patch-strategy']?.split(',') ?? [],
    mergeKey: field?.['x-kubernetes-patch-merge-key'],
  };
}

/** Keys such as `__proto__` would otherwise lead to what all objects share. */
function own(map: JsonMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Changes and returns `original`; takes `patch` apart. */
function mergeMap(original: JsonMap, patch: JsonMap, schema: Schema | undefined): JsonMap {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) {
    if (directive === 'delete') return {};
    if (directive !== 'replace') throw unknownDirective(directive, patch);
    return withoutDirectives(patch) as JsonMap;
  }
  retainKeys(original, patch);
  mergeOrderedLists(original, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM)) deleteScalars(original, key.slice(DELETE_FROM.length), value);
    else if (value === null) Reflect.deleteProperty(original, key);
    else {
      const merged = mergeValue(own(original, key), value, fieldOf(schema, key));
      if (merged === undefined) Reflect.deleteProperty(original, key);
      else define(original, key, merged);
    }
  }
  return original;
}

function mergeValue(old: unknown, value: unknown, field: Field): unknown {
  if (isMap(old) && isMap(value)) {
    return field.strategies.includes('replace') ? withoutDirectives(value) : mergeMap(old, value, field.schema);
  }
  if (Array.isArray(old) && Array.isArray(value)) return mergeList(old, value, field);
  return isDirectiveMap(value) ? undefined : withoutDirectives(value);
}

/** A map with a directive and nothing to apply it to is no value. */
function isDirectiveMap(value: unknown): boolean {
  return isMap(value) && Object.hasOwn(value, DIRECTIVE);
}

function retainKeys(original: JsonMap, patch: JsonMap): void {
  const keep = patch[RETAIN_KEYS];
  if (keep === undefined) return;
  Reflect.deleteProperty(patch, RETAIN_KEYS);
  const bad = () => new PatchError('MalformedPatch', 'invalid patch format of retainKeys');
  if (!Array.isArray(keep)) throw bad();
  for (const [key, value] of Object.entries(patch)) {
    if (value !== null && !key.startsWith('$') && !keep.includes(key)) throw bad();
  }
  for (const key of Object.keys(original)) if (!keep.includes(key)) Reflect.deleteProperty(original, key);
}

function mergeOrderedLists(original: JsonMap, patch: JsonMap, schema: Schema | undefined): void {
  for (const marker of Object.keys(patch)) {
    if (!marker.startsWith(SET_ORDER)) continue;
    const order = patch[marker];
    const key = marker.slice(SET_ORDER.length);
    Reflect.deleteProperty(patch, marker);
    if (!Array.isArray(order)) throw new PatchError('MalformedPatch', 'invalid patch format of setElementOrder list');
    const field = fieldOf(schema, key);
    const change = own(patch, key);
    if (change === null) continue;
    checkOrder(change, order, field.mergeKey);
    Reflect.deleteProperty(patch, key);
    const removal = patch[DELETE_FROM + key];
    if (removal !== undefined) {
      Reflect.deleteProperty(patch, DELETE_FROM + key);
      deleteScalars(original, key, removal);
    }
    const old = own(original, key);
    if (!Array.isArray(old) && !Array.isArray(change)) continue;
    const live = Array.isArray(old) ? [...(old as unknown[])] : [];
    const merged = Array.isArray(change) ? mergeValue(old, change, field) : live;
    define(original, key, enforceOrder(merged as unknown[], order, live, field.mergeKey));
  }
}

function checkOrder(change: unknown, order: readonly unknown[], mergeKey: string | undefined): void {
  if (!Array.isArray(change)) return;
  const known = new Set(order.map((item) => identify(item, mergeKey)));
  for (const item of change) {
    if (isMap(item) && item[DIRECTIVE] !== undefined) continue;
    if (!known.has(identify(item, mergeKey)))
      throw new PatchError(
        'SchemaViolation',
        `The order in patch list:\n${goMap(change)}\n doesn't match ${SET_ORDER.slice(0, -1)} list:\n${goMap(order)}\n`,
      );
  }
}

function deleteScalars(original: JsonMap, key: string, values: unknown): void {
  const old = own(original, key);
  if (!Array.isArray(old)) return;
  if (!Array.isArray(values)) throw new PatchError('MalformedPatch', 'invalid patch format of primitive list');
  original[key] = old.filter((item) => !values.includes(item));
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], field: Field): unknown[] {
  if (!field.strategies.includes('merge')) return withoutDirectives(patch) as unknown[];
  if (![...original, ...patch].some(isMap)) {
    return enforceOrder([...new Set([...original, ...patch])], patch, original, undefined);
  }
  const { mergeKey } = field;
  if (mergeKey === undefined) throw new PatchError('MalformedPatch', 'cannot merge lists without merge key');
  const { kept, changes } = applyListDirectives(original, patch, mergeKey);
  const merged: unknown[] = [...kept];
  for (const change of changes) {
    const at = merged.findIndex((item) => isMap(item) && item[mergeKey] === keyOf(change, mergeKey));
    const old = merged[at];
    if (isMap(old)) merged[at] = mergeMap(old, change, field.schema?.items);
    else merged.push(withoutDirectives(change));
  }
  return enforceOrder(merged, changes, kept, mergeKey);
}

/** Takes `$patch` items out of a list of the patch and does what they say. */
function applyListDirectives(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): { kept: readonly unknown[]; changes: readonly JsonMap[] } {
  let kept = original;
  let replaces = false;
  const changes: JsonMap[] = [];
  for (const item of patch) {
    if (!isMap(item)) throw new PatchError('MalformedPatch', 'a list of objects cannot be merged with scalars');
    const directive = item[DIRECTIVE];
    if (directive === undefined) changes.push(item);
    else if (directive === 'replace') replaces = true;
    else if (directive === 'delete') {
      const key = keyOf(item, mergeKey);
      kept = kept.filter((old) => !isMap(old) || old[mergeKey] !== key);
    } else throw unknownDirective(directive, item);
  }
  return replaces ? { kept: changes, changes: [] } : { kept, changes };
}

function keyOf(item: JsonMap, mergeKey: string): unknown {
  if (item[mergeKey] === undefined)
    throw new PatchError('SchemaViolation', `map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`);
  return item[mergeKey];
}

/** A value of the patch that meets nothing in the original: directives and nulls in it have no one to speak to. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !isMap(item) || item[DIRECTIVE] === undefined).map(withoutDirectives);
  }
  if (!isMap(value)) return value;
  const out: JsonMap = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null || isDirective(key) || isDirectiveMap(inner)) continue;
    define(out, key, withoutDirectives(inner));
  }
  return out;
}

function isDirective(key: string): boolean {
  return key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
}

function unknownDirective(directive: unknown, item: JsonMap): PatchError {
  return new PatchError('UnknownDirective', `unknown patch type: ${String(directive)} in map: ${goMap(item)}`);
}

/** A map as Go prints it. */
export function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isMap(value)) return String(value);
  const entries = Object.keys(value).sort();
  return `map[${entries.map((key) => `${key}:${goMap(value[key])}`).join(' ')}]`;
}
