import { shardPhaseNames } from '../../../apis/shard.ts';
import { counter, gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import type { ShardView } from '../../../scheduling/shards.ts';

/** The series of each shard. */
export interface ShardMetrics {
  /** The shards with series. */
  shards(): readonly string[];
  set(view: ShardView): void;
  /** Removes the series of a shard that is gone, which would keep their last values otherwise. */
  remove(shard: string): void;
}

export function shardMetrics(registry: MetricsRegistry): ShardMetrics {
  const metrics = declareShardMetrics(registry);
  const shards = new Set<string>();
  return {
    shards: () => [...shards],
    set: ({ id: shard, phase, load, facts }) => {
      shards.add(shard);
      for (const one of shardPhaseNames) metrics.phase.set({ shard, phase: one }, one === phase ? 1 : 0);
      metrics.applications.set({ shard }, load.applications);
      metrics.backlog.set({ shard }, load.backlog);
      metrics.busy.set({ shard }, load.busy);
      metrics.oldest.set({ shard }, load.oldestSeconds ?? 0);
      if (facts.lease) metrics.epoch.set({ shard }, facts.lease.epoch);
    },
    remove: (shard) => {
      if (!shards.delete(shard)) return;
      const { phase, ...others } = metrics;
      for (const one of shardPhaseNames) phase.remove({ shard, phase: one });
      for (const metric of Object.values(others)) metric.remove({ shard });
    },
  };
}

function declareShardMetrics(registry: MetricsRegistry) {
  const labelNames = ['shard'] as const;
  return {
    phase: gauge(registry, {
      name: 'flotilla_shard_phase',
      help: 'The phase of each shard as the leading master sees it: 1 for the phase that it is in',
      labelNames: ['shard', 'phase'],
    }),
    applications: gauge(registry, {
      name: 'flotilla_shard_applications',
      help: 'Applications of each shard, as its process reports them',
      labelNames,
    }),
    backlog: gauge(registry, {
      name: 'flotilla_shard_backlog',
      help: 'Applications of each shard that wait for a worker, as its process reports them',
      labelNames,
    }),
    busy: gauge(registry, {
      name: 'flotilla_shard_busy_ratio',
      help: 'Busy fraction of the workers of each shard, as its process reports it',
      labelNames,
    }),
    oldest: gauge(registry, {
      name: 'flotilla_shard_oldest_reconcile_seconds',
      help: 'Time since the last reconcile of the Application of each shard that was reconciled the longest ago',
      labelNames,
    }),
    epoch: gauge(registry, {
      name: 'flotilla_shard_epoch',
      help: 'How often the Lease of each shard was acquired',
      labelNames,
    }),
  };
}

export function failoverMetrics(registry: MetricsRegistry) {
  return {
    orphans: gauge(registry, {
      name: 'flotilla_shards_without_holder',
      help: 'Shards without a live holder',
    }),
    held: gauge(registry, {
      name: 'flotilla_failover_held',
      help: 'Whether failover is held: 1 if so, because too many shards are down at once or no live shard is eligible',
    }),
    invitations: counter(registry, {
      name: 'flotilla_shard_invitations_total',
      help: 'Invitations of a process to adopt a shard',
      labelNames: ['shard', 'to'],
    }),
  };
}
