import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import type { Clock, Random } from '../../clock/clock.ts';
import { Informer } from '../../informer/informer.ts';
import type { Logger } from '../../logging/logger.ts';
import { availableShards, shardPods } from '../../scheduling/available.ts';
import type { ShardPods } from '../../scheduling/available.ts';

const podResource: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

export interface ShardDiscoveryOptions {
  readonly client: KubeClient;
  /** Where the controllers run. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The available shards are told in the log that often; never when zero. */
  readonly resyncPeriodMs: number;
}

/** Knows the shards of the fleet by the pods that announce them. */
export class ShardDiscovery {
  readonly #options: ShardDiscoveryOptions;
  readonly #pods: Informer;
  readonly #listeners = new Set<() => void>();
  #shards: ShardPods | undefined;
  #available = '';

  constructor(options: ShardDiscoveryOptions) {
    const { client, namespace, clock, random, logger } = options;
    this.#options = options;
    this.#pods = new Informer({
      client,
      resource: podResource,
      namespace,
      labelSelector: `${labels.shardId},app.kubernetes.io/name=vela-core`,
      transform: onlyWhatCounts,
      clock,
      random,
      logger,
    });
  }

  get synced(): boolean {
    return this.#pods.synced;
  }

  whenSynced(signal: AbortSignal): Promise<void> {
    return this.#pods.whenSynced(signal);
  }

  /** The shards that have a ready pod, sorted. */
  available(): readonly string[] {
    return availableShards(this.#current());
  }

  /** All shards that have a pod, ready or not. */
  known(): readonly string[] {
    return [...this.#current().keys()].sort();
  }

  /** Calls back after the available shards have changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    const changed = (): void => {
      this.#shards = undefined;
      if (this.#pods.synced) this.#announce();
    };
    this.#pods.subscribe({ added: changed, updated: changed, deleted: changed });
    await Promise.all([this.#pods.run(signal), this.#whenFirstSynced(signal), this.#repeat(signal)]);
  }

  async #whenFirstSynced(signal: AbortSignal): Promise<void> {
    await this.#pods.whenSynced(signal).catch(() => undefined);
    if (!signal.aborted) this.#announce();
  }

  #current(): ShardPods {
    this.#shards ??= shardPods(this.#pods.list());
    return this.#shards;
  }

  #announce(): void {
    const shards = this.available().join(',');
    if (shards === this.#available) return;
    this.#options.logger.info({ from: this.#available, to: shards }, 'available shards changed');
    this.#available = shards;
    for (const listener of this.#listeners) listener();
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { clock, logger, resyncPeriodMs } = this.#options;
    if (resyncPeriodMs <= 0) return;
    while (await slept(clock.sleep(resyncPeriodMs, signal))) {
      this.#shards = undefined;
      logger.debug({ to: this.available().join(',') }, 'available shards');
    }
  }
}

const slept = (sleeping: Promise<void>): Promise<boolean> =>
  sleeping.then(
    () => true,
    () => false,
  );

/** A pod's specification is large and says nothing about its shard. */
function onlyWhatCounts({ apiVersion, kind, metadata, status }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels: own, deletionTimestamp } = metadata;
  const { phase, conditions } = (status ?? {}) as { readonly phase?: string; readonly conditions?: unknown };
  const kept = Object.fromEntries(
    Object.entries({ name, namespace, uid, resourceVersion, labels: own, deletionTimestamp }).filter(
      ([, v]) => v !== undefined,
    ),
  );
  return { apiVersion, kind, metadata: kept, status: { phase, conditions } };
}
