import { isAlreadyExists, isNotFound } from '../../../apis/api-error.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { apiVersionOf } from '../../../../machinery/src/meta.ts';
import type { Shard, ShardStatus } from '../../../apis/shard.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { Controller } from '../../../reconcile/controller.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { keysAfter } from '../../../reconcile/source.ts';
import { podsReady } from '../../../scheduling/membership.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';
import { patchStatus } from '../patch-status.ts';
import type { FleetView } from './fleet-view.ts';
import { shardMetrics } from './metrics.ts';
import type { ShardMetrics } from './metrics.ts';

export interface ShardStatusOptions {
  readonly view: FleetView;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Period in which counts are written, because they change all the time; default 15 s. */
  readonly countsPeriodMs?: number | undefined;
}

/** Creates a Shard object for every shard and writes its status and metrics. The spec is the users'. */
export class ShardStatusController {
  readonly #options: ShardStatusOptions;
  readonly #metrics: ShardMetrics;
  readonly #countsAt = new Map<string, number>();

  constructor(options: ShardStatusOptions) {
    this.#options = options;
    this.#metrics = shardMetrics(options.metrics);
  }

  /** Runs with the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, metrics } = this.#options;
    const keys = (): readonly string[] => [
      ...new Set([...view.shards().map(({ id }) => id), ...this.#metrics.shards()]),
    ];
    const controller = new Controller({
      ...fleetControllerDefaults,
      name: 'shard-status',
      sources: [keysAfter(view, keys)],
      reconcile: (id, context) => this.reconcile(client, id, context.signal),
      clock,
      logger,
      metrics,
    });
    await controller.run(signal);
    for (const id of this.#metrics.shards()) this.#metrics.remove(id);
  }

  /** Creates the Shard object where it is missing, and writes its status where it differs. */
  async reconcile(client: KubeClient, id: string, signal: AbortSignal): Promise<Result> {
    const { view: fleet, countsPeriodMs = 15_000 } = this.#options;
    const view = fleet.get(id);
    if (!view) {
      this.#metrics.remove(id);
      this.#countsAt.delete(id);
      return done;
    }
    this.#metrics.set(view);
    const known = fleet.objectOf(id);
    const object = known ?? (view.phase === 'Gone' ? undefined : await this.#create(client, id, signal));
    if (object) await this.#update(client, object, view, signal);
    return { requeueAfterMs: countsPeriodMs };
  }

  /** Undefined where the kind is not installed, or another process created the object at the same moment. */
  async #create(client: KubeClient, name: string, signal: AbortSignal): Promise<Shard | undefined> {
    const shard: Shard = { apiVersion: apiVersionOf(shardResource), kind: 'Shard', metadata: { name }, spec: {} };
    try {
      return await client.create(shardResource, shard, { fieldManager: fleetFieldManager, signal });
    } catch (error) {
      if (!isAlreadyExists(error) && !isNotFound(error)) throw error;
      return undefined;
    }
  }

  async #update(client: KubeClient, object: Shard, view: ShardView, signal: AbortSignal): Promise<void> {
    const { clock, countsPeriodMs = 15_000 } = this.#options;
    const { status: old = {} } = object;
    const now = clock.monotonic();
    const isDue = now - (this.#countsAt.get(view.id) ?? -Infinity) >= countsPeriodMs;
    const { applications, backlog } = view.load;
    const counts = { applications, backlog };
    const state = stateOf(view);
    if (!differs(state, old) && !(isDue && differs(counts, old))) return;
    this.#countsAt.set(view.id, now);
    const observedAt = old.phase === view.phase ? old.observedAt : new Date(clock.now()).toISOString();
    const status = { ...state, ...counts, observedAt };
    const isWritten = await patchStatus(client, { resource: shardResource, object, status }, signal);
    if (isWritten && old.phase !== view.phase) this.#recordPhase(object, view);
  }

  #recordPhase(object: Shard, { phase, facts }: ShardView): void {
    const isBad = phase === 'Suspect' || phase === 'Evacuating' || phase === 'Gone';
    const by = phase === 'Adopted' ? ` by the process of shard ${facts.lease?.homeShard ?? ''}` : '';
    const message = `was ${object.status?.phase ?? 'unknown'}, is ${phase}${by}`;
    this.#options.events.event(object, isBad ? 'Warning' : 'Normal', phase, message);
  }
}

function differs(wanted: object, stored: object): boolean {
  const before = stored as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).some(([key, value]) => before[key] !== value);
}

/** The part of the status that changes rarely; undefined clears a field. */
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
