import { counter, gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import type { PaceAnswer } from '../../../scheduling/pace.ts';

/** Why the master requests moves by itself. */
export type MoveCause = 'drain' | 'evacuation' | 'rebalance';

/** The limit that delays a move; `no-shard` when no shard may take the Application. */
export type Deferral = Exclude<PaceAnswer, 'yes'> | 'no-shard';

export interface OperationsMetrics {
  requested(reason: MoveCause): void;
  /** A move had to wait. */
  deferred(reason: MoveCause, because: Deferral): void;
  /** The Applications left on each shard that is being drained; the series of others are removed. */
  draining(left: ReadonlyMap<string, number>): void;
  drained(shard: string): void;
  /** Moves of the plan that are not requested yet. */
  planned(count: number): void;
}

export function operationsMetrics(registry: MetricsRegistry): OperationsMetrics {
  const requests = counter(registry, {
    name: 'flotilla_shard_move_requests_total',
    help: 'Moves that the master requested by itself, by reason: drain, evacuation or rebalance',
    labelNames: ['reason'],
  });
  const deferred = counter(registry, {
    name: 'flotilla_shard_moves_deferred_total',
    help: 'Moves that had to wait: for the rate, the budget, a cap of the source or target, or for an eligible shard',
    labelNames: ['reason', 'because'],
  });
  const left = gauge(registry, {
    name: 'flotilla_shard_drain_applications',
    help: 'Applications left on shards that are being drained',
    labelNames: ['shard'],
  });
  const drained = counter(registry, {
    name: 'flotilla_shard_drained_total',
    help: 'How often a shard was found to be empty after a drain',
    labelNames: ['shard'],
  });
  const planned = gauge(registry, {
    name: 'flotilla_shard_rebalance_planned_moves',
    help: 'Moves of the rebalance plan that are not requested yet',
  });
  return {
    requested: (reason) => {
      requests.inc({ reason });
    },
    deferred: (reason, because) => {
      deferred.inc({ reason, because });
    },
    draining: (all) => {
      left.reset();
      for (const [shard, count] of all) left.set({ shard }, count);
    },
    drained: (shard) => {
      drained.inc({ shard });
    },
    planned: (count) => {
      planned.set(count);
    },
  };
}
