import type { AppPolicy, Application, Component } from '../../apis/application.ts';
import type { Json, JsonObject } from '../../../machinery/src/meta.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';

/**
 * The parameters that a component must have and that nothing gives: neither its properties nor an input of a workflow step
 * nor an override policy. A field with a default, or inside of an optional one, need not be given.
 */
export function missingParameters(
  { properties = {} }: Component,
  schema: JsonObject,
  { spec }: Application,
): readonly string[] {
  const given = new Set([
    ...leaves(properties),
    ...(spec.workflow?.steps ?? []).flatMap(({ inputs = [] }) => inputs.map(({ parameterKey = '' }) => parameterKey)),
    ...(spec.policies ?? []).flatMap(overridden),
  ]);
  return required(schema).filter((path) => !given.has(path));
}

function required(schema: JsonObject, prefix = ''): readonly string[] {
  const { required: names = [], properties } = schema;
  if (!isMap(properties)) return [];
  return (names as readonly string[]).flatMap((name) => {
    const field = properties[name];
    if (!isMap(field) || Object.hasOwn(field, 'default')) return [];
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return isMap(field['properties']) ? required(field, path) : [path];
  });
}

/** The paths of the values that are no maps. */
function leaves(value: Json | undefined, prefix = ''): readonly string[] {
  if (!isMap(value)) return prefix === '' ? [] : [prefix];
  return Object.entries(value).flatMap(([name, field]) => leaves(field, prefix === '' ? name : `${prefix}.${name}`));
}

function overridden({ type, properties }: AppPolicy): readonly string[] {
  const components = type === 'override' ? properties?.['components'] : undefined;
  if (!Array.isArray(components)) return [];
  return (components as readonly Json[]).flatMap((change) => (isMap(change) ? leaves(change['properties']) : []));
}
