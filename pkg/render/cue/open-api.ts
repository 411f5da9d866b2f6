import type { Json, JsonObject } from '../../apis/meta.ts';
import { isMap } from '../../patch/json.ts';

/**
 * Returns the schema of parameters the way KubeVela publishes it, from the OpenAPI document that the CUE compiler makes
 * of a template's definitions: references are expanded (a definition that holds itself ends as an object), every
 * property has its name as title, and the comment `+usage=` is the description.
 */
export function parameterSchema(document: unknown): JsonObject {
  const components = isMap(document) && isMap(document['components']) ? document['components'] : {};
  const schemas = (components['schemas'] ?? {}) as JsonObject;
  const { parameter } = schemas;
  return isMap(parameter) ? new Expansion(schemas).of(parameter, []) : { type: 'object' };
}

class Expansion {
  readonly #schemas: JsonObject;

  constructor(schemas: JsonObject) {
    this.#schemas = schemas;
  }

  /** `inside` are the names of the definitions around. */
  of(schema: JsonObject, inside: readonly string[]): JsonObject {
    const { $ref, description, ...rest } = schema;
    const told = { ...describe(description) };
    if (typeof $ref === 'string') {
      const name = decodeURIComponent($ref.slice($ref.lastIndexOf('/') + 1));
      const target = this.#schemas[name];
      const known = isMap(target) && !inside.includes(name);
      return { ...(known ? this.of(target, [...inside, name]) : { type: 'object' }), ...told };
    }
    const expanded = Object.entries(rest).map(
      ([key, value]) => [key, this.#value(key, value ?? null, inside)] as const,
    );
    return { ...Object.fromEntries(expanded), ...told };
  }

  #value(key: string, value: Json, inside: readonly string[]): Json {
    if (key === 'properties' && isMap(value)) {
      const properties = Object.entries(value as Readonly<Record<string, JsonObject>>);
      return Object.fromEntries(
        properties.map(([name, property]) => [name, { ...this.of(property, inside), title: name }]),
      );
    }
    if (key === 'default' || key === 'enum') return value;
    if (Array.isArray(value)) return (value as readonly Json[]).map((item) => this.#value('', item, inside));
    return isMap(value) ? this.of(value, inside) : value;
  }
}

/** The lines before the usage and from the short flag on are for other readers. */
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
