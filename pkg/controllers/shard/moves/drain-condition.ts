import { withCondition, withoutCondition } from '../../../apis/conditions.ts';
import type { NewCondition } from '../../../apis/conditions.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Shard } from '../../../apis/shard.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import { patchStatus } from '../patch-status.ts';

/** The progress of the drain of a shard; `none` where it is not drained. */
export type DrainState = 'none' | 'draining' | 'blocked' | 'drained';

const conditionType = 'Drained';

const conditionOf: Readonly<Record<Exclude<DrainState, 'none'>, Pick<NewCondition, 'status' | 'reason' | 'message'>>> =
  {
    draining: { status: 'False', reason: 'Draining', message: 'its Applications are being moved to other shards' },
    blocked: { status: 'False', reason: 'NoEligibleShard', message: 'no shard may take its Applications' },
    drained: { status: 'True', reason: 'Empty', message: 'no Application is on it or moves to it' },
  };

/**
 * Writes the condition Drained of a shard where its reason differs; other conditions are kept. Returns whether it was
 * written: after a conflict the next run tries again.
 */
export async function writeDrainState(
  client: KubeClient,
  shard: Shard,
  state: DrainState,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const before = shard.status?.conditions ?? [];
  const conditions =
    state === 'none'
      ? withoutCondition(before, conditionType)
      : withCondition(before, { type: conditionType, ...conditionOf[state] }, clock.now());
  if (conditions === before) return false;
  const patch = { resource: shardResource, object: shard, status: { conditions }, onlyUnchanged: true };
  return patchStatus(client, patch, signal);
}
