import { isForbidden, isNotFound } from '../../apis/api-error.ts';
import { applicationResource } from '../../apis/application.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import type { ShardPartition } from '../../apis/shard-partition.ts';
import { shardPartitionResource } from '../../apis/shard-partition.ts';
import type { Clock, Random } from '../../clock/clock.ts';
import { Informer } from '../../informer/informer.ts';
import type { Logger } from '../../logging/logger.ts';
import { scheduledShard } from '../../scheduling/assign.ts';
import { groupOf } from '../../scheduling/partition-group.ts';
import { partitionOf, place } from '../../scheduling/policy.ts';
import type { Policy } from '../../scheduling/policy.ts';
import { selectorProblems, selects } from '../../scheduling/selector.ts';
import type { ShardView } from '../../scheduling/shards.ts';
import type { Obstacle } from './waiting.ts';

const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

export interface PlacerOptions {
  readonly client: KubeClient;
  readonly shards: () => readonly ShardView[];
  readonly policy: Policy;
  readonly masterToo: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** For how long a choice counts before the shard is believed to have reported it; default 5 s. */
  readonly reportedAfterMs?: number | undefined;
}

/** What selectors see of a shard. */
const labelsOf = ({ id, labels: own }: ShardView): Readonly<Record<string, string>> => ({
  'flotilla.dev/shard': id,
  ...own,
});

const shown = 5;

function noneAvailable(what: string, views: readonly ShardView[]): Obstacle {
  const states = views.slice(0, shown).map((view) => `${view.id} is ${stateOf(view)}`);
  const more = views.length > shown ? [`${views.length - shown} more`] : [];
  const list = [...states, ...more].join(', ');
  return {
    reason: 'NoShardAvailable',
    message: list === '' ? `${what}: there is none; start one` : `${what}: ${list}`,
  };
}

function stateOf(view: ShardView): string {
  if (view.phase !== 'Ready') return view.phase;
  if (view.draining) return 'draining';
  if (view.cordoned) return 'cordoned';
  if (view.applications >= view.capacity) return `full (${view.applications} of ${view.capacity})`;
  return view.isAvailable ? 'not for it' : 'not available';
}

/** What binds an Application beside what it says itself. */
interface Surroundings {
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
  readonly parentShard: string | undefined;
}

/**
 * Chooses shards for Applications, by policy and by what binds them: partitions, which they or their namespaces name,
 * and parents. It keeps the partitions and the namespaces that name one, and nothing of Applications.
 */
export class Placer {
  readonly #options: PlacerOptions;
  readonly #partitions: Informer<ShardPartition>;
  readonly #namespaces: Informer;
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
      labelSelector: labels.shardPartition,
      metadataOnly: true,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#partitions.run(signal), this.#namespaces.run(signal)]);
  }

  /** The shard for an Application that has none; undefined when no shard may take it now. Throws when its namespace cannot be read. */
  async pick(application: KubeObject): Promise<string | undefined> {
    const namespaceLabels = await this.#namespaceLabels(application);
    const parentShard = await this.#parentShard(application);
    const chosen = this.#place(application, this.#options.shards(), { namespaceLabels, parentShard });
    if (chosen !== undefined) this.#choices.push({ shard: chosen, at: this.#options.clock.monotonic() });
    return chosen;
  }

  /** Why `pick` finds nothing for an Application at present. */
  async why(application: KubeObject): Promise<Obstacle> {
    const name = partitionOf(application, await this.#namespaceLabels(application));
    const views = this.#options.shards();
    if (name === undefined) return noneAvailable('no shard is available', views);
    const partition = this.#partitions.get(name);
    const remedy = `create it, or change the label ${labels.shardPartition} of the Application or its namespace`;
    if (!partition)
      return { reason: 'UnknownPartition', message: `shardpartition "${name}" does not exist: ${remedy}` };
    const problems = selectorProblems(partition.spec.selector);
    if (problems.length > 0)
      return { reason: 'InvalidSelector', message: `shardpartition "${name}": ${problems.join('; ')}` };
    const members = views.filter((view) => selects(partition.spec.selector, labelsOf(view)));
    if (members.length === 0)
      return {
        reason: 'NoShardInPartition',
        message: `shardpartition "${name}" selects no shard: label one, or ${remedy}`,
      };
    return noneAvailable(`no shard of partition "${name}" is available`, members);
  }

  /** As `pick`, among the given shards only and without counting the choice. */
  among(application: KubeObject, shards: readonly ShardView[]): string | undefined {
    const { namespace = '' } = application.metadata;
    const namespaceLabels = this.#namespaces.get(namespace)?.metadata.labels;
    return this.#place(application, shards, { namespaceLabels, parentShard: undefined });
  }

  /** The same for shards that may take any of each other's Applications. */
  groupOf(view: ShardView): string {
    return groupOf(view, this.#partitions.list());
  }

  #place(application: KubeObject, views: readonly ShardView[], around: Surroundings): string | undefined {
    const { policy, masterToo, random } = this.#options;
    this.#turn += 1;
    return place(application, views, {
      policy,
      masterToo,
      random,
      turn: this.#turn,
      onTheWay: this.#onTheWay(),
      inPartition: this.#partitionFilter(application, around),
      parentShard: around.parentShard,
    });
  }

  /** Whether a shard belongs to the partition that an Application is bound to; undefined when it is bound to none. */
  #partitionFilter(
    application: KubeObject,
    { namespaceLabels }: Surroundings,
  ): ((view: ShardView) => boolean) | undefined {
    const name = partitionOf(application, namespaceLabels);
    if (name === undefined) return undefined;
    const selector = this.#partitions.get(name)?.spec.selector;
    if (!selector || selectorProblems(selector).length > 0) return () => false;
    return (view) => selects(selector, labelsOf(view));
  }

  /** Of a namespace that is not in the cache the API server is asked: it may have been labelled a moment ago. */
  async #namespaceLabels({ metadata }: KubeObject): Promise<Surroundings['namespaceLabels']> {
    const { namespace: name = '' } = metadata;
    const cached = this.#namespaces.get(name);
    if (cached) return cached.metadata.labels;
    try {
      return (await this.#options.client.get(namespaces, { name })).metadata.labels;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
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
