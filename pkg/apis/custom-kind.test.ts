import { describe, expect, test } from '@jest/globals';
import { customResourceDefinition } from './custom-kind.ts';
import { customKinds } from './custom-kinds.ts';

/** Keywords that the structural schema of a CustomResourceDefinition may hold, as far as we use them. */
const allowed = new Set([
  'type',
  'format',
  'description',
  'properties',
  'required',
  'items',
  'additionalProperties',
  'enum',
  'minimum',
  'maximum',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
]);

function problemsOf(schema: Record<string, unknown>, path: string): readonly string[] {
  const own = Object.keys(schema).filter((key) => !allowed.has(key));
  const untyped = typeof schema['type'] === 'string' ? [] : [`${path}: no type`];
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Record<string, unknown>>);
  const children = [
    ...properties,
    ...(['items', 'additionalProperties'] as const).flatMap((key) =>
      schema[key] ? [[key, schema[key] as Record<string, unknown>] as const] : [],
    ),
  ];
  const missing = ((schema['required'] ?? []) as readonly string[]).filter(
    (name) => !properties.some(([key]) => key === name),
  );
  return [
    ...own.map((key) => `${path}: ${key}`),
    ...untyped,
    ...missing.map((name) => `${path}: requires ${name}, which it does not have`),
    ...children.flatMap(([key, child]) => problemsOf(child, `${path}.${key}`)),
  ];
}

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: Record<string, unknown> };
    }[];
  };
}
const definitions = customKinds.map((kind) => customResourceDefinition(kind) as Definition);

describe.each(definitions)('$metadata.name', ({ spec }) => {
  test('has structural schemas only', () => {
    expect(spec.versions.flatMap(({ name, schema }) => problemsOf(schema.openAPIV3Schema, name))).toEqual([]);
  });

  test('stores one version', () => {
    expect(spec.versions.filter(({ storage }) => storage)).toHaveLength(1);
  });
});

test('names and short names are not taken twice', () => {
  const names = customKinds.flatMap(({ resource, shortNames }) => [
    resource.plural,
    resource.kind.toLowerCase(),
    ...shortNames,
  ]);
  expect(new Set(names).size).toBe(names.length);
});

/** Fields that have no description, in the schema of a kind. */
function undescribed(schema: Record<string, unknown>, path: string): readonly string[] {
  const { properties, items, additionalProperties, description } = schema as Readonly<
    Record<'properties' | 'items' | 'additionalProperties', Record<string, unknown> | undefined>
  > & { readonly description?: string };
  const inner = items ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
  const own = description === undefined && inner?.['description'] === undefined ? [path] : [];
  const fields = Object.entries(properties ?? inner?.['properties'] ?? {});
  const prefix = inner ? `${path}[].` : `${path}.`;
  return [...own, ...fields.flatMap(([name, child]) => undescribed(child as Record<string, unknown>, prefix + name))];
}

test.each(customKinds.map(({ resource, fields }) => ({ kind: resource.kind, fields })))(
  'kubectl explain describes every field of $kind',
  ({ fields }) => {
    expect(
      Object.entries(fields).flatMap(([name, schema]) => undescribed(schema as Record<string, unknown>, name)),
    ).toEqual([]);
  },
);
