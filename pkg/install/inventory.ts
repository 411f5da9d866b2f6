import { ApiError, ignoreNotFound } from '../apis/api-error.ts';
import { fleetName, fleetResource } from '../apis/fleet.ts';
import type { Fleet } from '../apis/fleet.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { InstallError } from './install-error.ts';
import { fullname, ownLabels } from './render.ts';

interface Place {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

const rbac = 'rbac.authorization.k8s.io/v1';
const admission = 'admissionregistration.k8s.io';

/** Kinds of which an installation makes objects, by the API versions that may serve them. */
const kinds: readonly (readonly [kind: string, apiVersions: readonly string[]])[] = [
  ['ServiceAccount', ['v1']],
  ['Secret', ['v1']],
  ['ConfigMap', ['v1']],
  ['Service', ['v1']],
  ['PodMonitor', ['monitoring.coreos.com/v1']],
  ['ServiceMonitor', ['monitoring.coreos.com/v1']],
  ['Certificate', ['cert-manager.io/v1']],
  ['Issuer', ['cert-manager.io/v1']],
  ['ClusterRole', [rbac]],
  ['ClusterRoleBinding', [rbac]],
  ['Role', [rbac]],
  ['RoleBinding', [rbac]],
  ['MutatingWebhookConfiguration', [`${admission}/v1`]],
  ['ValidatingWebhookConfiguration', [`${admission}/v1`]],
  ['ValidatingAdmissionPolicy', [`${admission}/v1`]],
  ['ValidatingAdmissionPolicyBinding', [`${admission}/v1`]],
  ['MutatingAdmissionPolicy', [`${admission}/v1`, `${admission}/v1beta1`]],
  ['MutatingAdmissionPolicyBinding', [`${admission}/v1`, `${admission}/v1beta1`]],
];

/**
 * What installations brought, whatever their values were, as the labels say that every object of them has. Deployments are
 * not listed: those of shards may be copies of the master's, labels and all.
 */
export async function installedObjects(
  place: Place,
  own: Readonly<Record<string, string>> = ownLabels,
): Promise<readonly KubeObject[]> {
  const selector = Object.entries(own)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const lists = await Promise.all(
    kinds.map(([kind, versions]) => listServed(place, { kind, versions, labelSelector: selector })),
  );
  return lists.flat();
}

/** What controllers made for themselves: Leases, records of holders, certificates, tables of earlier versions. Not of these shards. */
export async function byproducts(place: Place, except: readonly string[] = []): Promise<readonly KubeObject[]> {
  const { namespace } = place;
  const named = (kind: string, name: string): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace },
  });
  const leases = await listServed(place, { kind: 'Lease', versions: ['coordination.k8s.io/v1'] });
  const holders = await listServed(place, { kind: 'RoleBinding', versions: [rbac], labelSelector: labels.shardId });
  const kept = new Set(except.map((id) => `kubevela-${id}`));
  const isOurs = ({ metadata: { name = '', labels: own = {} } }: KubeObject): boolean =>
    !kept.has(name) && (labels.shardId in own || name === 'kubevela' || name.startsWith('kubevela-'));
  return [
    ...leases.filter(isOurs),
    ...holders,
    named('Secret', `${fullname}-admission`),
    named('ConfigMap', 'vela-shard-slots'),
    {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Fleet',
      metadata: { name: fleetName },
    },
  ];
}

/** Whether two objects are one: of a kind, whatever its version, a namespace and a name. */
export const idOf = ({ apiVersion, kind, metadata: { namespace = '', name = '' } }: KubeObject): string =>
  `${apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''}/${kind}/${namespace}/${name}`;

/** Those of the first list that are not in the second. */
export function unwanted(found: readonly KubeObject[], wanted: readonly KubeObject[]): readonly KubeObject[] {
  const ids = new Set(wanted.map(idOf));
  return found.filter((object) => !ids.has(idOf(object)));
}

/** Throws InstallError FleetExists where the controllers of another namespace work on the Applications of the cluster. */
export async function assertNoOtherFleet({ client, namespace, signal }: Place): Promise<void> {
  const fleet = await ignoreNotFound(client.get<Fleet>(fleetResource, { name: fleetName }, { signal }));
  if (!fleet || fleet.spec.namespace === namespace) return;
  const other = fleet.spec.namespace;
  const namespaces = await client.resourceFor('v1', 'Namespace');
  if (!(await ignoreNotFound(client.get(namespaces, { name: other }, { signal })))) return;
  throw new InstallError('FleetExists', [
    `the fleet of namespace ${other} works on the Applications of this cluster; install into that namespace (-n ${other}), or remove it first: vela uninstall -n ${other}`,
  ]);
}

/** The objects of a kind in the namespace, or in the cluster; none where the kind is not served. */
async function listServed(
  { client, namespace, signal }: Place,
  {
    kind,
    versions,
    labelSelector,
  }: { readonly kind: string; readonly versions: readonly string[]; readonly labelSelector?: string },
): Promise<readonly KubeObject[]> {
  for (const apiVersion of versions) {
    try {
      const resource = await client.resourceFor(apiVersion, kind);
      const where = resource.namespaced ? { namespace } : {};
      const { items } = await client.list(resource, { ...where, labelSelector, metadataOnly: true, signal });
      return items.map((item) => ({ ...item, apiVersion, kind }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  }
  return [];
}
