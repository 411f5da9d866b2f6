import { ApiError } from '../apis/api-error.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { leases, recordOf } from '../lease/record.ts';
import { deleteObject } from './apply.ts';
import { InstallError } from './install-error.ts';
import { installedObjects } from './inventory.ts';
import { waitUntil } from './ready.ts';
import { isForeignMaster, shardLabels } from './shard-only.ts';

/** How the controllers of an installation share their work. */
export interface Mode {
  readonly isSharded: boolean;
  /** Whether replicas elect one of them; shards always do. */
  readonly elects: boolean;
}

interface Place {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** What works on the Applications now. */
export interface Running {
  /** Shards other than the master that have pods, a Deployment or a held Lease. */
  readonly shards: readonly string[];
  /** Those of them that were installed alone. */
  readonly alone: readonly string[];
  /** Whether the controller of an installation has pods, and how it was started. */
  readonly controller: Mode | undefined;
}

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const masterShard = 'master';

interface PodTemplate {
  readonly spec?: { readonly containers?: readonly { readonly args?: readonly string[] }[] };
}

/** The mode that the rendered Deployment of the controller has. */
export function modeOf(objects: readonly KubeObject[]): Mode | undefined {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const template = (deployment?.['spec'] as { readonly template?: PodTemplate } | undefined)?.template;
  return template && modeOfArgs(template.spec?.containers?.flatMap(({ args = [] }) => args) ?? []);
}

/** The last word on a flag counts, as it does for the controller. */
export function modeOfArgs(args: readonly string[]): Mode {
  const isOn = (flag: string): boolean => {
    const last = args.findLast((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`));
    return last !== undefined && !/=(false|f|0)$/i.test(last);
  };
  const isSharded = isOn('enable-sharding');
  return { isSharded, elects: isSharded || isOn('enable-leader-election') };
}

/** Reads what works on the Applications of the installation in a namespace. */
export async function readRunning({ client, namespace, signal }: Place, fullname: string): Promise<Running> {
  const list = (resource: Resource): Promise<readonly KubeObject[]> =>
    client.list(resource, { namespace, labelSelector: labels.shardId, signal }).then(({ items }) => items);
  const [shardPods, shardDeployments, shardLeases] = await Promise.all([list(pods), list(deployments), list(leases)]);
  const held = shardLeases.filter((lease) => recordOf(lease).holder !== undefined);
  const ids = [...shardPods, ...shardDeployments, ...held].map(
    ({ metadata }) => metadata.labels?.[labels.shardId] ?? '',
  );
  const shards = [...new Set(ids)].filter((id) => id !== '' && id !== masterShard).sort();
  const target = { namespace, name: fullname };
  const controller = await client.get(deployments, target, { signal }).catch(unlessGone);
  const alone = shardDeployments.filter(isForeignMaster).map(({ metadata }) => metadata.labels?.[labels.shardId] ?? '');
  return { shards, alone, controller: controller && modeOf([controller]) };
}

/** Why a change of mode is refused, and what to do instead; undefined where nothing speaks against it. */
export function modeConflict(running: Running, wanted: Mode): string | undefined {
  const { shards, alone, controller } = running;
  if (!wanted.isSharded && shards.length > 0) {
    const byAddon = shards.some((id) => !alone.includes(id))
      ? ['vela addon disable vela-core-shard-manager --yes']
      : [];
    const remedies = [...byAddon, ...alone.map((id) => `vela uninstall --shard-only --shard-id=${id}`)];
    return `sharding.enabled: shards are at work (${shards.join(', ')}); a controller without sharding would write to the same Applications. Remove them first: ${remedies.join('; ')}`;
  }
  if (!controller) return undefined;
  if (controller.elects && !wanted.elects)
    return 'extraArgs: leader election is on in the controller that runs; one without it would not wait for its Lease';
  if (!controller.elects && wanted.elects)
    return 'extraArgs: the controller that runs does not elect, so a new one would not wait for it to end';
  return undefined;
}

interface Stopping extends Place {
  readonly clock: Clock;
  readonly deadline: number;
  readonly fullname: string;
  readonly onProgress?: ((sentence: string) => void) | undefined;
}

/**
 * Makes a forced change of mode safe: every controller of the installation ends before the new one starts, and what would
 * start shards again is deleted. Nothing that other Applications delivered is touched.
 */
async function stopControllers(stopping: Stopping): Promise<void> {
  const { client, namespace, signal, fullname, onProgress } = stopping;
  const all = await client.list(deployments, { namespace, signal });
  const ours = all.items.filter(
    ({ metadata }) => metadata.name === fullname || metadata.labels?.[labels.shardId] !== undefined,
  );
  for (const { metadata } of ours) {
    onProgress?.(`stopping Deployment ${metadata.name ?? ''}`);
    const target = { namespace, name: metadata.name ?? '' };
    const body: JsonObject = { spec: { replicas: 0 } };
    await client.patch(deployments, target, { type: 'merge', body }, { signal });
  }
  await waitUntil(stopping, 'end of the controllers', async () => {
    const left = await client.list(pods, { namespace, signal });
    const names = left.items.filter((pod) => isController(pod)).map(({ metadata }) => metadata.name ?? '');
    return names.length > 0 ? `pods are left: ${names.join(', ')}` : undefined;
  });
  for (const deployment of ours) if (deployment.metadata.name !== fullname) await removeShard(stopping, deployment);
  for (const object of await installedObjects(stopping, shardLabels)) await deleteObject(client, object, signal);
}

/** Deletes the Deployment of a shard, and first the Application that would bring it back. */
async function removeShard({ client, namespace, signal, onProgress }: Stopping, shard: KubeObject): Promise<void> {
  const { name = '', labels: own = {}, finalizers } = shard.metadata;
  const application = { name: own[labels.appName] ?? '', namespace: own[labels.appNamespace] ?? namespace };
  const background = { propagationPolicy: 'Background', signal } as const;
  if (application.name !== '') {
    onProgress?.(`deleting Application ${application.namespace}/${application.name}, which started shards`);
    await client.delete(applicationResource, application, background).catch(unlessGone);
  }
  onProgress?.(`deleting Deployment ${name}`);
  const target = { name, namespace };
  if (finalizers)
    await client.patch(deployments, target, { type: 'merge', body: { metadata: { finalizers: null } } }, { signal });
  await client.delete(deployments, target, background).catch(unlessGone);
}

function unlessGone(error: unknown): undefined {
  if (error instanceof ApiError && error.code === 404) return undefined;
  throw error;
}

const isController = ({ metadata: { labels: own = {} } }: KubeObject): boolean =>
  labels.shardId in own || own['app.kubernetes.io/name'] === 'vela-core';

/** Throws InstallError ModeChange unless the change is safe, or forced and made safe. */
export async function checkMode(
  place: Place,
  objects: readonly KubeObject[],
  options: Omit<Stopping, keyof Place> & { readonly isForced: boolean },
): Promise<void> {
  const wanted = modeOf(objects);
  if (!wanted) return;
  const running = await readRunning(place, options.fullname);
  const conflict = modeConflict(running, wanted);
  if (conflict === undefined) return;
  if (!options.isForced)
    throw new InstallError('ModeChange', [`${conflict}; or --force, which first stops every controller`]);
  options.onProgress?.(conflict);
  await stopControllers({ ...place, ...options });
}
