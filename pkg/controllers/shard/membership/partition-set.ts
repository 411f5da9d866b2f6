import { isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Condition, JsonObject } from '../../../apis/meta.ts';
import { shardPartitionResource } from '../../../apis/shard-partition.ts';
import type { ShardPartition } from '../../../apis/shard-partition.ts';
import { shardPartitionSetResource } from '../../../apis/shard-partition-set.ts';
import type { ShardPartitionSet, ShardPartitionSetStatus } from '../../../apis/shard-partition-set.ts';
import { Informer } from '../../../informer/informer.ts';
import { deepEqual } from '../../../patch/equality.ts';
import { partitionsOf, setProblems } from '../../../scheduling/partition-set.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { Looks } from '../fleet-sight.ts';
import type { PartitionStatusOptions } from './partition.ts';

/**
 * Makes the partitions of every ShardPartitionSet and removes those that no shard belongs to any more. A partition that
 * somebody else made under such a name is left alone, and the set says so.
 */
export class PartitionSets {
  readonly #options: PartitionStatusOptions;
  readonly #sets: Informer<ShardPartitionSet>;
  readonly #partitions: Informer<ShardPartition>;
  readonly #looks: Looks;

  constructor(options: PartitionStatusOptions) {
    const { client, clock, random, logger, view } = options;
    const parts = { client, clock, random, logger };
    this.#options = options;
    this.#sets = new Informer<ShardPartitionSet>({ ...parts, resource: shardPartitionSetResource });
    this.#partitions = new Informer<ShardPartition>({ ...parts, resource: shardPartitionResource });
    this.#looks = new Looks({ clock, logger, periodMs: 15_000, what: 'partitions of sets' });
    const { wake } = this.#looks;
    for (const informer of [this.#sets, this.#partitions])
      informer.subscribe({ added: wake, updated: wake, deleted: wake });
    view.onChange(wake);
  }

  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#sets.run(signal), this.#partitions.run(signal)]);
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    await this.#options.view.whenSynced(signal).catch(() => undefined);
    await this.#looks.run(async () => {
      if (!this.#sets.synced || !this.#partitions.synced) return;
      for (const set of this.#sets.list())
        if (set.metadata.deletionTimestamp === undefined) await this.#keep(client, set, signal);
    }, signal);
  }

  async #keep(client: KubeClient, set: ShardPartitionSet, signal: AbortSignal): Promise<void> {
    const wanted = partitionsOf(set, this.#options.view.shards());
    const isOwn = ({ metadata }: ShardPartition): boolean =>
      metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid) ?? false;
    const options = { fieldManager: fleetFieldManager, signal };
    const taken: string[] = [];
    for (const [name, partition] of wanted) {
      const found = this.#partitions.get(name);
      if (found === undefined) await client.create(shardPartitionResource, partition, options);
      else if (!isOwn(found)) taken.push(name);
      else if (!deepEqual(found.spec, partition.spec)) {
        const spec = { selector: { matchExpressions: null, ...partition.spec.selector } } as unknown as JsonObject;
        await client.patch(shardPartitionResource, { name }, { type: 'merge', body: { spec } }, options);
      }
    }
    for (const partition of this.#partitions.list()) {
      const { name = '' } = partition.metadata;
      if (isOwn(partition) && !wanted.has(name)) await remove(client, name, signal);
    }
    await this.#report(client, set, { count: wanted.size - taken.length, taken }, signal);
  }

  async #report(
    client: KubeClient,
    set: ShardPartitionSet,
    { count, taken }: { readonly count: number; readonly taken: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const problems = setProblems(set);
    const [status, reason, message] =
      problems.length > 0
        ? (['False', 'InvalidSpec', problems.join('; ')] as const)
        : taken.length > 0
          ? (['False', 'NameTaken', `somebody else made shardpartition ${taken.join(', ')}`] as const)
          : (['True', 'PartitionsMade', `${count} partitions`] as const);
    const before = set.status?.conditions?.find(({ type }) => type === 'Ready');
    const isSame = before?.status === status && before.reason === reason;
    const now = new Date(this.#options.clock.now()).toISOString();
    const lastTransitionTime = isSame ? before.lastTransitionTime : now;
    const condition: Condition = { type: 'Ready', status, reason, message, lastTransitionTime };
    const next: ShardPartitionSetStatus = { partitions: count, conditions: [condition] };
    if (deepEqual(next, set.status)) return;
    const options = { subresource: 'status', fieldManager: fleetFieldManager, signal };
    const body = { status: next as unknown as JsonObject };
    const target = { name: set.metadata.name ?? '' };
    await client.patch(shardPartitionSetResource, target, { type: 'merge', body }, options);
  }
}

async function remove(client: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  try {
    await client.delete(shardPartitionResource, { name }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
