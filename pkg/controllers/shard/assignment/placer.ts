import { isForbidden, isNotFound } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject, ObjectMeta, Resource } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import type { ShardPartition } from '../../../apis/shard-partition.ts';
import { shardPartitionResource } from '../../../apis/shard-partition.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { scheduledShard } from '../../../scheduling/assign.ts';
import { boundsOf, isWithin, obstacleOf } from '../../../scheduling/bounds.ts';
import type { Bounds, Obstacle } from '../../../scheduling/bounds.ts';
import { groupOf } from '../../../scheduling/partition-group.ts';
import { place } from '../../../scheduling/policy.ts';
import type { Policy } from '../../../scheduling/policy.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { SharedRead } from './shared-read.ts';

const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

/** Timeout of the read of a namespace. */
const readWithinMs = 5_000;

export interface PlacerOptions {
  readonly client: KubeClient;
  readonly shards: () => readonly ShardView[];
  readonly policy: Policy;
  readonly masterToo: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long a choice counts as arriving, until the shard has reported it; default 5 s. */
  readonly reportedAfterMs?: number | undefined;
}

/** Bounds of an Application that its own metadata does not have. */
interface Surroundings {
  readonly namespace: ObjectMeta | undefined;
  readonly parentShard: string | undefined;
}

/**
 * Chooses shards for Applications, by policy and within their bounds: partitions, which they or their namespaces name,
 * selectors, and parents. It keeps the partitions and the metadata of namespaces, and nothing of Applications.
 */
export class Placer {
  readonly #options: PlacerOptions;
  readonly #partitions: Informer<ShardPartition>;
  readonly #namespaces: Informer;
  /** Reads of namespaces under way: many Applications may come at once, with few namespaces. */
  readonly #reads = new Map<string, SharedRead<KubeObject>>();
  #turn = 0;
  #choices: { readonly shard: string; readonly at: number }[] = [];

  constructor(options: PlacerOptions) {
    const { client, clock, random, logger } = options;
    const parts = { client, clock, random, logger };
    this.#options = options;
    this.#partitions = new Informer<ShardPartition>({ ...parts, resource: shardPartitionResource });
    this.#namespaces = new Informer({
      ...parts,
      resource: namespaces,
      metadataOnly: true,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#partitions.run(signal), this.#namespaces.run(signal)]);
  }

  /** The shard for an Application that has none; undefined when no shard may take it now. Throws when its namespace cannot be read. */
  async pick(application: KubeObject): Promise<string | undefined> {
    const namespace = await this.#namespaceOf(application);
    const parentShard = await this.#parentShard(application);
    const chosen = this.#place(application, this.#options.shards(), { namespace, parentShard });
    if (chosen !== undefined) this.#choices.push({ shard: chosen, at: this.#options.clock.monotonic() });
    return chosen;
  }

  /** Why `pick` finds no shard for an Application at present. */
  async obstacle(application: KubeObject): Promise<Obstacle> {
    return obstacleOf(this.#boundsOf(application, await this.#namespaceOf(application)), this.#options.shards());
  }

  /** As `pick`, among the given shards only and without counting the choice. */
  among(application: KubeObject, shards: readonly ShardView[]): string | undefined {
    const namespace = this.#namespaces.get(application.metadata.namespace ?? '')?.metadata;
    return this.#place(application, shards, { namespace, parentShard: undefined });
  }

  /** Returns the same group for shards that may stand in for each other. */
  groupOf(view: ShardView): string {
    return groupOf(view, this.#partitions.list());
  }

  #place(application: KubeObject, views: readonly ShardView[], around: Surroundings): string | undefined {
    const { policy, masterToo, random } = this.#options;
    const bounds = this.#boundsOf(application, around.namespace);
    this.#turn += 1;
    return place(application, views, {
      policy,
      masterToo,
      random,
      turn: this.#turn,
      onTheWay: this.#onTheWay(),
      inPartition: (view) => isWithin(bounds, view),
      parentShard: around.parentShard,
    });
  }

  #boundsOf(application: KubeObject, namespace: ObjectMeta | undefined): Bounds {
    return boundsOf(application, namespace, (name) => this.#partitions.get(name));
  }

  /** Reads a namespace live unless its cached copy has bounds: it may have been labelled a moment ago. */
  async #namespaceOf({ metadata }: KubeObject): Promise<ObjectMeta | undefined> {
    const { namespace: name = '' } = metadata;
    const cached = this.#namespaces.get(name)?.metadata;
    if (cached?.labels?.[labels.shardPartition] ?? cached?.annotations?.[annotations.shardSelector]) return cached;
    try {
      return (await this.#readNamespace(name)).metadata;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #readNamespace(name: string): Promise<KubeObject> {
    const { client } = this.#options;
    const read =
      this.#reads.get(name) ??
      new SharedRead(() => client.get(namespaces, { name }, { signal: AbortSignal.timeout(readWithinMs) }));
    this.#reads.set(name, read);
    try {
      return await read.get();
    } finally {
      if (read.isIdle) this.#reads.delete(name);
    }
  }

  #onTheWay(): ReadonlyMap<string, number> {
    const { clock, reportedAfterMs = 5_000 } = this.#options;
    const oldest = clock.monotonic() - reportedAfterMs;
    const fresh = this.#choices.findIndex(({ at }) => at >= oldest);
    this.#choices = fresh < 0 ? [] : this.#choices.slice(fresh);
    const counts = new Map<string, number>();
    for (const { shard } of this.#choices) counts.set(shard, (counts.get(shard) ?? 0) + 1);
    return counts;
  }

  /** The shard of the Application that delivered this one, where one did. */
  async #parentShard({ metadata }: KubeObject): Promise<string | undefined> {
    const name = metadata.labels?.[labels.appName];
    const namespace = metadata.labels?.[labels.appNamespace];
    if (name === undefined || namespace === undefined) return undefined;
    try {
      return scheduledShard(await this.#options.client.get(applicationResource, { name, namespace }));
    } catch (error) {
      if (!isNotFound(error) && !isForbidden(error)) this.#options.logger.debug({ err: error }, 'parent not read');
      return undefined;
    }
  }
}
