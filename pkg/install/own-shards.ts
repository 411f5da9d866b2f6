import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { isOurs } from './definitions.ts';
import { InstallError } from './install-error.ts';
import { installedObjects } from './inventory.ts';
import { modeOf } from './mode.ts';
import { fullname } from './render.ts';
import { fleetShard, isForeignMaster, shardLabels, shardName } from './shard-only.ts';

interface Place {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** The Deployments of shards in a namespace, by what brought them. */
export interface ShardDeployments {
  /** Of this fleet: by `vela install`, by an addon or by a person. */
  readonly ofFleet: readonly KubeObject[];
  /** By `vela install --shard-only`: they work under the master of another installation. */
  readonly alone: readonly KubeObject[];
  /** With the program of another installation. */
  readonly foreign: readonly KubeObject[];
}

interface DeploymentSpec {
  readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
}

/** The first image of a Deployment without its tag or digest. */
function repositoryOf({ spec }: KubeObject): string {
  const image = ((spec ?? {}) as DeploymentSpec).template?.spec?.containers?.[0]?.image ?? '';
  return image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}

export const shardIdOf = ({ metadata }: KubeObject): string => metadata.labels?.[labels.shardId] ?? '';

/** Reads the Deployments of shards. The rendered objects of the installation say which program is its own. */
export async function readShardDeployments(
  { client, namespace, signal }: Place,
  objects: readonly KubeObject[],
): Promise<ShardDeployments> {
  const resource = await client.resourceFor('apps/v1', 'Deployment');
  const { items } = await client.list(resource, { namespace, labelSelector: labels.shardId, signal });
  const shards = items.map((item) => ({ ...item, apiVersion: 'apps/v1', kind: 'Deployment' }));
  const master = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === fullname);
  const own = master && repositoryOf(master);
  const alone = shards.filter(isForeignMaster);
  const others = shards.filter((one) => !isForeignMaster(one) && one.metadata.name !== fullname);
  const isForeign = (one: KubeObject): boolean => own !== undefined && !isOurs(one) && repositoryOf(one) !== own;
  return { ofFleet: others.filter((one) => !isForeign(one)), alone, foreign: others.filter(isForeign) };
}

/**
 * The Deployments of shards that `vela install --shard-only` brought, as parts of the rendered fleet: with the fleet's
 * account and arguments. Under a master of Flotilla the fences would refuse them otherwise. None without sharding.
 */
export async function ownShards(place: Place, objects: readonly KubeObject[]): Promise<readonly KubeObject[]> {
  const master = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === fullname);
  if (!master || !modeOf(objects)?.isSharded) return [];
  const { alone, ofFleet } = await readShardDeployments(place, objects);
  // one that an earlier installation made part of the fleet keeps its name
  const joined = ofFleet.filter((one) => isOurs(one) && one.metadata.name === shardName(shardIdOf(one)));
  const serviceAccount = shardAccount(objects, master);
  return [...alone, ...joined].map((one) => fleetShard(master, { id: shardIdOf(one), serviceAccount }));
}

/** The account of the shards' processes: of those that may hold a shard the one that is not the master's. */
function shardAccount(objects: readonly KubeObject[], master: KubeObject): string | undefined {
  const { template } = master['spec'] as { readonly template: { readonly spec: { serviceAccountName: string } } };
  const holders = objects.find(
    ({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === `${fullname}:holder`,
  );
  const subjects = (holders?.['subjects'] ?? []) as unknown as readonly { readonly name: string }[];
  return subjects.find(({ name }) => name !== template.spec.serviceAccountName)?.name;
}

/** The account and the rights of a shard that was installed alone: it needs them no more as a part of the fleet. */
export async function rightsAlone(place: Place, shards: readonly KubeObject[]): Promise<readonly KubeObject[]> {
  const ids = new Set(shards.map(shardIdOf));
  const found = ids.size === 0 ? [] : await installedObjects(place, shardLabels);
  return found.filter((one) => ids.has(shardIdOf(one)));
}

/** Throws InstallError NotOurs where the controller of the namespace is one of another installation. */
export async function assertOurs(
  { client, namespace, signal }: Place,
  objects: readonly KubeObject[],
  alone: readonly KubeObject[],
): Promise<void> {
  const resource = await client.resourceFor('apps/v1', 'Deployment');
  const { items } = await client.list(resource, { namespace, signal });
  const live = items.find(({ metadata }) => metadata.name === fullname);
  const wanted = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === fullname);
  if (!live || !wanted || repositoryOf(live) === repositoryOf(wanted) || isOurs(live)) return;
  const shards = alone.map((one) => `vela uninstall --shard-only --shard-id=${shardIdOf(one)}`);
  const hint = shards.length > 0 ? `; the shards under it are removed with "${shards.join('", "')}"` : '';
  throw new InstallError('NotOurs', [
    `Deployment ${fullname} in namespace ${namespace} runs ${repositoryOf(live)}, which Flotilla did not install${hint}`,
  ]);
}
