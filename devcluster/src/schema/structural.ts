import { deepCopy, define, isMap, type JsonMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';

/**
 * Fills in the defaults of a schema, in place. A null where the schema allows none counts as absent: it is replaced by
 * the default, or removed when there is none.
 */
export function applyDefaults(value: unknown, schema: Schema | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) applyDefaults(item, schema.items);
  } else if (isMap(value)) {
    for (const [name, field] of Object.entries(schema.properties ?? {})) defaultField(value, name, field);
    if (typeof schema.additionalProperties === 'object') defaultValues(value, schema, schema.additionalProperties);
  }
}

/** The values of a map, less the keys that the schema declares by name. */
function defaultValues(map: JsonMap, schema: Schema, values: Schema): void {
  for (const [name, inner] of Object.entries(map)) {
    if (schema.properties && Object.hasOwn(schema.properties, name)) continue;
    if (inner === null && values.nullable !== true && values.default !== undefined)
      map[name] = deepCopy(values.default);
    applyDefaults(map[name], values);
  }
}

function defaultField(object: JsonMap, name: string, field: Schema): void {
  const present = Object.hasOwn(object, name) ? object[name] : undefined;
  const isAbsent = present === undefined || (present === null && isNullFree(field));
  if (!isAbsent) applyDefaults(present, field);
  else if (field.default !== undefined) {
    define(object, name, deepCopy(field.default));
    applyDefaults(object[name], field);
  } else if (present === null) Reflect.deleteProperty(object, name);
}

/** Whether null means nothing for the field; what is preserved unseen may hold it. */
function isNullFree(schema: Schema): boolean {
  return (
    schema.nullable !== true && !(schema.type === undefined && schema['x-kubernetes-preserve-unknown-fields'] === true)
  );
}

/** Removes the fields that a structural schema does not know, in place; returns their paths in order. */
export function prune(object: unknown, schema: Schema | undefined): string[] {
  const removed: string[] = [];
  pruneValue(object, schema, '', removed);
  return removed;
}

function pruneValue(value: unknown, schema: Schema | undefined, path: string, removed: string[]): void {
  if (Array.isArray(value)) {
    for (const [i, item] of (value as unknown[]).entries()) pruneValue(item, schema?.items, `${path}[${i}]`, removed);
  } else if (isMap(value)) {
    for (const name of Object.keys(value)) pruneField(value, name, schema, { path, removed });
  }
}

function pruneField(
  map: JsonMap,
  name: string,
  schema: Schema | undefined,
  to: { path: string; removed: string[] },
): void {
  const path = to.path === '' ? name : `${to.path}.${name}`;
  const field = knownField(schema, name);
  if (typeof field === 'object') pruneValue(map[name], field, path, to.removed);
  else if (field === undefined && schema?.['x-kubernetes-preserve-unknown-fields'] !== true) {
    Reflect.deleteProperty(map, name);
    to.removed.push(path);
  }
}

/** The schema of a field; true when anything goes, undefined when the field is unknown. */
function knownField(schema: Schema | undefined, name: string): Schema | true | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, name)) return schema.properties[name];
  const additional = schema?.additionalProperties;
  if (additional === false) return undefined;
  return additional;
}
