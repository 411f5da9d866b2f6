import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';

/** How the API server writes the fields of a type of a built-in kind while they are empty. */
export interface Encoding {
  /** Fields that are always there, with what they are without a value. */
  readonly written?: Readonly<Record<string, unknown>>;
  /** Scalars that are left out when they are empty, 0 or false, as if they had not been given. */
  readonly dropped?: readonly string[];
}

const encodings = new WeakMap<Schema, Encoding>();

/** Notes how values of a schema are written. */
export function setEncoding(schema: Schema, encoding: Encoding | undefined): void {
  if (encoding !== undefined) encodings.set(schema, encoding);
}

/** Takes over the notes of the schema that another one refers to. */
export function copyEncoding(from: Schema, to: Schema): void {
  setEncoding(to, encodings.get(from));
}

/** Whether a field is written even without a value. */
export function isAlwaysWritten(schema: Schema, field: string): boolean {
  return Object.hasOwn(encodings.get(schema)?.written ?? {}, field);
}

/** Removes scalars that count as not given, in place. */
export function dropZeroScalars(value: unknown, schema: Schema | undefined): void {
  walk(value, schema, (map, { dropped = [] }) => {
    for (const field of dropped) {
      const given = map[field];
      if (given === '' || given === 0 || given === false) Reflect.deleteProperty(map, field);
    }
  });
}

/** Writes the fields that are always there, in place; an empty list among them is null, as it is stored. */
export function writeZeroFields(value: unknown, schema: Schema | undefined): void {
  walk(value, schema, (map, { written = {} }) => {
    for (const [field, zero] of Object.entries(written)) {
      const given = map[field];
      if (given === undefined || (zero === null && Array.isArray(given) && given.length === 0))
        map[field] = isMap(zero) ? {} : zero;
    }
  });
}

/** Calls back for each object of a type with notes, outer ones first. */
function walk(
  value: unknown,
  schema: Schema | undefined,
  visit: (map: Record<string, unknown>, encoding: Encoding) => void,
): void {
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) walk(item, schema.items, visit);
    return;
  }
  const map = value as Record<string, unknown>;
  const encoding = encodings.get(schema);
  if (encoding !== undefined) visit(map, encoding);
  const { properties, additionalProperties } = schema;
  for (const key of Object.keys(map)) {
    const declared = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    const below = declared ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (below !== undefined) walk(map[key], below, visit);
  }
}
