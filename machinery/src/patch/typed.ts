import { fieldStep, keyStep, valueStep } from './field-set.ts';
import { isMap, type JsonMap } from './json.ts';
import type { Schema } from './schema.ts';

/** How ownership sees a value: whole, or by its parts. */
export type Shape = 'scalar' | 'atomic' | 'map' | 'set' | 'keyed';

/** Without a schema, and below preserved unknown fields, objects are taken apart and lists are not. */
export function shapeOf(value: unknown, schema: Schema | undefined): Shape {
  if (isMap(value)) return isAtomicMap(schema) ? 'atomic' : 'map';
  if (!Array.isArray(value)) return 'scalar';
  switch (schema?.['x-kubernetes-list-type']) {
    case 'map':
      return 'keyed';
    case 'set':
      return 'set';
    default:
      return 'atomic';
  }
}

/** Objects of which the schema says nothing, such as embedded ones of any kind, are owned whole. */
function isAtomicMap(schema: Schema | undefined): boolean {
  if (schema?.['x-kubernetes-map-type'] === 'atomic') return true;
  const { type, properties, additionalProperties, 'x-kubernetes-preserve-unknown-fields': isFree } = schema ?? {};
  return type === 'object' && properties === undefined && additionalProperties === undefined && isFree !== true;
}

/** The schema of an object's field; undefined when nothing is known about it. */
export function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  if (isNamed(schema, name)) return schema?.properties?.[name];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Whether the schema declares the field by name, rather than as any key of a map. */
export function isNamed(schema: Schema | undefined, name: string): boolean {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, name);
}

/** Whether an object of this schema may have fields that it does not declare. */
export function isOpen(schema: Schema | undefined): boolean {
  if (!schema || schema['x-kubernetes-preserve-unknown-fields'] === true) return true;
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) return true;
  return schema.properties === undefined || Object.keys(schema.properties).length === 0;
}

/** One item of a value that is taken apart. */
export interface Part {
  readonly step: string;
  readonly value: unknown;
  readonly schema: Schema | undefined;
}

/** The parts of a value of shape map, set or keyed, in order; items without their keys get no step and are left out. */
export function partsOf(value: unknown, schema: Schema | undefined): Part[] {
  if (isMap(value)) return mapParts(value, schema);
  if (!Array.isArray(value)) return [];
  const parts: Part[] = [];
  for (const item of value as unknown[]) {
    const step = itemStep(item, schema);
    if (step !== undefined) parts.push({ step, value: item, schema: schema?.items });
  }
  return parts;
}

function mapParts(map: JsonMap, schema: Schema | undefined): Part[] {
  return Object.entries(map)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ step: fieldStep(name), value, schema: fieldSchema(schema, name) }));
}

/** The step to an item of a set or keyed list; keys that the item leaves out count with their defaults. */
export function itemStep(item: unknown, schema: Schema | undefined): string | undefined {
  if (schema?.['x-kubernetes-list-type'] === 'set') return valueStep(item);
  const keys: JsonMap = {};
  for (const name of schema?.['x-kubernetes-list-map-keys'] ?? []) {
    const given = isMap(item) ? item[name] : undefined;
    const value = given === undefined ? defaultOf(schema?.items, name) : given;
    if (value === undefined) return undefined;
    keys[name] = value;
  }
  return keyStep(keys);
}

function defaultOf(schema: Schema | undefined, name: string): unknown {
  return schema?.properties?.[name]?.default;
}
