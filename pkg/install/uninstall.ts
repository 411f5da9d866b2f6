import { ApiError, isConflict, isNotFound } from '../apis/api-error.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { finalizers, labels, systemNamespace } from '../apis/names.ts';
import { deleteObject, inParallel } from './apply.ts';
import { isDefinition, isOurs } from './definitions.ts';
import { InstallError } from './install-error.ts';
import type { InstallOptions } from './install.ts';
import { inOrder } from './order.ts';
import { waitUntil } from './ready.ts';
import { byproducts, installedObjects, unwanted } from './inventory.ts';
import { assertOurs, readShardDeployments, rightsAlone, shardIdOf } from './own-shards.ts';
import type { ShardDeployments } from './own-shards.ts';

interface Place {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

export interface UninstallOptions extends InstallOptions {
  /** Go on although Applications exist. They, their definitions and their kinds stay, and what they delivered stays untouched. */
  readonly force: boolean;
}

/** What an uninstallation leaves to a person. */
export interface Uninstalled {
  /** Shards that were installed alone, or by another installation: they go on. */
  readonly shards: readonly string[];
  /** The number of Applications that are assigned to a shard that has ended, by shard. */
  readonly unattended: ReadonlyMap<string, number>;
}

/**
 * Takes a system out of a cluster, with whatever values it was installed. Refuses while Applications exist unless forced:
 * without a controller nothing would collect what they delivered. Fences stay until no controller runs. The namespace stays,
 * and so do shards that were installed alone, with the kinds that they need.
 */
export async function uninstallSystem(
  client: KubeClient,
  objects: readonly KubeObject[],
  options: UninstallOptions,
  signal: AbortSignal,
): Promise<Uninstalled> {
  const { clock, force, wait, timeoutMs = 300_000, onProgress } = options;
  const namespace = objects.find((object) => object.kind === 'Namespace')?.metadata.name ?? systemNamespace;
  const place = { client, namespace, signal };
  const deployments = await readShardDeployments(place, objects);
  await assertOurs(place, objects, deployments.alone);
  const left = await applicationsLeft(client, signal);
  if (left.length > 0 && !force) throw new InstallError('ApplicationsExist', [refusal(left)]);
  const others = [...deployments.alone, ...deployments.foreign].map(shardIdOf);
  if (others.length > 0 && !force) throw new InstallError('ShardsExist', [shardsRefusal(deployments)]);
  const keepsKinds = left.length > 0 || others.length > 0;
  const stays = new Set(['Namespace', ...(keepsKinds ? ['CustomResourceDefinition'] : [])]);
  const waiting = { clock, deadline: clock.monotonic() + timeoutMs, signal };
  const remove = async (all: readonly KubeObject[]): Promise<void> => {
    const group = all.filter(({ kind }) => !stays.has(kind));
    await inParallel(group, 8, async (object) => {
      if (isDefinition(object) && (keepsKinds || !(await isInstalled(client, object, signal)))) return;
      if (await deleteObject(client, object, signal)) onProgress?.({ did: 'deleted', object });
    });
  };
  await remove(objects.filter(({ kind }) => kind === 'Deployment'));
  // without the controllers nothing would answer them
  await remove(objects.filter(({ kind }) => kind.endsWith('WebhookConfiguration')));
  if (wait) await waitUntil(waiting, 'end of the master', () => podsLeft(place, ownPods));
  // what was started since
  const { ofFleet } = await readShardDeployments(place, objects);
  await releaseShards(place, ofFleet);
  await remove(ofFleet);
  const selector =
    others.length === 0 ? labels.shardId : `${labels.shardId},${labels.shardId} notin (${others.join()})`;
  if (wait) await waitUntil(waiting, 'end of the shards', () => podsLeft(place, selector));
  const installed = await installedObjects(place);
  const rights = await rightsAlone(place, ofFleet);
  const all = [...objects, ...unwanted(installed, objects), ...rights, ...(await byproducts(place, others))];
  for (const group of inOrder(all).toReversed()) await remove(group);
  return { shards: others, unattended: countByShard(left, others) };
}

/** Applications of shards that have ended, by shard; those of the master are the next controller's. */
function countByShard(apps: readonly KubeObject[], others: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { metadata } of apps) {
    const shard = metadata.labels?.[labels.scheduledShardId] ?? 'master';
    if (shard !== 'master' && !others.includes(shard)) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  return counts;
}

function shardsRefusal({ alone, foreign }: ShardDeployments): string {
  const own = alone.map((one) => `vela uninstall --shard-only --shard-id=${shardIdOf(one)}`);
  const names = foreign.map(({ metadata }) => `Deployment ${metadata.name ?? ''}`);
  return `shards of other installations exist, which need the kinds of Applications; remove them first (${[...own, ...names].join(', ')}), or --force, which leaves them and the kinds`;
}

/** Whether a definition is one that an installation of Flotilla made; those of others stay. */
async function isInstalled(client: KubeClient, definition: KubeObject, signal: AbortSignal): Promise<boolean> {
  try {
    const resource = await client.resourceFor(definition.apiVersion, definition.kind);
    const { name = '', namespace } = definition.metadata;
    return isOurs(await client.get(resource, { name, namespace }, { signal }));
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Deployments of shards wait for the master to empty them when they are deleted; there is none any more. */
async function releaseShards({ client, namespace, signal }: Place, shards: readonly KubeObject[]): Promise<void> {
  const resource = await client.resourceFor('apps/v1', 'Deployment');
  for (const { metadata } of shards) {
    const { name = '', uid, finalizers: all = [] } = metadata;
    if (!all.includes(finalizers.drainShard)) continue;
    const left = all.filter((one) => one !== finalizers.drainShard);
    const body = { metadata: { uid, finalizers: left.length > 0 ? left : null } };
    await client.patch(resource, { name, namespace }, { type: 'merge', body }, { signal }).catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  }
}

async function applicationsLeft(client: KubeClient, signal: AbortSignal): Promise<readonly KubeObject[]> {
  try {
    return (await client.list(applicationResource, { metadataOnly: true, signal })).items;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return [];
    throw error;
  }
}

function refusal(left: readonly KubeObject[]): string {
  const names = left.slice(0, 3).map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
  const more = left.length > names.length ? ` and ${left.length - names.length} more` : '';
  const addon = left.find(({ metadata }) => metadata.labels?.[labels.addonName] !== undefined);
  const hint = addon
    ? `vela addon disable ${addon.metadata.labels?.[labels.addonName] ?? ''}`
    : 'vela delete --all -n NAMESPACE';
  return `${left.length} applications exist (${names.join(', ')}${more}); delete them first, such as with "${hint}", or force it and leave what they delivered`;
}

const ownPods = 'app.kubernetes.io/name=vela-core,app.kubernetes.io/instance=kubevela';

async function podsLeft({ client, namespace, signal }: Place, labelSelector: string): Promise<string | undefined> {
  const resource = await client.resourceFor('v1', 'Pod');
  const { items } = await client.list(resource, { namespace, labelSelector, metadataOnly: true, signal });
  if (items.length === 0) return undefined;
  const names = items.slice(0, 3).map(({ metadata }) => metadata.name ?? '');
  return `${items.length} pods are left (${names.join(', ')}), and without the fences they must not run: delete their Deployments`;
}
