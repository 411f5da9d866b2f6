import type { Schema } from '../../../machinery/src/patch/schema.ts';

/**
 * The schema of a custom kind with what every object has: apiVersion, kind and metadata at the root and in embedded
 * resources, where kind and apiVersion must be given. What the definition itself says about metadata is kept.
 */
export function completeSchema(declared: Schema, objectMeta: Schema): Schema {
  const metadata = withFreeFields(objectMeta);
  return withIdentity(embeddedCompleted(declared, metadata), metadata);
}

/** The sets of fields in managedFields have no declared fields of their own, yet must not be pruned. */
function withFreeFields(objectMeta: Schema): Schema {
  const { managedFields } = objectMeta.properties ?? {};
  const entry = managedFields?.items;
  if (!entry) return objectMeta;
  const fieldsV1: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const items = { ...entry, properties: { ...entry.properties, fieldsV1 } };
  return { ...objectMeta, properties: { ...objectMeta.properties, managedFields: { ...managedFields, items } } };
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
