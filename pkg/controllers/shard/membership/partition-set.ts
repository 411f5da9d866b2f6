import { isNotFound } from '../../../apis/api-error.ts';
import { withCondition } from '../../../apis/conditions.ts';
import type { NewCondition } from '../../../apis/conditions.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { shardPartitionResource } from '../../../apis/shard-partition.ts';
import type { ShardPartition } from '../../../apis/shard-partition.ts';
import { shardPartitionSetResource } from '../../../apis/shard-partition-set.ts';
import type { ShardPartitionSet, ShardPartitionSetStatus } from '../../../apis/shard-partition-set.ts';
import { Informer } from '../../../informer/informer.ts';
import { deepEqual } from '../../../../machinery/src/patch/equality.ts';
import { Controller } from '../../../reconcile/controller.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { changesOf, keysAfter } from '../../../reconcile/source.ts';
import { partitionsOf, setProblems } from '../../../scheduling/partition-set.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';
import { patchStatus } from '../patch-status.ts';
import { partitionPeriodMs } from './partition.ts';
import type { PartitionOptions } from './partition.ts';

/**
 * Creates the partitions of every ShardPartitionSet and deletes those without shards. It does not change a partition of
 * another origin that has such a name; the condition of the set reports it.
 */
export class PartitionSetController {
  readonly #options: PartitionOptions;
  readonly #sets: Informer<ShardPartitionSet>;
  readonly #partitions: Informer<ShardPartition>;

  constructor(options: PartitionOptions) {
    const { client, clock, random, logger } = options;
    const parts = { client, clock, random, logger };
    this.#options = options;
    this.#sets = new Informer<ShardPartitionSet>({ ...parts, resource: shardPartitionSetResource });
    this.#partitions = new Informer<ShardPartition>({ ...parts, resource: shardPartitionResource });
  }

  /** Keeps the caches; runs on every replica. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#sets.run(signal), this.#partitions.run(signal)]);
  }

  /** Runs with the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, metrics } = this.#options;
    const names = (): readonly string[] => this.#sets.list().map(({ metadata }) => metadata.name ?? '');
    const controller = new Controller({
      ...fleetControllerDefaults,
      name: 'shard-partition-set',
      sources: [changesOf(this.#sets), changesOf(this.#partitions, { map: names }), keysAfter(view, names)],
      reconcile: (name, context) => this.reconcile(client, name, context.signal),
      clock,
      logger,
      metrics,
    });
    await controller.run(signal);
  }

  async reconcile(client: KubeClient, name: string, signal: AbortSignal): Promise<Result> {
    const set = this.#sets.get(name);
    if (set?.metadata.deletionTimestamp !== undefined || set === undefined) return done;
    const isOwn = ({ metadata }: ShardPartition): boolean =>
      metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid) ?? false;
    const wanted = partitionsOf(set, this.#options.view.shards());
    const taken: string[] = [];
    for (const [id, partition] of wanted) {
      const found = this.#partitions.get(id);
      if (found && !isOwn(found)) taken.push(id);
      else await write(client, found, partition, signal);
    }
    for (const partition of this.#partitions.list()) {
      const { name: id = '' } = partition.metadata;
      if (isOwn(partition) && !wanted.has(id)) await remove(client, id, signal);
    }
    await this.#writeStatus(client, set, { count: wanted.size - taken.length, taken }, signal);
    return { requeueAfterMs: partitionPeriodMs };
  }

  async #writeStatus(
    client: KubeClient,
    set: ShardPartitionSet,
    { count, taken }: { readonly count: number; readonly taken: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const condition = readyCondition(setProblems(set), count, taken);
    const conditions = withCondition(set.status?.conditions ?? [], condition, this.#options.clock.now());
    const status: ShardPartitionSetStatus = { partitions: count, conditions };
    if (deepEqual(status, set.status)) return;
    await patchStatus(client, { resource: shardPartitionSetResource, object: set, status: { ...status } }, signal);
  }
}

function readyCondition(problems: readonly string[], count: number, taken: readonly string[]): NewCondition {
  const type = 'Ready';
  if (problems.length > 0) return { type, status: 'False', reason: 'InvalidSpec', message: problems.join('; ') };
  return taken.length > 0
    ? { type, status: 'False', reason: 'NameTaken', message: `other owners have shardpartition ${taken.join(', ')}` }
    : { type, status: 'True', reason: 'PartitionsMade', message: `${count} partitions` };
}

async function write(
  client: KubeClient,
  found: ShardPartition | undefined,
  wanted: ShardPartition,
  signal: AbortSignal,
): Promise<void> {
  const options = { fieldManager: fleetFieldManager, signal };
  if (!found) {
    await client.create(shardPartitionResource, wanted, options);
    return;
  }
  if (deepEqual(found.spec, wanted.spec)) return;
  const target = { name: wanted.metadata.name ?? '' };
  const spec = { selector: { matchExpressions: null, ...wanted.spec.selector } } as unknown as JsonObject;
  await client.patch(shardPartitionResource, target, { type: 'merge', body: { spec } }, options);
}

async function remove(client: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  try {
    await client.delete(shardPartitionResource, { name }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
