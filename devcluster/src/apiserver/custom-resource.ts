import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { checkFields, decodeBuiltin } from '../schema/decode.ts';
import { applyDefaults, prune } from '../schema/structural.ts';
import { validateRules } from '../schema/cel-rules.ts';
import type { JsonRecord } from '../contract/json.ts';
import { deprecationWarning } from '../schema/crd-versions.ts';
import { completeSchema } from '../schema/crd-schema.ts';
import { validateSchema } from '../schema/validate.ts';
import type { Store } from '../storage/store.ts';
import type { Definition, DefinitionVersion } from './custom-definition.ts';
import { reportFields } from './decoding.ts';
import { badRequest } from '../contract/errors.ts';
import { convertedViews } from './served-resource.ts';
import type { CustomKind, DecodeContext, ServedResource, Subresource } from './served-resource.ts';
import { compareVersions } from '../text/versions.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export interface CustomFacts {
  readonly store: Store;
  /** The schema of metadata. */
  readonly metadata: Schema | undefined;
}

/** Everything that a definition serves, one resource per served version. */
export function customResources(definition: Definition, facts: CustomFacts): ServedResource[] {
  const served = definition.spec.versions.filter((version) => version.served);
  const preferred = served.map(({ name }) => name).sort(compareVersions)[0];
  return served.map((version) =>
    customResource(definition, version, { ...facts, isPreferred: version.name === preferred }),
  );
}

function customResource(
  definition: Definition,
  version: DefinitionVersion,
  { store, metadata, isPreferred }: CustomFacts & { readonly isPreferred: boolean },
): ServedResource {
  const { group, names, scope, versions } = definition.spec;
  const identity: Resource = {
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    namespaced: scope === 'Namespaced',
  };
  const schema = completeSchema(version.schema?.openAPIV3Schema ?? anything, metadata ?? anything);
  const storageVersion = versions.find(({ storage }) => storage)?.name ?? version.name;
  const stored = apiVersionOf({ group, version: storageVersion });
  const shown = apiVersionOf(identity);
  const storageSchema =
    storageVersion === version.name
      ? undefined
      : completeSchema(
          versions.find(({ storage }) => storage)?.schema?.openAPIV3Schema ?? anything,
          metadata ?? anything,
        );
  return {
    ...identity,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs,
    listKind: names.listKind ?? `${names.kind}List`,
    subresources: subresourcesOf(identity, version),
    collection: store.collection(`${group}/${names.plural}`),
    schema,
    strategy: {},
    custom: customKind(identity, version, { schema, metadata, definition }),
    isPreferred,
    conversion: {
      fromStorage: (object) => ({ ...object, apiVersion: shown }),
      toStorage: (object) => asStored(object, stored, storageSchema),
    },
    view: convertedViews((object) => viewed(object, shown, schema)),
  };
}

/** An object as it is stored: without the fields that the stored version does not know. */
function asStored(object: MutableObject, apiVersion: string, schema: Schema | undefined): MutableObject {
  const copy = schema === undefined ? { ...object } : deepCopy(object);
  if (schema !== undefined) prune(copy, schema);
  return { ...copy, apiVersion };
}

/** A stored object in a version: with the defaults that its schema has now. */
function viewed(object: KubeObject, apiVersion: string, schema: Schema): KubeObject {
  const copy = deepCopy(object) as unknown as MutableObject;
  copy['apiVersion'] = apiVersion;
  const before = JSON.stringify(copy);
  applyDefaults(copy, schema);
  if (object.apiVersion === apiVersion && JSON.stringify(copy) === before) return object;
  return copy as unknown as KubeObject;
}

function subresourcesOf(
  { group, version, kind }: Resource,
  { subresources }: DefinitionVersion,
): Map<string, Subresource> {
  const found = new Map<string, Subresource>();
  const usual = ['get', 'patch', 'update'];
  if (subresources?.status !== undefined) {
    found.set('status', { name: 'status', verbs: usual, responseKind: { group, version, kind } });
  }
  if (subresources?.scale !== undefined) {
    const responseKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    found.set('scale', { name: 'scale', verbs: usual, responseKind });
  }
  return found;
}

function customKind(
  identity: Resource,
  version: DefinitionVersion,
  {
    schema,
    metadata,
    definition,
  }: { readonly schema: Schema; readonly metadata: Schema | undefined; readonly definition: Definition },
): CustomKind {
  return {
    hasStatus: version.subresources?.status !== undefined,
    scale: version.subresources?.scale,
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
    columns: version.additionalPrinterColumns ?? [],
    isTerminating: definition.metadata.deletionTimestamp !== undefined,
    warning: deprecationWarning(definition.spec, version as unknown as JsonRecord),
    decode: (given, context, text) => decodeCustom(identity, { schema, metadata }, given, { context, text }),
    validate: (object, old) => [...validateSchema(object, schema), ...validateRules(object, old, schema)],
  };
}

function decodeCustom(
  { kind, version }: Resource,
  { schema, metadata }: { readonly schema: Schema; readonly metadata: Schema | undefined },
  given: MutableObject,
  { context, text }: { readonly context: DecodeContext; readonly text: string | undefined },
): MutableObject {
  const prefix = `${kind} in version "${version}" cannot be handled as a ${kind}`;
  const { unknown, mistyped } = checkFields(given.metadata, metadata, 'ObjectMeta');
  if (mistyped[0] !== undefined) throw badRequest(`${prefix}: ${mistyped[0]}`);
  const { metadata: ownMetadata, ...rest } = given;
  const object = deepCopy(rest) as unknown as MutableObject;
  object.metadata = decodeBuiltin(ownMetadata, metadata) as Record<string, unknown>;
  const pruned = prune(object, schema);
  reportFields({ context, prefix, unknown: [...unknown.map((path) => `metadata.${path}`), ...pruned], text });
  applyDefaults(object, schema);
  return object;
}
