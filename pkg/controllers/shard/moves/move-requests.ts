import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import { requestMove } from '../../../scheduling/handover.ts';
import { ownershipOf } from '../../../scheduling/ownership.ts';
import { leastLoaded } from '../../../scheduling/drain.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { applicationFamilies } from '../../family/application.ts';

/**
 * Chooses among shards for an Application, of which metadata is known; undefined when none of them may take it. Arriving
 * Applications count as those of their target.
 */
export type Place = (application: KubeObject, targets: readonly ShardView[]) => string | undefined;

/** Without a policy: the shard with the fewest Applications for its weight. */
export const placeLeastLoaded: Place = (_, targets) => leastLoaded(targets)?.id;

/**
 * Whether this Application creates and deletes the Deployments of shards. It belongs to the master, so that no shard deletes
 * the process that is deleting it.
 */
export const isFleetsOwn = ({ metadata }: KubeObject): boolean => metadata.labels?.[labels.addonName] === fleetAddon;

const fleetAddon = 'vela-core-shard-manager';
const pageSize = 100;

/** The shard that is emptied, and whether the fleet's own Application stays there. */
export interface Emptying {
  readonly shard: string;
  readonly keepsFleetsOwn: boolean;
}

const selectorOf = ({ shard, keepsFleetsOwn }: Emptying): string =>
  `${labels.scheduledShardId}=${shard}${keepsFleetsOwn ? `,${labels.addonName}!=${fleetAddon}` : ''}`;

/**
 * The metadata of a shard's Applications that may be asked to move, page by page as they are consumed: neither those
 * that move already nor those in deletion, which their shard completes.
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

/** Requests a move against the state that was read. Returns false after a conflict: the next run reads the new state. */
export async function requestMoveOf(
  client: KubeClient,
  application: KubeObject,
  request: { readonly to: string; readonly reason: string },
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const own = ownershipOf(application);
  const id = `${own.epoch}-${application.metadata.resourceVersion ?? ''}`;
  const outcome = requestMove(own, { ...request, id, at: clock.now() });
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
 * Whether no Application is assigned to the shard and none moves to it, from a live list. The fleet's own does not
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
