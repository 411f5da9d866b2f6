import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { applicationSpec } from '../apis/application.ts';
import type { DefinitionKindName } from './definition-lookup.ts';
import { jsonSchemaOf, onlyRequired, withoutRequired } from './json-schema.ts';

/** A type that Applications can use, with the OpenAPI schema of its parameters. */
export interface TypeSchema {
  readonly kind: DefinitionKindName;
  readonly name: string;
  readonly parameters: JsonObject;
}

/** Step types that need no definition. */
const fixedSteps = ['builtin-apply-component', 'apply-component', 'suspend', 'step-group'];

/**
 * A JSON Schema (draft 7) of Applications that use the given types, for editors and for `kubeconform`. It refuses unknown
 * types, undeclared parameters and values of another type. Parameters that an input or an `override` policy may supply are
 * required only where there is neither.
 */
export function applicationSchema(types: readonly TypeSchema[]): JsonObject {
  const of = (kind: DefinitionKindName): readonly TypeSchema[] =>
    types.filter((type) => type.kind === kind).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const [components, traits] = [of('ComponentDefinition'), of('TraitDefinition')];
  const [policies, steps] = [of('PolicyDefinition'), of('WorkflowStepDefinition')];
  const step = (item: JsonObject): JsonObject => required(typed(item, steps, fixedSteps), steps);
  const changes: readonly (readonly [string, (item: JsonObject) => JsonObject])[] = [
    ['components.*.traits.*', (item) => typed(item, traits)],
    ['components.*', (item) => typed(item, components)],
    ['policies.*', (item) => required(typed(item, policies), policies)],
    ['workflow.steps.*.subSteps.*', step],
    ['workflow.steps.*', step],
  ];
  const spec = changes.reduce(
    (schema, [path, change]) => changed(schema, path.split('.'), change),
    jsonSchemaOf(applicationSpec as unknown as JsonObject),
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Application',
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { const: 'core.oam.dev/v1beta1' },
      kind: { const: 'Application' },
      metadata: { type: 'object' },
      spec: { ...spec, ...unlessOverridden(components, traits) },
      status: { type: 'object' },
    },
    additionalProperties: false,
  };
}

/** The schema with another one at a path: names of properties, and `*` for the items of a list. */
function changed(
  schema: JsonObject,
  [first, ...rest]: readonly string[],
  change: (at: JsonObject) => JsonObject,
): JsonObject {
  if (first === undefined) return change(schema);
  if (first === '*') return { ...schema, items: changed(schema['items'] as JsonObject, rest, change) };
  const properties = schema['properties'] as JsonObject;
  return { ...schema, properties: { ...properties, [first]: changed(properties[first] as JsonObject, rest, change) } };
}

/** Limits `type` to the given types, and `properties` to what each declares. Of `name@v1` the parameters are not known. */
function typed(item: JsonObject, types: readonly TypeSchema[], more: readonly string[] = []): JsonObject {
  const names = [...new Set([...types.map(({ name }) => name), ...more])];
  const { type } = item['properties'] as { readonly type: JsonObject };
  const choice: JsonObject = { ...type, anyOf: [{ enum: names }, { pattern: `^(${names.join('|')})@v.+` }] };
  const rules = types.map(({ name, parameters }): Json => ({
    if: isOf(name),
    then: { properties: { properties: withoutRequired(jsonSchemaOf(parameters)) } },
  }));
  return { ...changed(item, ['type'], () => choice), allOf: rules };
}

/** Demands the required parameters of each type, but of an item that has inputs. */
function required(item: JsonObject, types: readonly TypeSchema[]): JsonObject {
  const rules = types.flatMap(({ name, parameters }): Json[] => {
    const needed = onlyRequired(jsonSchemaOf(parameters));
    if (!needed) return [];
    const then = { properties: { properties: needed }, ...(needed['required'] && { required: ['properties'] }) };
    return [{ if: { ...isOf(name), not: { required: ['inputs'] } }, then }];
  });
  return { ...item, allOf: [...((item['allOf'] ?? []) as readonly Json[]), ...rules] };
}

const isOf = (name: string): JsonObject => ({ required: ['type'], properties: { type: { const: name } } });

/** The required parameters of components and traits, for an Application without an `override` policy. */
function unlessOverridden(components: readonly TypeSchema[], traits: readonly TypeSchema[]): JsonObject {
  const override = { required: ['policies'], properties: { policies: { contains: isOf('override') } } };
  const component = required({ properties: { traits: { items: required({}, traits) } } }, components);
  return { if: { not: override }, then: { properties: { components: { items: component } } } };
}
