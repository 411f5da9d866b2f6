import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { isAlwaysWritten } from '../schema/encoding.ts';

/** Removes empty lists and maps below an object of a built-in kind, in place, as the server's own encoding does. */
export function dropEmpty(value: unknown, schema: Schema | undefined): void {
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) dropEmpty(item, schema.items);
    return;
  }
  const map = value as Record<string, unknown>;
  for (const key of Object.keys(map)) {
    const inner = map[key];
    if (typeof inner !== 'object' || inner === null) continue;
    const below = propertyOf(schema, key);
    if (below === undefined) continue;
    // an empty list of managers clears those that there are
    const isKept = key === 'managedFields' || isAlwaysWritten(schema, key);
    if (isEmptyCollection(inner, below) && !isKept) Reflect.deleteProperty(map, key);
    else dropEmpty(inner, below);
  }
}

function propertyOf(schema: Schema, key: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function isEmptyCollection(value: object, schema: Schema): boolean {
  if (Array.isArray(value)) return value.length === 0 && schema.type === 'array';
  const isMap = typeof schema.additionalProperties === 'object' && schema.properties === undefined;
  return isMap && Object.keys(value).length === 0;
}
