import type { TSchema } from '@sinclair/typebox';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { applicationSpec } from '../apis/application.ts';
import { isMap } from '../../machinery/src/patch/json.ts';

interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface Pruned<T> {
  readonly value: T;
  /** Paths of the fields that were left out. */
  readonly dropped: readonly string[];
}

/** Leaves out the fields that a schema does not declare, at every depth, and declared ones that are null. */
export function pruned<T extends Json>(schema: TSchema, value: T, path = ''): Pruned<T> {
  const dropped: string[] = [];
  return { value: prune(schema as Node, value, path, dropped) as T, dropped };
}

function prune(schema: Node, value: Json, path: string, dropped: string[]): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    const list = value as readonly Json[];
    return items ? list.map((item, i) => prune(items, item, `${path}[${i}]`, dropped)) : list;
  }
  const { properties } = schema;
  if (!isMap(value) || !properties || schema['x-kubernetes-preserve-unknown-fields']) return value;
  const kept: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const at = path === '' ? key : `${path}.${key}`;
    if (!property) dropped.push(at);
    else if (item !== null && item !== undefined) kept[key] = prune(property, item, at, dropped);
  }
  return kept;
}

/** Leaves out what no Application has, as the Kubernetes API does on a write that is not strict. */
export const prunedSpec = (spec: JsonObject): Pruned<JsonObject> => pruned(applicationSpec, spec, 'spec');

const componentSchema = (applicationSpec as unknown as { properties: { components: { items: TSchema } } }).properties
  .components.items;

/** The same for one component. */
export const prunedComponent = (component: JsonObject, path: string): Pruned<JsonObject> =>
  pruned(componentSchema, component, path);
