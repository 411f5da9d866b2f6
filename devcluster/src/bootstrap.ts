import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Caller, ClusterApi } from './contract/cluster-api.ts';
import { bootstrapObjects } from './auth/bootstrap.ts';
import { Rbac } from './auth/rbac.ts';
import type { RbacKind } from './auth/rbac.ts';
import type { Subjects } from './auth/tokens.ts';
import { loopback } from './contract/user.ts';
import { namespaces, nodes, pods, secrets, serviceAccounts, services } from './contract/builtin.ts';

const caller: Caller = { user: loopback, fieldManager: 'kube-apiserver' };
const rbacResource = (kind: RbacKind): Resource => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: !kind.startsWith('Cluster'),
});

const priorityClasses: Resource = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
};

/** An authorizer that follows the roles and bindings as they are stored. */
export function followRbac(api: ClusterApi, signal: AbortSignal): Rbac {
  const rbac = new Rbac();
  for (const kind of ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'] as const) {
    api.subscribe(
      rbacResource(kind),
      {},
      ({ type, object }) => {
        rbac.put(
          kind,
          object.metadata.namespace ?? '',
          object.metadata.name ?? '',
          type === 'DELETED' ? undefined : object,
        );
      },
      signal,
    );
  }
  return rbac;
}

export function subjectsOf(api: ClusterApi): Subjects {
  const resources = { ServiceAccount: serviceAccounts, Pod: pods, Secret: secrets, Node: nodes };
  return { get: (kind, namespace, name) => api.get(resources[kind], kind === 'Node' ? undefined : namespace, name) };
}

/** Creates what every cluster has and is not there yet: its namespaces, roles and the Service of the API itself. */
export async function bootstrap(api: ClusterApi): Promise<void> {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    await createMissing(api, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const object of bootstrapObjects()) {
    const resource = object.kind === 'PriorityClass' ? priorityClasses : rbacResource(object.kind as RbacKind);
    await createMissing(api, resource, object);
  }
  await createMissing(api, services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }] },
  });
}

async function createMissing(api: ClusterApi, resource: Resource, object: KubeObject): Promise<void> {
  if (!api.get(resource, object.metadata.namespace, object.metadata.name ?? ''))
    await api.create(caller, resource, object);
}
