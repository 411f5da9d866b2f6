import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { branchesOf, declaredIn, isOpen } from './declared.ts';

/** Formats of OpenAPI that validators of JSON Schema do not know. */
const foreignFormats = new Set(['int32', 'int64', 'float', 'double']);

/**
 * The JSON Schema (draft 7) of an OpenAPI schema as definitions have it for their parameters: `nullable` becomes a type,
 * alternatives need not exclude each other, and an object that declares properties admits no others. A property is required
 * where CUE requires it of a user: not where it has a default, nor a list, nor a structure of which nothing is required.
 */
export function jsonSchemaOf(openApi: JsonObject): JsonObject {
  const schema = converted(openApi);
  const names = [...declaredIn(openApi).keys()];
  if (names.length === 0 || isOpen(openApi)) return schema;
  // alternatives declare their properties together
  return branchesOf(openApi).length > 0
    ? { ...schema, propertyNames: { enum: names } }
    : { ...schema, additionalProperties: false };
}

/** The schema without what is required, at any depth. */
export function withoutRequired(schema: JsonObject): JsonObject {
  const { required: _, ...rest } = schema;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, key === 'enum' ? value : relaxed(value)]));
}

function relaxed(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => relaxed(one) ?? null);
  return isMap(value) ? withoutRequired(value) : value;
}

/** What a schema requires, at any depth, and nothing else; undefined where it requires nothing. */
export function onlyRequired(schema: JsonObject): JsonObject | undefined {
  const { required, properties, items, anyOf } = schema;
  const below = isMap(properties) ? Object.entries(properties as Readonly<Record<string, JsonObject>>) : [];
  const needing = below.flatMap(([name, property]) => {
    const needed = onlyRequired(property);
    return needed ? [[name, needed] as const] : [];
  });
  const ofItems = isMap(items) ? onlyRequired(items) : undefined;
  const alternatives = Array.isArray(anyOf) ? (anyOf as readonly JsonObject[]).map((one) => onlyRequired(one)) : [];
  const needed: JsonObject = {
    ...(required !== undefined && { required }),
    ...(needing.length > 0 && { properties: Object.fromEntries(needing) }),
    ...(ofItems && { items: ofItems }),
    ...(alternatives.length > 0 && alternatives.every((one) => one !== undefined) && { anyOf: alternatives }),
  };
  return Object.keys(needed).length > 0 ? needed : undefined;
}

function converted(openApi: JsonObject): JsonObject {
  const { type, nullable, format, required, properties } = openApi;
  const isKnownFormat = typeof format === 'string' && !foreignFormats.has(format);
  const known = isMap(properties) ? (properties as Readonly<Record<string, Json>>) : {};
  const needed = Array.isArray(required) ? required.filter((name) => isNeeded(known[String(name)])) : [];
  return {
    ...Object.fromEntries(Object.entries(openApi).flatMap(([key, value]) => keyword(key, value))),
    ...bounds(openApi),
    ...(type !== undefined && { type: nullable === true ? [type, 'null'] : type }),
    ...(isKnownFormat && { format }),
    ...(needed.length > 0 && { required: needed }),
  };
}

/** OpenAPI 3.0 writes an open bound as a bound with a mark. */
function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonObject): JsonObject {
  return {
    ...(minimum !== undefined && { [exclusiveMinimum === true ? 'exclusiveMinimum' : 'minimum']: minimum }),
    ...(maximum !== undefined && { [exclusiveMaximum === true ? 'exclusiveMaximum' : 'maximum']: maximum }),
  };
}

const dropped = new Set([
  ...['title', 'type', 'nullable', 'format', 'required'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
]);

/** A keyword that both languages have, with the schemas in it. */
function keyword(key: string, value: Json | undefined): readonly [string, Json | undefined][] {
  if (dropped.has(key) || key.startsWith('x-')) return [];
  if (['oneOf', 'anyOf', 'allOf'].includes(key) && Array.isArray(value)) {
    const alternatives = (value as readonly Json[]).map((one) => (isMap(one) ? converted(one) : one));
    return [[key === 'oneOf' ? 'anyOf' : key, alternatives]];
  }
  if (key === 'properties' && isMap(value))
    return [[key, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]))]];
  if (['items', 'additionalProperties', 'not'].includes(key)) return [[key, inner(value)]];
  return [[key, value]];
}

const inner = (value: Json | undefined): Json | undefined => (isMap(value) ? jsonSchemaOf(value) : value);

function isNeeded(property: Json | undefined): boolean {
  if (!isMap(property)) return true;
  const { type, default: fallback, minItems } = property;
  if (fallback !== undefined || (type === 'array' && minItems === undefined)) return false;
  return type !== 'object' || branchesOf(property).length > 0 || converted(property)['required'] !== undefined;
}
