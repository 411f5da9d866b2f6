import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { suggestion } from '../appfile/suggest.ts';
import { compileParameters } from '../render/parameters.ts';
import type { Addon } from './addon.ts';
import { AddonError } from './addon-error.ts';

interface PropertySchema {
  readonly type?: string;
  readonly items?: PropertySchema;
}

/**
 * Checks what the user gave against the addon's schema and fills in defaults. What comes from a command line is taken
 * for what the schema expects: a number for text, one value for a list of one. Throws AddonError with every problem.
 */
export function readParameters({ metadata, parameters: schema }: Addon, given: JsonObject): JsonObject {
  if (!schema) return given;
  const properties = (schema['properties'] ?? {}) as unknown as Readonly<Record<string, PropertySchema>>;
  const isClosed = schema['additionalProperties'] === false;
  const unknown = isClosed ? Object.keys(given).filter((key) => !Object.hasOwn(properties, key)) : [];
  const known = Object.entries(given).filter(([key]) => !unknown.includes(key));
  const fitted = Object.fromEntries(
    known.map(([key, value]) => [key, value === undefined ? value : fit(value, properties[key])]),
  );
  const checked = compileParameters(schema)(fitted);
  const problems = [
    ...unknown.map(
      (key) => `parameter ${key}: the addon has none of that name${suggestion(key, Object.keys(properties))}`,
    ),
    ...(checked.ok ? [] : checked.problems.map((problem) => problem.replace(/^properties\.?/, 'parameter '))),
  ];
  if (problems.length > 0 || !checked.ok)
    throw new AddonError(
      'BadParameters',
      problems.map((problem) => `addon ${metadata.name}: ${problem}`),
    );
  return checked.value;
}

function fit(value: Json, schema: PropertySchema | undefined): Json {
  if (schema?.type === 'array') {
    const items = Array.isArray(value) ? (value as readonly Json[]) : [value];
    return items.map((item) => fit(item, schema.items));
  }
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return schema?.type === 'string' && isScalar ? String(value) : value;
}
