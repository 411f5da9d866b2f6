import { randomUUID } from 'node:crypto';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { AdmissionPlugin } from './contract/admission.ts';
import { configuredAdmission } from './admission/plugins.ts';
import type { ClusterApi } from './contract/cluster-api.ts';
import type { NewCore } from './apiserver/assemble.ts';
import type { ServedResource } from './apiserver/served-resource.ts';
import { decodeObject } from './apiserver/decoding.ts';
import { escalationGuard, type RightsSource } from './auth/escalation.ts';
import { loopback } from './contract/user.ts';
import { hostPortOf } from './controllers/host-ports.ts';
import { claimAdmission, podAdmission } from './kinds/pod-admission.ts';
import { storageProtection } from './kinds/storage-protection.ts';
import { namespaces, pods, services } from './contract/builtin.ts';
import { isPodReady, podStatus } from './controllers/context.ts';

interface Parts {
  readonly api: ClusterApi;
  readonly authorizer: RightsSource;
  readonly logger: Logger;
}

/** All admission after the namespaces': of pods and claims, the policies and webhooks that users configure, rights. */
export function admissionOf(core: NewCore, { api, authorizer, logger }: Parts): AdmissionPlugin[] {
  const listOf = keptLists(core);
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
      if (!resource) return undefined;
      const find = (namespace: string | undefined, name: string | undefined): readonly KubeObject[] => {
        if (name === undefined) return api.list(resource, { namespace });
        const found = api.get(resource, namespace, name);
        return found ? [found] : [];
      };
      return { namespaced: resource.namespaced, find };
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
    storageProtection,
    ...configured,
    escalationGuard(authorizer, findRole),
  ];
}

/** Every object of a resource; listed anew only when one has changed, as every write asks for the same few kinds. */
function keptLists({ resources }: NewCore): (group: string, plural: string) => readonly KubeObject[] {
  const kept = new Map<string, { readonly served: ServedResource; latest: number; objects: readonly KubeObject[] }>();
  let generation = -1;
  return (group, plural) => {
    if (generation !== resources.generation) kept.clear();
    generation = resources.generation;
    const id = `${group}/${plural}`;
    let list = kept.get(id);
    if (list === undefined) {
      const isIt = (r: ServedResource): boolean => r.group === group && r.plural === plural && r.isPreferred;
      const served = [...resources.all()].find(isIt);
      if (served === undefined) return [];
      kept.set(id, (list = { served, latest: -1, objects: [] }));
    }
    const { collection } = list.served;
    if (list.latest !== collection.latest) {
      list.latest = collection.latest;
      list.objects = collection.scan('').map((stored) => list.served.view(stored).object);
    }
    return list.objects;
  };
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
  return host === undefined || number === undefined ? undefined : { host, port: hostPortOf(pod, number) };
}

function namedPort(pod: KubeObject, name: string): number | undefined {
  const { containers } = pod['spec'] as {
    containers: readonly { ports?: readonly { name?: string; containerPort: number }[] }[];
  };
  return containers.flatMap((c) => c.ports ?? []).find((p) => p.name === name)?.containerPort;
}
