import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { leases } from '../../pkg/lease/record.ts';
import type { Lease } from '../../pkg/lease/record.ts';
import { deploymentResource, serviceResource } from '../support/applications.ts';
import { deliveredBy, namespace } from './applications.ts';
import type { Delivered, Wanted } from './applications.ts';
import type { ChaosCluster } from './cluster.ts';

const configMapResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
/** What Applications deliver. */
export const resources = {
  configmaps: configMapResource,
  deployments: deploymentResource,
  services: serviceResource,
} as const;

/** `plural/name` of delivered resources with what is there. */
export type Resources = ReadonlyMap<string, KubeObject>;

const idOf = ({ plural, name }: Delivered): string => `${plural}/${name}`;
const shardOf = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[labels.scheduledShardId];

/** What Applications have delivered, of all kinds that ours deliver. */
export async function deliveredResources(client: KubeClient): Promise<Resources> {
  const found = new Map<string, KubeObject>();
  for (const [plural, resource] of Object.entries(resources)) {
    const { items } = await client.list(resource, { namespace, labelSelector: labels.appName });
    for (const item of items) found.set(`${plural}/${item.metadata.name ?? ''}`, item);
  }
  return found;
}

/** Throws, and says the first thing that is not as it must be once everything has come to rest. */
export async function assertSettled(cluster: ChaosCluster, wanted: readonly Wanted[], leaseMs: number): Promise<void> {
  const { client } = cluster;
  const live = await liveShards(cluster, leaseMs);
  const { items } = await client.list<Application>(applicationResource, { namespace });
  const byName = new Map(items.map((app) => [app.metadata.name ?? '', app]));
  for (const { name } of wanted) if (!byName.has(name)) throw new Error(`Application ${name} is missing`);
  const names = new Set(wanted.map(({ name }) => name));
  for (const app of items) {
    if (!names.has(app.metadata.name ?? ''))
      throw new Error(`Application ${app.metadata.name ?? ''} was deleted but is there`);
    assertRuns(app, live);
  }
  await assertFamilies(client, byName);
  assertResources(wanted, await deliveredResources(client));
}

/** When each Lease was seen to change last: the times that are written in it come from clocks that are wrong. */
const changes = new Map<string, { readonly state: string; readonly at: number }>();

/** For how long a Lease was not renewed; for ever when it was never seen to be. */
function ageOf({ metadata: { uid = '', resourceVersion: state = '' } }: Lease): number {
  const now = performance.now();
  const before = changes.get(uid);
  if (before?.state !== state) changes.set(uid, { state, at: before ? now : -Infinity });
  return now - (changes.get(uid)?.at ?? -Infinity);
}

/** Shards with a fresh Lease that a ready pod holds. */
async function liveShards(cluster: ChaosCluster, leaseMs: number): Promise<ReadonlySet<string>> {
  const ready = new Set((await cluster.processes()).filter((process) => process.ready).map(({ pod }) => pod));
  const { items } = await cluster.client.list<Lease>(leases, {
    namespace: systemNamespace,
    labelSelector: labels.shardId,
  });
  const live = items.filter(
    (lease) => ageOf(lease) < leaseMs && ready.has(lease.spec?.holderIdentity?.split('_')[0] ?? ''),
  );
  return new Set(live.map(({ metadata }) => metadata.labels?.[labels.shardId] ?? ''));
}

function assertRuns(app: Application, live: ReadonlySet<string>): void {
  const { name = '', generation = 0, labels: own = {} } = app.metadata;
  const { status = 'untouched', observedGeneration = 0, conditions } = app.status ?? {};
  const shard = shardOf(app) ?? 'none';
  if (!live.has(shard)) throw new Error(`${name} is on shard ${shard}, which has no live holder`);
  if (own[labels.shardMove] !== undefined) throw new Error(`${name} is still being moved`);
  if (status === 'running' && observedGeneration >= generation) return;
  throw new Error(`${name} is ${status} at ${observedGeneration} of ${generation}: ${JSON.stringify(conditions)}`);
}

/** Everything that belongs to an Application carries its shard, and nothing is left of those that are gone. */
async function assertFamilies(client: KubeClient, applications: ReadonlyMap<string, Application>): Promise<void> {
  const selection = { labelSelector: labels.appName, metadataOnly: true };
  const revisions = await client.list(applicationRevisionResource, { ...selection, namespace });
  const trackers = await client.list(resourceTrackerResource, selection);
  const own = trackers.items.filter(({ metadata }) => metadata.labels?.[labels.appNamespace] === namespace);
  const count = new Map<string, number>();
  for (const member of [...revisions.items, ...own]) {
    const name = member.metadata.labels?.[labels.appName] ?? '';
    const app = applications.get(name);
    const what = `${member.kind} ${member.metadata.name ?? ''}`;
    if (!app) throw new Error(`${what} is left of ${name}`);
    if (shardOf(member) !== shardOf(app))
      throw new Error(`${what} is on ${shardOf(member) ?? 'no shard'}, ${name} on ${shardOf(app) ?? 'none'}`);
    count.set(name, (count.get(name) ?? 0) + 1);
  }
  for (const name of applications.keys()) {
    if ((count.get(name) ?? 0) < 2) throw new Error(`${name} has no revision or no tracker`);
  }
}

/** Each resource that is wanted is there in the version that is wanted, and no other. */
function assertResources(wanted: readonly Wanted[], found: Resources): void {
  const expected = new Map(wanted.flatMap((app) => deliveredBy(app).map((resource) => [idOf(resource), app] as const)));
  for (const id of found.keys()) if (!expected.has(id)) throw new Error(`${id} is orphaned`);
  for (const [id, app] of expected) {
    const object = found.get(id);
    if (!object) throw new Error(`${id} is missing`);
    const text = JSON.stringify(object['data'] ?? object['spec']);
    const sign = id.startsWith('configmaps/') ? `"version":"${app.version}"` : `nginx:1.${app.version}"`;
    if (!id.startsWith('services/') && !text.includes(sign))
      throw new Error(`${id} is not of version ${app.version}: ${text}`);
  }
}

/** Changes of the resources of unchanged Applications. */
export function changesOf(before: Resources, after: Resources, stable: readonly Wanted[]): readonly string[] {
  return stable.flatMap(deliveredBy).flatMap((resource) => {
    const [was, is] = [before, after].map((all) => all.get(idOf(resource))?.metadata);
    if (was?.uid !== is?.uid) return [`${idOf(resource)} was made anew`];
    return was?.generation === is?.generation ? [] : [`${idOf(resource)} was changed, which restarts it`];
  });
}
