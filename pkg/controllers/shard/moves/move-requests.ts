import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../apis/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { Clock } from '../../../clock/clock.ts';
import { requestMove } from '../../../scheduling/handover.ts';
import { ownershipOf } from '../../../scheduling/ownership.ts';
import { leastLoaded } from '../../../scheduling/drain.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { applicationFamilies } from '../../family/application.ts';

/**
 * The choice among shards that may take an Application, of which metadata is known; undefined when none of them may. What
 * is on its way to a shard is counted as its own.
 */
export type Place = (application: KubeObject, targets: readonly ShardView[]) => string | undefined;

/** Without a policy: the shard with the fewest Applications for its weight. */
export const placeLeastLoaded: Place = (_, targets) => leastLoaded(targets)?.id;

/**
 * Whether this Application makes and deletes the Deployments of shards. It belongs to the master, so that no shard ends
 * the process that carries out its own end.
 */
export const isFleetsOwn = ({ metadata }: KubeObject): boolean => metadata.labels?.[labels.addonName] === fleetAddon;

const fleetAddon = 'vela-core-shard-manager';
const pageSize = 100;

/** Whose Applications, and whether the fleet's own stays there. */
export interface Emptying {
  readonly shard: string;
  readonly keepsFleetsOwn: boolean;
}

const selectorOf = ({ shard, keepsFleetsOwn }: Emptying): string =>
  `${labels.scheduledShardId}=${shard}${keepsFleetsOwn ? `,${labels.addonName}!=${fleetAddon}` : ''}`;

/**
 * The metadata of a shard's Applications that may be asked to move, page by page as they are consumed: neither those
 * that move already nor those that are being deleted, whose shard finishes that.
 */
export async function* movableOf(
  client: Pick<KubeClient, 'list'>,
  emptying: Emptying,
  signal: AbortSignal,
): AsyncGenerator<KubeObject> {
  const labelSelector = `${selectorOf(emptying)},!${labels.shardMove}`;
  let next: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof client.list>> = await client.list(applicationResource, {
      labelSelector,
      metadataOnly: true,
      limit: pageSize,
      continue: next,
      signal,
    });
    for (const object of page.items) if (!isDeleting(object)) yield object;
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
  } while (next !== undefined);
}

/** Asks for a move against the state that was read. False when somebody else was faster: what is true then is read next time. */
export async function requestMoveOf(
  client: KubeClient,
  application: KubeObject,
  wish: { readonly to: string; readonly reason: string },
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const own = ownershipOf(application);
  const id = `${own.epoch}-${application.metadata.resourceVersion ?? ''}`;
  const outcome = requestMove(own, { ...wish, id, at: clock.now() });
  if (!outcome.ok || outcome.ownership === own) return false;
  try {
    await applicationFamilies.writeOwnership(client, application, outcome.ownership, signal);
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Whether no Application carries the shard's id and none is on its way to it, from a live list. The fleet's own does not
 * count while it is being deleted, because it ends only after the Deployments of all shards have.
 */
export async function isShardEmpty(
  client: Pick<KubeClient, 'list'>,
  emptying: Emptying,
  signal: AbortSignal,
): Promise<boolean> {
  for (const labelSelector of [`${labels.shardMove}=${emptying.shard}`, selectorOf(emptying)]) {
    const { items } = await client.list(applicationResource, { labelSelector, metadataOnly: true, limit: 2, signal });
    if (items.some((object) => !isFleetsOwn(object) || !isDeleting(object))) return false;
  }
  return true;
}

const isDeleting = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;
