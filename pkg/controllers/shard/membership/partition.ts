import { isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Condition, JsonObject } from '../../../apis/meta.ts';
import type { ShardPartition, ShardPartitionStatus } from '../../../apis/shard-partition.ts';
import { shardPartitionResource } from '../../../apis/shard-partition.ts';
import type { Clock, Random } from '../../../clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../logging/logger.ts';
import { deepEqual } from '../../../patch/equality.ts';
import { labelsOf } from '../../../scheduling/bounds.ts';
import { selectorProblems, selects } from '../../../scheduling/selector.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { Looks } from '../fleet-sight.ts';
import type { FleetView } from './fleet-view.ts';

export interface PartitionStatusOptions {
  readonly client: KubeClient;
  readonly view: Pick<FleetView, 'shards' | 'onChange' | 'whenSynced'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What a partition's status should say of the fleet as it is. */
export function partitionStatus(
  { spec }: ShardPartition,
  views: readonly ShardView[],
  before: Condition | undefined,
  now: string,
): ShardPartitionStatus {
  const problems = selectorProblems(spec.selector);
  const chosen =
    problems.length > 0 ? [] : views.filter((view) => view.phase !== 'Gone' && selects(spec.selector, labelsOf(view)));
  const endpoints = chosen.map(({ id, phase, facts }) => {
    const address = facts.lease?.report.address;
    return { shard: id, phase, ...(address !== undefined && { address }) };
  });
  const [status, reason, message] =
    problems.length > 0
      ? (['False', 'InvalidSelector', problems.join('; ')] as const)
      : chosen.length === 0
        ? (['False', 'NoShards', 'no shard has labels that it selects'] as const)
        : (['True', 'ShardsSelected', `${chosen.length} shards`] as const);
  const isSame = before?.status === status && before.reason === reason;
  const lastTransitionTime = isSame ? before.lastTransitionTime : now;
  const condition: Condition = { type: 'Ready', status, reason, message, lastTransitionTime };
  return { shards: chosen.length, endpoints, conditions: [condition] };
}

/** Keeps the status of partitions: their shards, where those answer, and whether the selector is of any use. */
export class PartitionStatusWriter {
  readonly #options: PartitionStatusOptions;
  readonly #partitions: Informer<ShardPartition>;
  readonly #looks: Looks;

  constructor(options: PartitionStatusOptions) {
    const { client, clock, random, logger, view } = options;
    this.#options = options;
    this.#partitions = new Informer<ShardPartition>({
      client,
      clock,
      random,
      logger,
      resource: shardPartitionResource,
    });
    this.#looks = new Looks({ clock, logger, periodMs: 15_000, what: 'status of partitions' });
    const { wake } = this.#looks;
    this.#partitions.subscribe({ added: wake, updated: wake, deleted: wake });
    view.onChange(wake);
  }

  async watch(signal: AbortSignal): Promise<void> {
    await this.#partitions.run(signal);
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view } = this.#options;
    await view.whenSynced(signal).catch(() => undefined);
    await this.#looks.run(() => this.write(client, signal), signal);
  }

  /** Writes what has changed. */
  async write(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock } = this.#options;
    for (const partition of this.#partitions.list()) {
      const before = partition.status?.conditions?.find(({ type }) => type === 'Ready');
      const status = partitionStatus(partition, view.shards(), before, new Date(clock.now()).toISOString());
      if (deepEqual(status, partition.status)) continue;
      const { name = '' } = partition.metadata;
      const body = { status: status as unknown as JsonObject };
      const options = { subresource: 'status', fieldManager: fleetFieldManager, signal };
      try {
        await client.patch(shardPartitionResource, { name }, { type: 'merge', body }, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }
}
