import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { Shard } from '../../../apis/shard.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import { shardFactsOf, shardOfLease } from '../../../fleet/shard-facts.ts';
import type { ShardLister } from '../../../fleet/shard-lister.ts';
import { Informer } from '../../../informer/informer.ts';
import { leases, recordOf } from '../../../lease/record.ts';
import type { Lease } from '../../../lease/record.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import { done } from '../../../reconcile/result.ts';
import type { Trigger } from '../../../reconcile/source.ts';
import { viewOf } from '../../../scheduling/membership.ts';
import type { MembershipRules } from '../../../scheduling/membership.ts';
import type { ShardView } from '../../../scheduling/shards.ts';

const podResource: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

export interface FleetViewOptions extends MembershipRules {
  readonly client: KubeClient;
  /** Namespace of the pods. */
  readonly namespace: string;
  readonly leaseNamespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Period of the debug log line with the available shards; never when zero. */
  readonly resyncPeriodMs: number;
  /** Period of the check for changes that only time makes, such as an expired Lease; default 500 ms. */
  readonly tickMs?: number | undefined;
}

/**
 * The fleet as one master replica sees it: the pods that announce shards, the Leases of their processes, and the Shard
 * objects of users. Its cost grows with the number of shards alone.
 */
export class FleetView implements ShardLister, Trigger {
  readonly #options: FleetViewOptions;
  readonly #pods: Informer;
  readonly #leases: Informer<Lease>;
  readonly #shards: Informer<Shard>;
  readonly #listeners = new Set<() => void>();
  /** When each Lease was first seen in its present state. */
  readonly #since = new Map<string, { readonly state: string; readonly at: number }>();
  #views: readonly ShardView[] | undefined;
  #announced = { all: '', available: '' };

  constructor(options: FleetViewOptions) {
    const { client, namespace, leaseNamespace, clock, random, logger } = options;
    const parts = { client, clock, random, logger };
    this.#options = options;
    this.#pods = new Informer({
      ...parts,
      resource: podResource,
      namespace,
      labelSelector: `${labels.shardId},app.kubernetes.io/name=vela-core`,
      transform: withoutSpec,
    });
    this.#leases = new Informer<Lease>({
      ...parts,
      resource: leases,
      namespace: leaseNamespace,
      labelSelector: labels.shardId,
    });
    this.#shards = new Informer<Shard>({ ...parts, resource: shardResource });
  }

  /** Whether pods and Leases are known. Shard objects are optional: a fleet works without them. */
  get synced(): boolean {
    return this.#pods.synced && this.#leases.synced;
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#pods.whenSynced(signal), this.#leases.whenSynced(signal)]);
  }

  /** Every shard that has a pod, a Lease or a Shard object, sorted by id. */
  shards(): readonly ShardView[] {
    this.#views ??= this.#readShards();
    return this.#views;
  }

  get(id: string): ShardView | undefined {
    return this.shards().find((view) => view.id === id);
  }

  /** The ids of the shards that may get new Applications, sorted. */
  available(): readonly string[] {
    return this.shards().flatMap(({ id, isAvailable }) => (isAvailable ? [id] : []));
  }

  /** The ids of all shards that are not gone, sorted. */
  known(): readonly string[] {
    return this.shards().flatMap(({ id, phase }) => (phase === 'Gone' ? [] : [id]));
  }

  /** The Lease of a shard as it was last seen. */
  leaseOf(id: string): Lease | undefined {
    return this.#leases.list().find((lease) => shardOfLease(lease) === id);
  }

  /** The Shard object of a shard, where there is one. */
  objectOf(id: string): Shard | undefined {
    return this.#shards.get(id);
  }

  /**
   * Calls back after a shard has come or gone, or has changed its phase, its settings, or whether it is available, until
   * the returned function is called.
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#subscribe();
    const { clock, logger, tickMs = 500, resyncPeriodMs } = this.#options;
    const tick = new PeriodicTask({ name: 'fleet view', clock, logger, periodMs: tickMs });
    const report = new PeriodicTask({ name: 'available shards', clock, logger, periodMs: resyncPeriodMs });
    await Promise.all([
      this.#pods.run(signal),
      this.#leases.run(signal),
      this.#shards.run(signal),
      tick.run(() => this.#tick(), signal),
      ...(resyncPeriodMs > 0 ? [report.run(() => this.#logAvailable(), signal)] : []),
    ]);
  }

  #subscribe(): void {
    const changed = (): void => {
      this.#views = undefined;
      if (this.synced) this.#announce();
    };
    const handlers = { added: changed, updated: changed, deleted: changed };
    this.#pods.subscribe(handlers);
    this.#shards.subscribe(handlers);
    const observe = (lease: Lease): void => {
      this.#observe(lease);
      changed();
    };
    this.#leases.subscribe({
      added: observe,
      updated: (_, lease) => {
        observe(lease);
      },
      deleted: ({ metadata }) => {
        this.#since.delete(metadata.name ?? '');
        changed();
      },
    });
  }

  #observe(lease: Lease): void {
    const { name = '', uid = '' } = lease.metadata;
    const state = JSON.stringify([uid, recordOf(lease)]);
    if (this.#since.get(name)?.state !== state) this.#since.set(name, { state, at: this.#options.clock.monotonic() });
  }

  #readShards(): readonly ShardView[] {
    const objects = { pods: this.#pods.list(), leases: this.#leases.list(), shards: this.#shards.list() };
    const now = this.#options.clock.monotonic();
    const unchangedMs = ({ metadata }: Lease): number => now - (this.#since.get(metadata.name ?? '')?.at ?? now);
    return shardFactsOf(objects, unchangedMs).map((facts) => viewOf(facts, this.#options));
  }

  /** Calls the listeners when anything but a count has changed: counts change all the time. */
  #announce(): void {
    const all = JSON.stringify(
      this.shards().map((view) => {
        const { id, phase, isAvailable, weight, capacity, className, labels: own } = view;
        return [id, phase, isAvailable, weight, capacity, className, own];
      }),
    );
    if (all === this.#announced.all) return;
    const available = this.available().join(',');
    if (available !== this.#announced.available)
      this.#options.logger.info({ from: this.#announced.available, to: available }, 'available shards changed');
    this.#announced = { all, available };
    for (const listener of this.#listeners) listener();
  }

  /** A Lease that is not renewed any more sends no event. */
  #tick() {
    if (this.synced) {
      this.#views = undefined;
      this.#announce();
    }
    return Promise.resolve(done);
  }

  #logAvailable() {
    if (this.synced) this.#options.logger.debug({ to: this.available().join(',') }, 'available shards');
    return Promise.resolve(done);
  }
}

/** A pod's specification is large and says nothing about its shard. */
function withoutSpec({ apiVersion, kind, metadata, status }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels: own, deletionTimestamp } = metadata;
  const { phase, conditions } = (status ?? {}) as { readonly phase?: string; readonly conditions?: unknown };
  const kept = Object.fromEntries(
    Object.entries({ name, namespace, uid, resourceVersion, labels: own, deletionTimestamp }).filter(
      ([, v]) => v !== undefined,
    ),
  );
  return { apiVersion, kind, metadata: kept, status: { phase, conditions } };
}
