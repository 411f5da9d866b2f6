import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';

/** The shard that an object is assigned to; an empty label counts as none. */
export function scheduledShard(
  object: Pick<KubeObject, 'metadata'> | undefined,
  label: string = labels.scheduledShardId,
): string | undefined {
  const shard = object?.metadata.labels?.[label];
  return shard === '' ? undefined : shard;
}

/**
 * The shard of an Application that is being written: its new label, else its old label, else the scheduler's
 * choice. So a label can be changed freely but not be taken away. Nothing when no shard is available.
 */
export function shardAtAdmission(
  given: Pick<KubeObject, 'metadata'>,
  before: Pick<KubeObject, 'metadata'> | undefined,
  pick: () => string | undefined,
): string | undefined {
  return scheduledShard(given) ?? scheduledShard(before) ?? pick();
}

/**
 * The shard of an Application that passed no admission: that of its family where all members agree, else the
 * scheduler's choice.
 */
export function shardOfFamily(
  members: Iterable<Pick<KubeObject, 'metadata'>>,
  pick: () => string | undefined,
  label?: string,
): string | undefined {
  const shards = new Set<string>();
  for (const member of members) {
    const shard = scheduledShard(member, label);
    if (shard !== undefined) shards.add(shard);
  }
  const [only] = shards;
  return shards.size === 1 ? only : pick();
}
