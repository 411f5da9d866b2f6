import type { GroupVersionKind } from '../../../machinery/src/meta.ts';
import { reference } from './resolve.ts';

/** One operation in short: what it does, to which kind, and what goes in and out. */
export interface OperationDigest {
  readonly action?: string;
  readonly gvk?: GroupVersionKind;
  /** Content type → name of a schema, or true where there is none. */
  readonly body?: Readonly<Record<string, string | true>>;
  readonly query?: readonly string[];
  /** Status code → name of a schema, or true where there is none. */
  readonly answers?: Readonly<Record<string, string | true>>;
}

export type OperationsDigest = Readonly<Record<string, Readonly<Record<string, OperationDigest>>>>;

/** The `paths` of an OpenAPI document, made from a digest of its operations. */
export function documentPaths(operations: OperationsDigest): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(operations).map(([path, methods]) => [
      path,
      {
        ...Object.fromEntries(Object.entries(methods).map(([method, digest]) => [method, operation(digest)])),
        ...pathParameters(path),
      },
    ]),
  );
}

function operation({ action, gvk, body, query, answers }: OperationDigest): object {
  return {
    ...(query && query.length > 0 ? { parameters: query.map((name) => parameter(name, 'query')) } : {}),
    ...(body ? { requestBody: { content: content(body) } } : {}),
    responses: Object.fromEntries(Object.entries(answers ?? {}).map(([code, schema]) => [code, answer(code, schema)])),
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(gvk ? { 'x-kubernetes-group-version-kind': gvk } : {}),
  };
}

function answer(code: string, schema: string | true): object {
  if (schema === true) return { description: code === '401' ? 'Unauthorized' : 'OK' };
  const types = ['application/json', 'application/yaml'];
  return {
    description: code === '201' ? 'Created' : code === '202' ? 'Accepted' : 'OK',
    content: content(Object.fromEntries(types.map((type) => [type, schema]))),
  };
}

function content(schemas: Readonly<Record<string, string | true>>): object {
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => [type, schema === true ? {} : { schema: reference(schema) }]),
  );
}

function pathParameters(path: string): object {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? '');
  return names.length === 0
    ? {}
    : { parameters: names.map((name) => ({ ...parameter(name, 'path'), required: true })) };
}

const integers = new Set(['limit', 'timeoutSeconds', 'gracePeriodSeconds', 'sinceSeconds', 'tailLines', 'limitBytes']);
const booleans = new Set([
  'allowWatchBookmarks',
  'force',
  'orphanDependents',
  'sendInitialEvents',
  'watch',
  'follow',
  'previous',
  'timestamps',
  'stdin',
  'stdout',
  'stderr',
  'tty',
  'insecureSkipTLSVerifyBackend',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
]);

function parameter(name: string, where: 'query' | 'path') {
  const type = integers.has(name) ? 'integer' : booleans.has(name) ? 'boolean' : 'string';
  return { name, in: where, schema: { type, uniqueItems: true } };
}
