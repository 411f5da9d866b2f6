import type { Json, JsonObject } from '../../../machinery/src/meta.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';

/**
 * Returns the schema of parameters the way KubeVela publishes it: every property has its name as title, and the comment
 * `+usage=` is the description.
 */
export function publishedSchema(schema: JsonObject): JsonObject {
  const { description, ...rest } = schema;
  const shown = Object.entries(rest).map(([key, value]) => [key, publishedValue(key, value ?? null)] as const);
  return { ...Object.fromEntries(shown), ...describe(description) };
}

function publishedValue(key: string, value: Json): Json {
  if (key === 'properties' && isMap(value)) {
    const properties = Object.entries(value as Readonly<Record<string, JsonObject>>);
    return Object.fromEntries(
      properties.map(([name, property]) => [name, { ...publishedSchema(property), title: name }]),
    );
  }
  if (key === 'default' || key === 'enum') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => publishedValue('', item));
  return isMap(value) ? publishedSchema(value) : value;
}

/** Lines before the usage and from the short flag on have other readers. */
function describe(description: Json | undefined): JsonObject {
  if (typeof description !== 'string') return {};
  const lines = description.split('\n').map((line) => line.trim());
  const kept = lines.filter((line) => line !== '+immutable');
  const [, usage] = kept.join('\n').split(/^\+usage=/m);
  const text = (usage ?? kept.join('\n')).split('+short=')[0]?.trim() ?? '';
  return { ...(text !== '' && { description: text }), ...(kept.length < lines.length && { 'x-immutable': true }) };
}

/** The same schema for a validator of JSON Schema: OpenAPI 3.0 writes open bounds and null otherwise. */
export function jsonSchemaOf(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(jsonSchemaOf);
  if (!isMap(schema)) return schema;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, nullable, ...rest } = schema;
  const converted = Object.entries(rest).map(([key, value]) => [key, jsonSchemaOf(value ?? null)] as const);
  return {
    ...Object.fromEntries(converted),
    ...(minimum !== undefined && { [exclusiveMinimum === true ? 'exclusiveMinimum' : 'minimum']: minimum }),
    ...(maximum !== undefined && { [exclusiveMaximum === true ? 'exclusiveMaximum' : 'maximum']: maximum }),
    ...(nullable === true && rest['type'] !== undefined && { nullable }),
  };
}
