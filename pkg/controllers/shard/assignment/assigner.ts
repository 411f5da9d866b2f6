import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient, Named } from '../../../apis/kube-client.ts';
import { keyOf } from '../../../apis/meta.ts';
import type { KubeObject } from '../../../apis/meta.ts';
import type { Clock, Random } from '../../../clock/clock.ts';
import { mapBounded } from '../../../dispatch/bounded.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../logging/logger.ts';
import { counter, gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import type { Obstacle } from '../../../scheduling/bounds.ts';
import { shardOfFamily } from '../../../scheduling/assign.ts';
import { applicationFamilies } from '../../family/application.ts';
import type { Families, Family } from '../../family/families.ts';
import type { EventSink } from '../fleet-sight.ts';
import { Waiting } from './unassigned-reporter.ts';

export interface AssignerOptions {
  /** Of what kind; Applications when absent. */
  readonly families?: Families | undefined;
  /** For the watches, on every replica. */
  readonly client: KubeClient;
  readonly pick: (application: KubeObject) => Promise<string | undefined>;
  /** The shards that exist, whatever their state; undefined until that is known. */
  readonly known: () => readonly string[] | undefined;
  /** Whether any shard could take anything; asked before something is read in vain. Yes when absent. */
  readonly canPlace?: (() => boolean) | undefined;
  /** Why an Application has no shard; nothing is told of those that wait when absent. */
  readonly why?: ((application: KubeObject) => Promise<Obstacle>) | undefined;
  /** How long an Application may wait before it is told; 60 s when absent. */
  readonly patienceMs?: number | undefined;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** For how long an Application must name a shard that nobody knows before it gets another one. */
  readonly strayGraceMs: number;
  /** How often Applications are tried again that no shard could take; default 2 s. */
  readonly retryPeriodMs?: number | undefined;
  /** How many are assigned at once; default 8. */
  readonly workers?: number | undefined;
}

/**
 * Gives a shard to every Application that has none: created while no shard was available, past the webhook, or before
 * sharding was switched on; and to those that name a shard which does not exist. It watches these alone, so that its
 * cost does not grow with the number of Applications.
 */
export class Assigner {
  readonly #options: AssignerOptions;
  readonly #families: Families;
  readonly #unassigned: Informer;
  #strays: { readonly known: string; readonly informer: Informer; readonly end: AbortController } | undefined;
  readonly #straySince = new Map<string, number>();
  readonly #waiting: Waiting | undefined;
  readonly #metrics: ReturnType<typeof assignerMetrics>;
  #wake: () => void = () => undefined;

  constructor(options: AssignerOptions) {
    this.#options = options;
    this.#families = options.families ?? applicationFamilies;
    const { why, events, clock, patienceMs } = options;
    this.#waiting = why && new Waiting({ resource: this.#families.kind.resource, why, events, clock, patienceMs });
    this.#metrics = assignerMetrics(options.metrics);
    this.#unassigned = this.#informer(`!${this.#families.kind.keys.shard}`);
  }

  /** How many Applications wait for a shard. */
  get waiting(): number {
    return this.#unassigned.size + this.strays.length;
  }

  /** Applications that name a shard which nobody knows, or none in so many words. */
  get strays(): readonly KubeObject[] {
    return this.#strays?.informer.list() ?? [];
  }

  get synced(): boolean {
    return this.#unassigned.synced;
  }

  /** Something may have changed: tries again at once. */
  nudge(): void {
    this.#wake();
  }

  /** Keeps the watches; runs on every replica. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs = 2_000 } = this.#options;
    const following = this.#unassigned.run(signal);
    while (!signal.aborted) {
      this.#followStrays(signal);
      await clock.sleep(retryPeriodMs, signal).catch(() => undefined);
    }
    this.#strays?.end.abort();
    await following;
  }

  /** Assigns through the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs = 2_000 } = this.#options;
    while (!signal.aborted) {
      const nap = new AbortController();
      const end = (): void => {
        nap.abort();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
      await this.#sweep(client, signal);
      await clock.sleep(retryPeriodMs, nap.signal).catch(() => undefined);
      signal.removeEventListener('abort', end);
    }
  }

  /** The selector names the shards that exist, so it is a new one whenever those change. */
  #followStrays(signal: AbortSignal): void {
    const ids = this.#options.known();
    const known = ids && [...ids].sort().join(',');
    if (!known || known === this.#strays?.known || signal.aborted) return;
    this.#strays?.end.abort();
    const end = new AbortController();
    const { shard } = this.#families.kind.keys;
    const informer = this.#informer(`${shard},${shard} notin (${known})`);
    this.#strays = { known, informer, end };
    void informer.run(AbortSignal.any([signal, end.signal]));
  }

  #informer(labelSelector: string): Informer {
    const { client, clock, random, logger } = this.#options;
    const common = { client, clock, random, logger };
    const informer = new Informer({
      ...common,
      resource: this.#families.kind.resource,
      labelSelector,
      metadataOnly: true,
    });
    informer.subscribe({
      added: () => {
        this.#wake();
      },
    });
    return informer;
  }

  async #sweep(client: KubeClient, signal: AbortSignal): Promise<void> {
    const lost = this.#lost();
    this.#metrics.unassigned.set(this.#unassigned.size);
    this.#metrics.strays.set(this.strays.length);
    const all = [...this.#unassigned.list(), ...lost];
    this.#waiting?.update(all);
    this.#metrics.oldest.set((this.#waiting?.oldestMs ?? 0) / 1000);
    const canPlace = this.#options.canPlace?.() ?? true;
    await mapBounded(all, this.#options.workers ?? 8, async (object) => {
      if (signal.aborted) return;
      if (canPlace) await this.#assign(client, object, signal);
      else await this.#tell(client, object, signal);
    });
  }

  /** Strays whose time is over; an empty name is no shard from the start. */
  #lost(): readonly KubeObject[] {
    const { clock, strayGraceMs } = this.#options;
    const now = clock.monotonic();
    const named = new Map(
      this.strays.map((object) => [`${keyOf(object)}@${this.#families.shardOf(object) ?? ''}`, object]),
    );
    for (const key of [...this.#straySince.keys()]) if (!named.has(key)) this.#straySince.delete(key);
    return [...named].flatMap(([key, object]) => {
      const since = this.#straySince.get(key) ?? now;
      this.#straySince.set(key, since);
      return this.#families.shardOf(object) === undefined || now - since >= strayGraceMs ? [object] : [];
    });
  }

  async #assign(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
    const { logger, events } = this.#options;
    const target: Named = { name: object.metadata.name ?? '', namespace: object.metadata.namespace };
    try {
      const family = await this.#families.read(client, target, signal);
      const from = this.#families.shardOf(family.main);
      if (from !== undefined && this.#isKnown(from)) return;
      const to = await this.#choose(family);
      if (to === undefined) {
        await this.#tell(client, family.main, signal);
        return;
      }
      // a condition that is out of date is no reason to wait any longer
      await this.#quietly(object, () => this.#waiting?.end(client, family.main, to, signal), signal);
      await this.#families.assign(client, family, to, signal);
      this.#metrics.assigned.inc({ shard: to });
      logger.info({ ...target, shard: to, from }, 'application assigned');
      if (from === undefined) return;
      const message = `shard ${from} does not exist; it goes to ${to}`;
      events.event(family.main, 'Warning', 'ShardUnknown', message);
    } catch (error) {
      if (signal.aborted || isNotFound(error) || isConflict(error)) return;
      logger.warn({ ...target, err: error }, 'application not assigned');
    }
  }

  #tell(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
    return this.#quietly(object, () => this.#waiting?.tell(client, object, signal), signal);
  }

  async #quietly(object: KubeObject, write: () => Promise<void> | undefined, signal: AbortSignal): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (signal.aborted) return;
      this.#options.logger.warn({ object: keyOf(object), err: error }, 'condition Covered not written');
    }
  }

  /** Where a move was under way already, else where its family is, else as the policy has it. */
  async #choose({ main, members }: Family): Promise<string | undefined> {
    const wanted = this.#families.ownershipOf(main).move;
    if (wanted && !wanted.cancelled && this.#isKnown(wanted.to)) return wanted.to;
    const only = shardOfFamily(
      members.map(({ object }) => object),
      () => undefined,
      this.#families.kind.keys.shard,
    );
    return only !== undefined && this.#isKnown(only) ? only : this.#options.pick(main);
  }

  #isKnown(shard: string): boolean {
    return this.#options.known()?.includes(shard) ?? true;
  }
}

function assignerMetrics(registry: MetricsRegistry) {
  return {
    unassigned: gauge(registry, {
      name: 'flotilla_applications_unassigned',
      help: 'Applications that no shard was chosen for yet',
    }),
    strays: gauge(registry, {
      name: 'flotilla_applications_stray',
      help: 'Applications that name a shard which does not exist',
    }),
    oldest: gauge(registry, {
      name: 'flotilla_applications_unassigned_seconds',
      help: 'For how long the Application has been waiting that no shard has been found for the longest',
    }),
    assigned: counter(registry, {
      name: 'flotilla_applications_assigned_total',
      help: 'Applications that were given a shard after they were created',
      labelNames: ['shard'],
    }),
  };
}
