import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Condition } from '../../../apis/meta.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Shard } from '../../../apis/shard.ts';
import type { Clock } from '../../../clock/clock.ts';
import { fleetFieldManager } from '../../family/families.ts';

/** How far the drain of a shard is; `none` while nobody drains it. */
export type DrainState = 'none' | 'draining' | 'blocked' | 'drained';

const conditionType = 'Drained';

const told: Readonly<Record<Exclude<DrainState, 'none'>, Pick<Condition, 'status' | 'reason' | 'message'>>> = {
  draining: { status: 'False', reason: 'Draining', message: 'its Applications are being moved to other shards' },
  blocked: { status: 'False', reason: 'NobodyTakesThem', message: 'no shard may take its Applications' },
  drained: { status: 'True', reason: 'Empty', message: 'no Application is on it or on its way to it' },
};

/**
 * Writes the condition Drained of a shard unless it says so already; other conditions are kept. Returns whether it was
 * written; somebody else's write at the same time makes it wait for the next time.
 */
export async function writeDrainState(
  client: KubeClient,
  shard: Shard,
  state: DrainState,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const all = shard.status?.conditions ?? [];
  const before = all.find(({ type }) => type === conditionType);
  if (before?.reason === (state === 'none' ? undefined : told[state].reason)) return false;
  const others = all.filter(({ type }) => type !== conditionType);
  const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const written = state === 'none' ? [] : [{ type: conditionType, ...told[state], lastTransitionTime: now }];
  const { name = '', resourceVersion } = shard.metadata;
  const conditions = [...others, ...written].map((one) => ({ ...one }));
  const body = { metadata: { resourceVersion }, status: { conditions } };
  try {
    const options = { subresource: 'status', fieldManager: fleetFieldManager, signal };
    await client.patch(shardResource, { name }, { type: 'merge', body }, options);
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}
