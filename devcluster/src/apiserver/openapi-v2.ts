import type { IncomingMessage } from 'node:http';
import { dump } from 'js-yaml';
import { writeMessage } from '../protobuf/write.ts';
import type { ResourceTable } from './resource-table.ts';
import type { ServedResource } from './served-resource.ts';

const info = { title: 'Kubernetes', version: 'v1.36' };
/** Asked for with an `@`, which no media type may have; answered without. */
const protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** The content of the old document: the operations, and that writes support field validation. */
interface Operation {
  readonly path: string;
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch';
  readonly resource: ServedResource;
  readonly query: readonly string[];
}

export interface OpenApiV2 {
  readonly body: Buffer;
  readonly contentType: string;
}

/**
 * `/openapi/v2` in short: paths and query parameters of everything that is served, no schemas; those are in version 3.
 * kubectl falls back to it for kinds that it finds nowhere else. In protobuf on request.
 */
export function openApiV2(table: ResourceTable, request: IncomingMessage): OpenApiV2 {
  const wantsProtobuf = (request.headers.accept ?? '').includes('proto-openapi.spec.v2');
  const made = documents.get(table);
  const kept = made?.generation === table.generation ? made : { generation: table.generation };
  documents.set(table, kept);
  const operations = (): Operation[] => [...table.all()].flatMap(operationsOf);
  if (wantsProtobuf) return { body: (kept.protobuf ??= asProtobuf(operations())), contentType: protobuf };
  const body = (kept.json ??= Buffer.from(JSON.stringify(asJson(operations()))));
  return { body, contentType: 'application/json' };
}

interface Made {
  readonly generation: number;
  protobuf?: Buffer;
  json?: Buffer;
}

/** The documents of what is served at present. */
const documents = new WeakMap<ResourceTable, Made>();

const writing = ['dryRun', 'fieldManager', 'fieldValidation'];
const methods = [
  { verb: 'get', method: 'get', query: [] },
  { verb: 'update', method: 'put', query: writing },
  { verb: 'patch', method: 'patch', query: [...writing, 'force'] },
  { verb: 'delete', method: 'delete', query: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'] },
] as const;

function operationsOf(resource: ServedResource): Operation[] {
  const { group, version, plural, namespaced, verbs } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`;
  const operations: Operation[] = methods
    .filter(({ verb }) => verbs.includes(verb))
    .map(({ method, query }) => ({ path: `${collection}/{name}`, method, resource, query }));
  if (verbs.includes('create')) operations.push({ path: collection, method: 'post', resource, query: writing });
  return operations;
}

function byPath(operations: readonly Operation[]): Map<string, Operation[]> {
  const paths = new Map<string, Operation[]>();
  for (const operation of operations) paths.set(operation.path, [...(paths.get(operation.path) ?? []), operation]);
  return paths;
}

function kindOf({ resource: { group, version, kind } }: Operation): object {
  return { group, version, kind };
}

function asJson(operations: readonly Operation[]): object {
  const paths: Record<string, object> = {};
  for (const [path, found] of byPath(operations)) {
    paths[path] = Object.fromEntries(
      found.map((operation) => [
        operation.method,
        {
          parameters: operation.query.map((name) => ({ name, in: 'query', type: 'string', uniqueItems: true })),
          responses: { 200: { description: 'OK' } },
          'x-kubernetes-action': operation.method,
          'x-kubernetes-group-version-kind': kindOf(operation),
        },
      ]),
    );
  }
  return { swagger: '2.0', info, paths, definitions: {} };
}

/** The numbers of the methods in the message PathItem. */
const itemFields = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;

function asProtobuf(operations: readonly Operation[]): Buffer {
  const items = [...byPath(operations)].map(([path, found]) => {
    const item = writeMessage(found.map((operation) => [itemFields[operation.method], operationBytes(operation)]));
    return writeMessage([
      [1, path],
      [2, item],
    ]);
  });
  return writeMessage([
    [1, '2.0'],
    [
      2,
      writeMessage([
        [1, info.title],
        [2, info.version],
      ]),
    ],
    [8, writeMessage(items.map((item) => [2, item]))],
  ]);
}

function operationBytes(operation: Operation): Buffer {
  const parameters = operation.query.map((name) => {
    const schema = writeMessage([
      [2, 'query'],
      [4, name],
      [6, 'string'],
    ]);
    // ParametersItem > Parameter > NonBodyParameter > QueryParameterSubSchema
    return writeMessage([[1, writeMessage([[2, writeMessage([[3, schema]])]])]]);
  });
  const extension = writeMessage([
    [1, 'x-kubernetes-group-version-kind'],
    [2, writeMessage([[2, dump(kindOf(operation))]])],
  ]);
  return writeMessage([...parameters.map((bytes) => [8, bytes] as const), [13, extension]]);
}
