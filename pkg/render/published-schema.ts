import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { isMap } from '../../machinery/src/patch/json.ts';

/** Keywords of JSON Schema that OpenAPI 3.0 does not know; they only narrow down what is allowed. */
const unknownToOpenApi = new Set(['if', 'then', 'else', 'propertyNames', 'const', 'type', '$schema']);

/**
 * Returns the schema of a definition's parameters as OpenAPI v3, the way KubeVela publishes it for forms: every
 * property has its name as title, and one with a default is required, because a value is always there.
 */
export function publishedSchema(parameters: JsonObject | undefined): JsonObject {
  return parameters ? { type: 'object', ...convert(parameters) } : { type: 'object' };
}

function convert(schema: JsonObject): JsonObject {
  const { properties, items, additionalProperties, required, allOf } = schema;
  const kept = Object.fromEntries(Object.entries(schema).filter(([key]) => !unknownToOpenApi.has(key)));
  const requiredNames = requiredOf(properties, required);
  const branches = Array.isArray(allOf) ? allOf.filter(isSchema).map(convert).filter(isTelling) : [];
  return {
    ...Object.fromEntries(Object.entries(kept).filter(([key]) => key !== 'allOf' && key !== 'required')),
    ...typeOf(schema),
    ...(schema['const'] !== undefined && { enum: [schema['const']] }),
    ...(isSchema(properties) && { properties: titled(properties) }),
    ...(isSchema(items) && { items: convert(items) }),
    ...(isSchema(additionalProperties) && { additionalProperties: convert(additionalProperties) }),
    ...(requiredNames.length > 0 && { required: requiredNames }),
    ...(branches.length > 0 && { allOf: branches }),
  };
}

const isSchema = (value: unknown): value is JsonObject => isMap(value);
const isTelling = (schema: JsonObject): boolean => Object.keys(schema).length > 0;

function titled(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      isSchema(property) ? { ...convert(property), title: name } : property,
    ]),
  );
}

function requiredOf(properties: Json | undefined, required: Json | undefined): readonly string[] {
  const named = Array.isArray(required) ? (required as readonly string[]) : [];
  const defaulted = isSchema(properties)
    ? Object.entries(properties).filter(([, property]) => isSchema(property) && property['default'] !== undefined)
    : [];
  return [...new Set([...named, ...defaulted.map(([name]) => name)])].sort();
}

/** OpenAPI 3.0 has one type for each schema, and null apart from it. */
function typeOf({ type }: JsonObject): JsonObject {
  if (!Array.isArray(type)) return type === undefined ? {} : { type };
  const types = (type as readonly string[]).filter((name) => name !== 'null');
  const nullable = types.length < type.length && { nullable: true };
  const [only] = types;
  return types.length === 1 && only !== undefined
    ? { type: only, ...nullable }
    : { oneOf: types.map((name) => ({ type: name })), ...nullable };
}
