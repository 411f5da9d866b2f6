import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes, User } from '../contract/user.ts';
import type { FieldValidation, WriteContext } from './write-context.ts';
import type { ResourcePath } from './request-path.ts';
import { unknownResource } from '../contract/errors.ts';
import { StatusError } from '../contract/status-error.ts';
import type { ServedResource } from './served-resource.ts';

/** One request as it goes through the server. */
export interface ApiRequest {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** Undefined for requests that are about no resource. */
  readonly path: ResourcePath | undefined;
  readonly verb: string;
  readonly user: User;
  /** Throws Forbidden unless the user may also do this with what the request is about. */
  readonly require: (verb: string) => void;
  readonly warnings: string[];
  /** What the request has written so far. */
  readonly writes: WriteRecord[];
  /** Ends with the server. */
  readonly signal: AbortSignal;
}

/** One write of a request; without a version before it was a creation. */
export interface WriteRecord {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** A request about a resource that is served. */
export interface ResourceRequest extends ApiRequest {
  readonly path: ResourcePath;
  readonly resource: ServedResource;
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** RBAC's verb of a request. */
export function verbOf(method: string, path: ResourcePath | undefined, query: URLSearchParams): string {
  if (path === undefined) return method.toLowerCase();
  if (method === 'GET' || method === 'HEAD') {
    if (path.isWatch) return 'watch';
    if (path.name !== undefined) return 'get';
    const watch = query.get('watch');
    return watch !== null && watch !== 'false' && watch !== '0' ? 'watch' : 'list';
  }
  if (method === 'DELETE' && path.name === undefined) return 'deletecollection';
  return verbs[method] ?? method.toLowerCase();
}

/** What the authorizer is asked. */
export function attributesOf(request: Pick<ApiRequest, 'user' | 'verb' | 'path' | 'pathname'>): Attributes {
  const { user, verb, path, pathname } = request;
  if (path === undefined) return { user, verb, path: pathname };
  const { group, version, plural, subresource, namespace, name } = path;
  const isNamespace = group === '' && plural === 'namespaces' && name !== undefined;
  return {
    user,
    verb,
    group,
    version,
    resource: plural,
    subresource,
    ...(isNamespace ? { namespace: name } : namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** The refusal of what a user may not do. */
export function forbiddenTo(attributes: Attributes, reason: string): StatusError {
  const { user, verb, group = '', resource, subresource = '', namespace, name, path } = attributes;
  const suffix = reason === '' ? '' : `: ${reason}`;
  if (resource === undefined) {
    const message = `forbidden: User "${user.name}" cannot ${verb} path "${path ?? ''}"${suffix}`;
    return new StatusError({ code: 403, reason: 'Forbidden', message, details: {} });
  }
  const what = group === '' ? resource : `${resource}.${group}`;
  const named = name === undefined ? what : `${what} "${name}"`;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${named} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}${suffix}`,
    details: { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  });
}

/** The name that the path must have. */
export function nameIn({ path }: ResourceRequest): string {
  if (path.name === undefined) throw unknownResource();
  return path.name;
}

/** The writer, for the calls below. */
export function writeContext(
  request: ApiRequest,
  kind: string,
  write: {
    readonly dryRun: boolean;
    readonly fieldManager: string | undefined;
    readonly fieldValidation: FieldValidation;
  },
): WriteContext {
  const options: Record<string, unknown> = { kind, apiVersion: 'meta.k8s.io/v1' };
  if (write.dryRun) options['dryRun'] = ['All'];
  if (write.fieldManager !== undefined) options['fieldManager'] = write.fieldManager;
  if (request.query.has('fieldValidation')) options['fieldValidation'] = write.fieldValidation;
  return {
    user: request.user,
    fieldManager: write.fieldManager ?? managerFromAgent(request.incoming.headers['user-agent'] ?? ''),
    dryRun: write.dryRun,
    fieldValidation: write.fieldValidation,
    options: options as unknown as NonNullable<WriteContext['options']>,
    requireCreate: () => {
      request.require('create');
    },
    warn: (text) => {
      if (!request.warnings.includes(text)) request.warnings.push(text);
    },
    onWritten: (before, { metadata }) => {
      const { namespace, name = '', resourceVersion = '' } = metadata;
      request.writes.push({ namespace, name, before: before?.metadata.resourceVersion, after: resourceVersion });
    },
  };
}

/** The first part of the User-Agent names the manager of requests that name none. */
export function managerFromAgent(agent: string): string {
  const [first = ''] = agent.split('/');
  return first.slice(0, 128) || 'unknown';
}
