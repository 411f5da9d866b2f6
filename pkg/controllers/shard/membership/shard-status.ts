import { isAlreadyExists, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { JsonObject } from '../../../apis/meta.ts';
import { apiVersionOf } from '../../../apis/meta.ts';
import type { Shard, ShardStatus } from '../../../apis/shard.ts';
import { shardPhases, shardResource } from '../../../apis/shard.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Logger } from '../../../logging/logger.ts';
import { gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { podsReady } from '../../../scheduling/membership.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { fleetFieldManager } from '../../family/families.ts';
import type { EventSink } from '../fleet-sight.ts';
import { lookOnce } from '../fleet-sight.ts';
import type { FleetView } from './fleet-view.ts';

export interface ShardStatusOptions {
  readonly view: FleetView;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Numbers that change all the time are written that often; default 15 s. */
  readonly numbersPeriodMs?: number | undefined;
}

/** Keeps a Shard object for every shard: creates it, and tells in its status what the master sees; the spec is people's. */
export class ShardStatusWriter {
  readonly #options: ShardStatusOptions;
  readonly #metrics: ReturnType<typeof shardMetrics>;
  readonly #numbersAt = new Map<string, number>();
  readonly #counted = new Set<string>();
  #wake: () => void = () => undefined;

  constructor(options: ShardStatusOptions) {
    this.#options = options;
    this.#metrics = shardMetrics(options.metrics);
    options.view.onChange(() => {
      this.#wake();
    });
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, numbersPeriodMs = 15_000 } = this.#options;
    await view.whenSynced(signal).catch(() => undefined);
    signal.addEventListener(
      'abort',
      () => {
        this.#wake();
      },
      { once: true },
    );
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await lookOnce(
        () => this.write(client, signal),
        (error) => {
          const missing = isNotFound(error);
          logger[missing ? 'debug' : 'warn']({ err: error }, 'status of shards not written, trying again');
        },
        signal,
      );
      const nap = new AbortController();
      const pause = clock.sleep(numbersPeriodMs, nap.signal).catch(() => undefined);
      await Promise.race([woken, pause]);
      nap.abort();
    }
    this.#forget([]);
  }

  /** Writes what is missing or has changed. */
  async write(client: KubeClient, signal: AbortSignal): Promise<void> {
    const views = this.#options.view.shards();
    this.#forget(views.map(({ id }) => id));
    for (const view of views) {
      this.#count(view);
      const known = this.#options.view.objectOf(view.id);
      const object = known ?? (view.phase === 'Gone' ? undefined : await this.#create(client, view.id, signal));
      if (object) await this.#update(client, object, view, signal);
    }
  }

  async #create(client: KubeClient, name: string, signal: AbortSignal): Promise<Shard | undefined> {
    const shard: Shard = { apiVersion: apiVersionOf(shardResource), kind: 'Shard', metadata: { name }, spec: {} };
    try {
      return await client.create(shardResource, shard, { fieldManager: fleetFieldManager, signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return undefined;
    }
  }

  async #update(client: KubeClient, object: Shard, view: ShardView, signal: AbortSignal): Promise<void> {
    const { clock, numbersPeriodMs = 15_000 } = this.#options;
    const { status: old = {} } = object;
    const now = clock.monotonic();
    const isDue = now - (this.#numbersAt.get(view.id) ?? -Infinity) >= numbersPeriodMs;
    const { applications, backlog } = view.load;
    const numbers = { applications, backlog };
    const state = stateOf(view);
    if (!differs(state, old) && !(isDue && differs(numbers, old))) return;
    this.#numbersAt.set(view.id, now);
    const observedAt = old.phase === view.phase ? old.observedAt : new Date(clock.now()).toISOString();
    const status = Object.entries({ ...state, ...numbers, observedAt }).map(([key, value]) => [key, value ?? null]);
    const body = { status: Object.fromEntries(status) as JsonObject };
    const options = { subresource: 'status', fieldManager: fleetFieldManager, signal };
    try {
      await client.patch(shardResource, { name: view.id }, { type: 'merge', body }, options);
      if (old.phase !== view.phase) this.#tell(object, view);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #tell(object: Shard, { phase, facts }: ShardView): void {
    const isBad = phase === 'Suspect' || phase === 'Evacuating' || phase === 'Gone';
    const by = phase === 'Adopted' ? ` by the process of shard ${facts.lease?.homeShard ?? ''}` : '';
    const message = `was ${object.status?.phase ?? 'unknown'}, is ${phase}${by}`;
    this.#options.events.event(object, isBad ? 'Warning' : 'Normal', phase, message);
  }

  #count({ id, phase, load, facts }: ShardView): void {
    this.#counted.add(id);
    for (const one of shardPhases) this.#metrics.phase.set({ shard: id, phase: one }, one === phase ? 1 : 0);
    this.#metrics.applications.set({ shard: id }, load.applications);
    this.#metrics.backlog.set({ shard: id }, load.backlog);
    this.#metrics.busy.set({ shard: id }, load.busy);
    this.#metrics.oldest.set({ shard: id }, load.oldestSeconds ?? 0);
    if (facts.lease) this.#metrics.epoch.set({ shard: id }, facts.lease.epoch);
  }

  /** Series of shards that are not there any more would tell of them for ever. */
  #forget(kept: readonly string[]): void {
    for (const id of [...this.#counted].filter((one) => !kept.includes(one))) {
      this.#counted.delete(id);
      for (const phase of shardPhases) this.#metrics.phase.remove({ shard: id, phase });
      const { phase: _phase, ...others } = this.#metrics;
      for (const metric of Object.values(others)) metric.remove({ shard: id });
    }
  }
}

function differs(wanted: object, stored: object): boolean {
  const before = stored as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).some(([key, value]) => before[key] !== value);
}

/** What changes only when something happens; undefined clears a field. */
function stateOf({ phase, facts }: ShardView): { readonly [K in keyof ShardStatus]?: ShardStatus[K] | undefined } {
  const { lease, pods } = facts;
  return {
    phase,
    holder: lease?.holder,
    homeShard: lease?.homeShard,
    epoch: lease?.epoch,
    pods: pods.length,
    readyPods: podsReady(facts),
    version: lease?.report.version,
    configHash: lease?.report.configHash,
    address: lease?.report.address,
  };
}

function shardMetrics(registry: MetricsRegistry) {
  const labelNames = ['shard'] as const;
  return {
    phase: gauge(registry, {
      name: 'flotilla_shard_phase',
      help: 'The phase of each shard as the leading master sees it: 1 for the phase that it is in',
      labelNames: ['shard', 'phase'],
    }),
    applications: gauge(registry, {
      name: 'flotilla_shard_applications',
      help: 'Applications of each shard, as its process reports them',
      labelNames,
    }),
    backlog: gauge(registry, {
      name: 'flotilla_shard_backlog',
      help: 'Applications of each shard that wait for a worker, as its process reports them',
      labelNames,
    }),
    busy: gauge(registry, {
      name: 'flotilla_shard_busy_ratio',
      help: 'The part of the time that the workers of each shard worked, as its process reports it',
      labelNames,
    }),
    oldest: gauge(registry, {
      name: 'flotilla_shard_oldest_reconcile_seconds',
      help: 'For how long the Application of each shard that was reconciled the longest ago has not been reconciled',
      labelNames,
    }),
    epoch: gauge(registry, {
      name: 'flotilla_shard_epoch',
      help: 'How often the Lease of each shard was taken',
      labelNames,
    }),
  };
}
