import { createWriteStream } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Clock } from '../clock/clock.ts';
import type { KubeObject } from '../apis/meta.ts';
import type { InternalWrite } from './apiserver/cluster-api.ts';
import type { ApiRequest } from './apiserver/request.ts';
import type { User } from './auth/user.ts';

export interface AuditLog {
  readonly request: (request: ApiRequest) => void;
  readonly internal: (write: InternalWrite) => void;
  close(): Promise<void>;
}

interface Entry {
  readonly user: User;
  readonly verb: string;
  readonly userAgent: string;
  readonly objectRef: object | undefined;
  readonly code: number;
  readonly uri: string;
  readonly annotations?: object;
}

/** Appends one JSON line, in the shape of Kubernetes' audit events, for each request and each write of the cluster's own controllers. */
export function newAuditLog(file: string | undefined, clock: Clock): AuditLog | undefined {
  if (file === undefined) return undefined;
  const stream = createWriteStream(file, { flags: 'a' });
  const write = ({ user, verb, userAgent, objectRef, code, uri, annotations }: Entry): void => {
    const { name: username, uid, groups, extra } = user;
    const event = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: randomUUID(),
      stage: 'ResponseComplete',
      requestURI: uri,
      verb,
      user: { username, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) },
      userAgent,
      ...(objectRef && { objectRef }),
      responseStatus: { code },
      stageTimestamp: new Date(clock.now()).toISOString(),
      ...(annotations && { annotations }),
    };
    stream.write(`${JSON.stringify(event)}\n`);
  };
  return {
    request: (request) => {
      write({
        user: request.user,
        verb: request.verb,
        userAgent: request.incoming.headers['user-agent'] ?? '',
        objectRef: request.path && {
          resource: request.path.plural,
          apiGroup: request.path.group,
          apiVersion: request.path.version,
          ...(request.path.namespace !== undefined && { namespace: request.path.namespace }),
          ...(request.path.name !== undefined && { name: request.path.name }),
          ...(request.path.subresource !== '' && { subresource: request.path.subresource }),
        },
        code: request.response.statusCode,
        uri: request.incoming.url ?? '',
      });
    },
    internal: ({ caller, verb, resource, target, subresource, before, after }) => {
      const version = (object: KubeObject | undefined): string => object?.metadata.resourceVersion ?? '';
      write({
        user: caller.user,
        verb,
        userAgent: caller.fieldManager,
        objectRef: {
          resource: resource.plural,
          apiGroup: resource.group,
          apiVersion: resource.version,
          ...target,
          ...(subresource !== '' && { subresource }),
        },
        code: 200,
        uri: '',
        annotations: {
          'flotilla.dev/resource-version-before': version(before),
          'flotilla.dev/resource-version-after': version(after),
        },
      });
    },
    close: async () => {
      stream.end();
      await once(stream, 'finish');
    },
  };
}
