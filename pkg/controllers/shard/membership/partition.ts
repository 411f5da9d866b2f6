import { withCondition } from '../../../apis/conditions.ts';
import type { NewCondition } from '../../../apis/conditions.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { ShardPartition, ShardPartitionStatus } from '../../../apis/shard-partition.ts';
import { shardPartitionResource } from '../../../apis/shard-partition.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { deepEqual } from '../../../../machinery/src/patch/equality.ts';
import { Controller } from '../../../reconcile/controller.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { changesOf, keysAfter } from '../../../reconcile/source.ts';
import { labelsOf } from '../../../scheduling/bounds.ts';
import { selectorProblems, selects } from '../../../scheduling/selector.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';
import { patchStatus } from '../patch-status.ts';
import type { FleetView } from './fleet-view.ts';

export interface PartitionOptions {
  readonly client: KubeClient;
  readonly view: Pick<FleetView, 'shards' | 'onChange' | 'whenSynced'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** The addresses of shards change without a change of the fleet. */
export const partitionPeriodMs = 15_000;

/** Returns the status of a partition from the shards that there are. */
export function partitionStatus(
  { spec, status }: ShardPartition,
  views: readonly ShardView[],
  nowMs: number,
): ShardPartitionStatus {
  const problems = selectorProblems(spec.selector);
  const chosen =
    problems.length > 0 ? [] : views.filter((view) => view.phase !== 'Gone' && selects(spec.selector, labelsOf(view)));
  const endpoints = chosen.map(({ id, phase, facts }) => {
    const address = facts.lease?.report.address;
    return { shard: id, phase, ...(address !== undefined && { address }) };
  });
  const conditions = withCondition(status?.conditions ?? [], readyCondition(problems, chosen.length), nowMs);
  return { shards: chosen.length, endpoints, conditions };
}

function readyCondition(problems: readonly string[], shards: number): NewCondition {
  if (problems.length > 0)
    return { type: 'Ready', status: 'False', reason: 'InvalidSelector', message: problems.join('; ') };
  return shards === 0
    ? { type: 'Ready', status: 'False', reason: 'NoShards', message: 'no shard has labels that it selects' }
    : { type: 'Ready', status: 'True', reason: 'ShardsSelected', message: `${shards} shards` };
}

/** Keeps the status of partitions: their shards, the addresses of those, and whether the selector is valid. */
export class PartitionController {
  readonly #options: PartitionOptions;
  readonly #partitions: Informer<ShardPartition>;

  constructor(options: PartitionOptions) {
    const { client, clock, random, logger } = options;
    this.#options = options;
    this.#partitions = new Informer({ client, clock, random, logger, resource: shardPartitionResource });
  }

  /** Keeps the cache; runs on every replica. */
  async watch(signal: AbortSignal): Promise<void> {
    await this.#partitions.run(signal);
  }

  /** Runs with the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, metrics } = this.#options;
    const names = (): readonly string[] => this.#partitions.list().map(({ metadata }) => metadata.name ?? '');
    const controller = new Controller({
      ...fleetControllerDefaults,
      name: 'shard-partition',
      sources: [changesOf(this.#partitions), keysAfter(view, names)],
      reconcile: (name, context) => this.reconcile(client, name, context.signal),
      clock,
      logger,
      metrics,
    });
    await controller.run(signal);
  }

  async reconcile(client: KubeClient, name: string, signal: AbortSignal): Promise<Result> {
    const { view, clock } = this.#options;
    const partition = this.#partitions.get(name);
    if (!partition) return done;
    const status = partitionStatus(partition, view.shards(), clock.now());
    if (!deepEqual(status, partition.status))
      await patchStatus(client, { resource: shardPartitionResource, object: partition, status: { ...status } }, signal);
    return { requeueAfterMs: partitionPeriodMs };
  }
}
