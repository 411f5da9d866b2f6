import type { Schema } from '../../patch/schema.ts';

/**
 * The schema of a custom kind with what every object has: apiVersion, kind and metadata at the root and in embedded
 * resources, where kind and apiVersion must be given. What the definition itself says about metadata is kept.
 */
export function completeSchema(declared: Schema, objectMeta: Schema): Schema {
  return withIdentity(embeddedCompleted(declared, objectMeta), objectMeta);
}

function withIdentity(schema: Schema, objectMeta: Schema): Schema {
  const own = schema.properties ?? {};
  const metadata = own['metadata']?.properties ?? {};
  const names = Object.fromEntries(
    Object.entries(metadata).map(([name, field]) => [name, { ...objectMeta.properties?.[name], ...field }]),
  );
  return {
    ...schema,
    type: 'object',
    properties: {
      ...own,
      apiVersion: { type: 'string', ...own['apiVersion'] },
      kind: { type: 'string', ...own['kind'] },
      metadata: { ...objectMeta, properties: { ...objectMeta.properties, ...names } },
    },
  };
}

function embeddedCompleted(schema: Schema, objectMeta: Schema): Schema {
  const below = (inner: Schema): Schema => {
    const completed = embeddedCompleted(inner, objectMeta);
    if (completed['x-kubernetes-embedded-resource'] !== true) return completed;
    const required = [...new Set([...(completed.required ?? []), 'apiVersion', 'kind'])];
    return { ...withIdentity(completed, objectMeta), required };
  };
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, below(field)])) }
      : {}),
    ...(items ? { items: below(items) } : {}),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: below(additionalProperties) } : {}),
  };
}
