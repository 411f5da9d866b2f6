import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { openApiInfo, type BuiltinSchemas, type OpenApiDocument } from './openapi.ts';
import { documentPaths, type OperationDigest, type OperationsDigest } from './openapi-paths.ts';
import { reference, referencesOf, type RawSchema } from './resolve.ts';

/** A custom kind in one version, for its OpenAPI document. */
export interface CustomKindFacts {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly declaredSchema: Schema;
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The document of a group version that definitions make up. */
export function customDocument(kinds: readonly CustomKindFacts[], builtin: BuiltinSchemas): OpenApiDocument {
  const schemas: Record<string, RawSchema> = {};
  const operations: Record<string, Record<string, OperationDigest>> = {};
  for (const kind of kinds) {
    Object.assign(schemas, components(kind));
    Object.assign(operations, operationsOf(kind));
  }
  const paths = documentPaths(operations);
  return {
    openapi: '3.0.0',
    info: openApiInfo,
    paths,
    components: { schemas: builtin.withReferences(schemas, referencesOf(paths)) },
  };
}

/** `example.com` → `com.example`, as components are named. */
function componentName({ group, version }: CustomKindFacts, kind: string): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

function components(of: CustomKindFacts): Record<string, RawSchema> {
  const { group, version, kind, listKind, declaredSchema } = of;
  const gvk = (name: string) => [{ group, version, kind: name }];
  const text = { type: 'string' } as const;
  const raw = declaredSchema as RawSchema;
  return {
    [componentName(of, kind)]: {
      ...raw,
      type: 'object',
      properties: {
        ...raw.properties,
        apiVersion: text,
        kind: text,
        metadata: { allOf: [reference(`${meta}.ObjectMeta`)] },
      },
      'x-kubernetes-group-version-kind': gvk(kind),
    },
    [componentName(of, listKind)]: {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: text,
        kind: text,
        items: { type: 'array', items: reference(componentName(of, kind)) },
        metadata: { allOf: [reference(`${meta}.ListMeta`)] },
      },
      'x-kubernetes-group-version-kind': gvk(listKind),
    },
  };
}

const write = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];
const list = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'pretty',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];
const removal = ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'pretty', 'propagationPolicy'];
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];

function operationsOf(of: CustomKindFacts): OperationsDigest {
  const { group, version, kind, plural, namespaced } = of;
  const gvk = { group, version, kind };
  const own = componentName(of, kind);
  const listed = componentName(of, of.listKind);
  const answer = (schema: string, ...codes: string[]) => ({
    ...Object.fromEntries(codes.map((code) => [code, schema])),
    '401': true as const,
  });
  const collection = `/apis/${group}/${version}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`;
  const listing: OperationDigest = { action: 'list', gvk, query: list, answers: answer(listed, '200') };
  const item = (schema: string): Record<string, OperationDigest> => ({
    get: { action: 'get', gvk, query: ['pretty', 'resourceVersion'], answers: answer(schema, '200') },
    put: { action: 'put', gvk, body: { '*/*': schema }, query: write, answers: answer(schema, '200', '201') },
    patch: {
      action: 'patch',
      gvk,
      body: Object.fromEntries(patchTypes.map((type) => [type, `${meta}.Patch`])),
      query: [...write, 'force'],
      answers: answer(schema, '200'),
    },
  });
  return {
    ...(namespaced ? { [`/apis/${group}/${version}/${plural}`]: { get: listing } } : {}),
    [collection]: {
      get: listing,
      post: { action: 'post', gvk, body: { '*/*': own }, query: write, answers: answer(own, '200', '201', '202') },
      delete: { action: 'deletecollection', gvk, query: list, answers: answer(`${meta}.Status`, '200') },
    },
    [`${collection}/{name}`]: {
      ...item(own),
      delete: {
        action: 'delete',
        gvk,
        body: { '*/*': `${meta}.DeleteOptions` },
        query: removal,
        answers: answer(`${meta}.Status`, '200', '202'),
      },
    },
    ...(of.hasStatus ? { [`${collection}/{name}/status`]: item(own) } : {}),
    ...(of.hasScale ? { [`${collection}/{name}/scale`]: item('io.k8s.api.autoscaling.v1.Scale') } : {}),
  };
}
