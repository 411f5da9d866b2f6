import { randomUUID } from 'node:crypto';
import type { KubeObject, Resource } from '../apis/meta.ts';
import type { Logger } from '../logging/logger.ts';
import type { AdmissionPlugin } from './admission/admission.ts';
import { configuredAdmission } from './admission/plugins.ts';
import type { ClusterApi } from './api.ts';
import type { NewCore } from './apiserver/assemble.ts';
import { decodeObject } from './apiserver/decoding.ts';
import { escalationGuard } from './auth/escalation.ts';
import type { Authorizer } from './auth/user.ts';
import { loopback } from './auth/user.ts';
import { claimAdmission, podAdmission } from './kinds/pod-admission.ts';
import { isPodReady, namespaces, podStatus, pods, services } from './controllers/context.ts';

interface Parts {
  readonly api: ClusterApi;
  readonly authorizer: Authorizer;
  readonly logger: Logger;
}

/** All admission after the namespaces': of pods and claims, the policies and webhooks that users configure, rights. */
export function admissionOf(core: NewCore, { api, authorizer, logger }: Parts): AdmissionPlugin[] {
  const listOf = (group: string, plural: string): readonly KubeObject[] => {
    const resource = api.resources().find((r) => r.group === group && r.plural === plural);
    return resource ? api.list(resource) : [];
  };
  const context = {
    user: loopback,
    fieldManager: '',
    dryRun: false,
    fieldValidation: 'Ignore' as const,
    options: undefined,
    warn: () => undefined,
  };
  const configured = configuredAdmission({
    list: listOf,
    namespace: (name) => api.get(namespaces, undefined, name),
    equivalents: ({ group, plural, version }) =>
      [...core.resources.all()].filter((r) => r.group === group && r.plural === plural && r.version !== version),
    authorizer,
    complete: (resource, object) => {
      const served = core.resources.find(resource.group, resource.version, resource.plural);
      return served ? (decodeObject(served, object, context) as unknown as KubeObject) : object;
    },
    findParams: (apiVersion, kind) => {
      const resource = api.resourceFor(apiVersion, kind);
      return resource && { namespaced: resource.namespaced, objects: api.list(resource) };
    },
    schemaFor: ({ group, version, plural }: Resource) => core.resources.find(group, version, plural)?.schema,
    resolveService: (namespace, name, port) => resolve(api, namespace, name, port),
    newUid: randomUUID,
    logger,
  });
  const findRole = (kind: string, namespace: string | undefined, name: string): KubeObject | undefined => {
    const resource = api.resourceFor('rbac.authorization.k8s.io/v1', kind);
    return resource && api.get(resource, namespace, name);
  };
  return [
    podAdmission({ list: listOf, random: core.random }),
    claimAdmission(listOf),
    ...configured,
    escalationGuard(authorizer, findRole),
  ];
}

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

/** The address of a ready pod behind a Service; a Service without one does not answer. */
function resolve(
  api: ClusterApi,
  namespace: string,
  name: string,
  port: number,
): { host: string; port: number } | undefined {
  const spec = api.get(services, namespace, name)?.['spec'] as ServiceSpec | undefined;
  const entry = spec?.ports?.find((candidate) => candidate.port === port);
  if (!spec?.selector || !entry) return undefined;
  const wanted = Object.entries(spec.selector);
  const pod = api
    .list(pods, { namespace })
    .find((p) => isPodReady(p) && wanted.every(([key, value]) => p.metadata.labels?.[key] === value));
  const host = pod && podStatus(pod).podIP;
  const target = entry.targetPort ?? entry.port;
  const number = typeof target === 'number' ? target : pod && namedPort(pod, target);
  return host === undefined || number === undefined ? undefined : { host, port: number };
}

function namedPort(pod: KubeObject, name: string): number | undefined {
  const { containers } = pod['spec'] as {
    containers: readonly { ports?: readonly { name?: string; containerPort: number }[] }[];
  };
  return containers.flatMap((c) => c.ports ?? []).find((p) => p.name === name)?.containerPort;
}
