import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../apis/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import type { Shard } from '../../../apis/shard.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Clock, Random } from '../../../clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import { leases, recordOf } from '../../../lease/record.ts';
import type { Lease } from '../../../lease/record.ts';
import type { Logger } from '../../../logging/logger.ts';
import { shardPods } from '../../../scheduling/available.ts';
import { viewOf } from '../../../scheduling/membership.ts';
import type { MembershipRules } from '../../../scheduling/membership.ts';
import type { LeaseFacts, ShardFacts, ShardLoad, ShardReport, ShardView } from '../../../scheduling/shards.ts';

const podResource: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

export interface FleetViewOptions extends MembershipRules {
  readonly client: KubeClient;
  /** Where the controllers run and keep their Leases. */
  readonly namespace: string;
  readonly leaseNamespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The available shards are told in the log that often; never when zero. */
  readonly resyncPeriodMs: number;
  /** What is due by time alone is noticed that soon; default 500 ms. */
  readonly tickMs?: number | undefined;
}

/**
 * The fleet as one master replica sees it: the pods that announce shards, the Leases that their processes keep, and what
 * people say about them. Its cost grows with the number of shards alone.
 */
export class FleetView {
  readonly #options: FleetViewOptions;
  readonly #pods: Informer;
  readonly #leases: Informer<Lease>;
  readonly #shards: Informer<Shard>;
  readonly #listeners = new Set<() => void>();
  /** When each Lease was first seen as it is. */
  readonly #since = new Map<string, { readonly state: string; readonly at: number }>();
  #views: readonly ShardView[] | undefined;
  #told = { all: '', available: '' };

  constructor(options: FleetViewOptions) {
    const { client, namespace, leaseNamespace, clock, random, logger } = options;
    const parts = { client, clock, random, logger };
    this.#options = options;
    this.#pods = new Informer({
      ...parts,
      resource: podResource,
      namespace,
      labelSelector: `${labels.shardId},app.kubernetes.io/name=vela-core`,
      transform: onlyWhatCounts,
    });
    this.#leases = new Informer<Lease>({
      ...parts,
      resource: leases,
      namespace: leaseNamespace,
      labelSelector: labels.shardId,
    });
    this.#shards = new Informer<Shard>({ ...parts, resource: shardResource });
  }

  /** Shard objects are of use, but a fleet works without them. */
  get synced(): boolean {
    return this.#pods.synced && this.#leases.synced;
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#pods.whenSynced(signal), this.#leases.whenSynced(signal)]);
  }

  /** Every shard that has a pod, a Lease or a Shard object, sorted by id. */
  shards(): readonly ShardView[] {
    this.#views ??= this.#look();
    return this.#views;
  }

  get(id: string): ShardView | undefined {
    return this.shards().find((view) => view.id === id);
  }

  /** The ids of the shards that may get new Applications, sorted. */
  available(): readonly string[] {
    return this.shards().flatMap(({ id, isAvailable }) => (isAvailable ? [id] : []));
  }

  /** The ids of the shards that are there, whatever their state, sorted. */
  known(): readonly string[] {
    return this.shards().flatMap(({ id, phase }) => (phase === 'Gone' ? [] : [id]));
  }

  /** The Lease of a shard as it was last seen. */
  leaseOf(id: string): Lease | undefined {
    return this.#leases.list().find(({ metadata }) => metadata.labels?.[labels.shardId] === id);
  }

  /** The Shard object of a shard, where there is one. */
  objectOf(id: string): Shard | undefined {
    return this.#shards.get(id);
  }

  /** The Shard objects that there are. */
  objects(): readonly Shard[] {
    return this.#shards.list();
  }

  /** Calls back after a shard has come or gone, changed its phase, or has become available or unavailable. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    const changed = (): void => {
      this.#views = undefined;
      if (this.synced) this.#announce();
    };
    const handlers = { added: changed, updated: changed, deleted: changed };
    this.#pods.subscribe(handlers);
    this.#shards.subscribe(handlers);
    this.#leases.subscribe({
      added: (lease) => {
        this.#notice(lease);
        changed();
      },
      updated: (_, lease) => {
        this.#notice(lease);
        changed();
      },
      deleted: ({ metadata }) => {
        this.#since.delete(metadata.name ?? '');
        changed();
      },
    });
    await Promise.all([
      this.#pods.run(signal),
      this.#leases.run(signal),
      this.#shards.run(signal),
      this.#tick(signal),
      this.#repeat(signal),
    ]);
  }

  #notice(lease: Lease): void {
    const { name = '', uid = '' } = lease.metadata;
    const state = JSON.stringify([uid, recordOf(lease)]);
    if (this.#since.get(name)?.state !== state) this.#since.set(name, { state, at: this.#options.clock.monotonic() });
  }

  #look(): readonly ShardView[] {
    const pods = shardPods(this.#pods.list());
    const owned = new Map(this.#leases.list().map((lease) => [lease.metadata.labels?.[labels.shardId] ?? '', lease]));
    const ids = new Set([...pods.keys(), ...owned.keys(), ...this.#shards.list().map((s) => s.metadata.name ?? '')]);
    ids.delete('');
    return [...ids].sort().map((id) => {
      const lease = owned.get(id);
      const facts: ShardFacts = {
        id,
        lease: lease && this.#leaseFacts(lease),
        pods: [...(pods.get(id) ?? [])].map(([name, ready]) => ({ name, ready })),
        spec: this.#shards.get(id)?.spec,
      };
      return viewOf(facts, this.#options);
    });
  }

  #leaseFacts(lease: Lease): LeaseFacts {
    const { holder, durationMs, transitions, renewTime } = recordOf(lease);
    const since = this.#since.get(lease.metadata.name ?? '')?.at;
    const notes = lease.metadata.annotations ?? {};
    return {
      holder,
      durationMs,
      epoch: transitions,
      renewTime,
      unchangedMs: since === undefined ? 0 : this.#options.clock.monotonic() - since,
      homeShard: notes[annotations.homeShard],
      isDraining: notes[annotations.shardDraining] === 'true',
      report: reportOf(notes),
    };
  }

  #announce(): void {
    // what people say of a shard, and what it is; not what it counts, which changes all the time
    const all = JSON.stringify(
      this.shards().map((view) => {
        const { id, phase, isAvailable, weight, capacity, className, labels: own } = view;
        return [id, phase, isAvailable, weight, capacity, className, own];
      }),
    );
    if (all === this.#told.all) return;
    const available = this.available().join(',');
    if (available !== this.#told.available)
      this.#options.logger.info({ from: this.#told.available, to: available }, 'available shards changed');
    this.#told = { all, available };
    for (const listener of this.#listeners) listener();
  }

  /** A Lease that is not renewed any more sends no event. */
  async #tick(signal: AbortSignal): Promise<void> {
    const { clock, tickMs = 500 } = this.#options;
    await this.whenSynced(signal).catch(() => undefined);
    while (!signal.aborted) {
      this.#views = undefined;
      this.#announce();
      await clock.sleep(tickMs, signal).catch(() => undefined);
    }
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { clock, logger, resyncPeriodMs } = this.#options;
    if (resyncPeriodMs <= 0) return;
    const pause = (): Promise<boolean> =>
      clock.sleep(resyncPeriodMs, signal).then(
        () => true,
        () => false,
      );
    while (await pause()) logger.debug({ to: this.available().join(',') }, 'available shards');
  }
}

/** What a process says about itself; what cannot be read was not said. */
function reportOf(notes: Readonly<Record<string, string>>): ShardReport {
  const version = notes[annotations.shardVersion];
  const configHash = notes[annotations.shardConfigHash];
  const address = notes[annotations.shardAddress];
  const capacity = Number(notes[annotations.shardCapacity] ?? NaN);
  const load = loadOf(notes[annotations.shardLoad]);
  return {
    ...(version !== undefined && { version }),
    ...(configHash !== undefined && { configHash }),
    ...(address !== undefined && { address }),
    ...(capacity > 0 && { capacity }),
    ...(load && { load }),
  };
}

function loadOf(text: string | undefined): ShardLoad | undefined {
  try {
    const read = JSON.parse(text ?? 'null') as Partial<Record<keyof ShardLoad, unknown>> | null;
    if (read === null) return undefined;
    const { applications, backlog, busy, oldestSeconds } = read;
    const count = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : 0);
    const load = { applications: count(applications), backlog: count(backlog), busy: count(busy) };
    return oldestSeconds === undefined ? load : { ...load, oldestSeconds: count(oldestSeconds) };
  } catch {
    return undefined;
  }
}

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
