import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import type { Shard } from '../apis/shard.ts';
import { recordOf } from '../lease/record.ts';
import type { Lease } from '../lease/record.ts';
import { shardPods } from '../scheduling/available.ts';
import type { LeaseFacts, ShardFacts } from '../scheduling/shards.ts';
import { decodeLeaseReport } from './lease-report.ts';

/** The facts that a Lease gives about its shard; its age is measured by the caller. */
export function leaseFactsOf(lease: Lease, unchangedMs: number): LeaseFacts {
  const { holder, durationMs, transitions, renewTime } = recordOf(lease);
  const { homeShard, isDraining = false, ...report } = decodeLeaseReport(lease.metadata.annotations);
  return { holder, durationMs, epoch: transitions, renewTime, unchangedMs, homeShard, isDraining, report };
}

/** The shard of a Lease; undefined where it is not the Lease of a shard. */
export const shardOfLease = ({ metadata }: Lease): string | undefined => metadata.labels?.[labels.shardId];

/** The objects that speak of shards, as they are read from the API server. */
export interface ShardObjects {
  readonly pods: Iterable<KubeObject>;
  readonly leases: Iterable<Lease>;
  readonly shards: Iterable<Shard>;
}

/**
 * Returns the facts of every shard that has a pod, a Lease or a Shard object, sorted by id. `unchangedMs` is the age of a
 * Lease on the clock of the caller.
 */
export function shardFactsOf(objects: ShardObjects, unchangedMs: (lease: Lease) => number): readonly ShardFacts[] {
  const pods = shardPods(objects.pods);
  const leases = new Map([...objects.leases].map((lease) => [shardOfLease(lease) ?? '', lease]));
  const shards = new Map([...objects.shards].map((shard) => [shard.metadata.name ?? '', shard]));
  const ids = new Set([...pods.keys(), ...leases.keys(), ...shards.keys()]);
  ids.delete('');
  return [...ids].sort().map((id) => {
    const lease = leases.get(id);
    return {
      id,
      lease: lease && leaseFactsOf(lease, unchangedMs(lease)),
      pods: [...(pods.get(id) ?? [])].map(([name, ready]) => ({ name, ready })),
      spec: shards.get(id)?.spec,
    };
  });
}
