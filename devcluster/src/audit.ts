import { closeSync, openSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { InternalWrite } from './apiserver/cluster-api.ts';
import type { ApiRequest, WriteRecord } from './apiserver/request.ts';
import type { User } from './contract/user.ts';

/** One request or write, in the shape of Kubernetes' audit events. */
export interface AuditEvent {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly level: 'Metadata';
  readonly auditID: string;
  readonly stage: 'ResponseComplete';
  readonly requestURI: string;
  readonly verb: string;
  readonly user: { readonly username: string; readonly uid?: string; readonly groups: readonly string[] };
  readonly userAgent: string;
  readonly objectRef?: ObjectRef;
  readonly responseStatus: { readonly code: number };
  readonly stageTimestamp: string;
  /** The object's resourceVersion before and after, under `flotilla.dev/`; absent when nothing was written. */
  readonly annotations?: Readonly<Record<string, string>>;
}

interface ObjectRef {
  readonly resource: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

export interface AuditLog {
  readonly request: (request: ApiRequest) => void;
  readonly internal: (write: InternalWrite) => void;
  close(): void;
}

export interface AuditOptions {
  /** Gets one JSON line for each event, at once: no line that was to be written is lost with the process. */
  readonly file: string | undefined;
  /** Called with each event. */
  readonly onEvent: ((event: AuditEvent) => void) | undefined;
  readonly clock: Clock;
}

/** Records each request and each write of the cluster's own controllers; undefined without an audit. */
export function newAuditLog({ file, onEvent, clock }: AuditOptions): AuditLog | undefined {
  if (file === undefined && onEvent === undefined) return undefined;
  let descriptor = file === undefined ? undefined : opened(file);
  const emit = (part: Part): void => {
    const event: AuditEvent = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: randomUUID(),
      stage: 'ResponseComplete',
      ...part,
      stageTimestamp: new Date(clock.now()).toISOString(),
    };
    // not by a thread of its own: waking one takes longer than the write
    if (descriptor !== undefined) writeSync(descriptor, `${JSON.stringify(event)}\n`);
    onEvent?.(event);
  };
  return {
    request: (request) => {
      emit(requestEvent(request));
    },
    internal: (write) => {
      emit(internalEvent(write));
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

function opened(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw new Error(`the audit log ${file} cannot be opened: its folder must exist and be writable`, { cause: error });
  }
}

type Part = Omit<AuditEvent, 'kind' | 'apiVersion' | 'level' | 'auditID' | 'stage' | 'stageTimestamp'>;

function requestEvent({ incoming, response, verb, user, path, writes }: ApiRequest): Part {
  const [first] = writes;
  const name = path?.name ?? (writes.length === 1 ? first?.name : undefined);
  return {
    requestURI: incoming.url ?? '',
    verb,
    user: userOf(user),
    userAgent: incoming.headers['user-agent'] ?? '',
    ...(path && {
      objectRef: objectRef({ ...path, resource: path.plural, name }),
    }),
    responseStatus: { code: response.statusCode },
    ...(first && { annotations: annotationsOf(writes) }),
  };
}

function internalEvent({ caller, verb, resource, subresource, before, after }: InternalWrite): Part {
  const { namespace, name = '', resourceVersion = '' } = after.metadata;
  const write = { namespace, name, before: before?.metadata.resourceVersion, after: resourceVersion };
  return {
    requestURI: '',
    verb,
    user: userOf(caller.user),
    userAgent: caller.fieldManager,
    objectRef: objectRef({ ...resource, resource: resource.plural, namespace, name, subresource }),
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    annotations: annotationsOf([write]),
  };
}

function userOf({ name, uid, groups, extra }: User): AuditEvent['user'] {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) };
}

function objectRef(of: {
  readonly resource: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string;
}): ObjectRef {
  return {
    resource: of.resource,
    apiGroup: of.group,
    apiVersion: of.version,
    ...(of.namespace !== undefined && { namespace: of.namespace }),
    ...(of.name !== undefined && { name: of.name }),
    ...(of.subresource !== '' && { subresource: of.subresource }),
  };
}

function annotationsOf(writes: readonly WriteRecord[]): Record<string, string> {
  const last = writes.at(-1);
  return {
    'flotilla.dev/resource-version-before': writes[0]?.before ?? '',
    'flotilla.dev/resource-version-after': last?.after ?? '',
    ...(writes.length > 1 && { 'flotilla.dev/writes': String(writes.length) }),
  };
}
