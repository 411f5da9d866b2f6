import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject } from '../../apis/meta.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { counter, gauge } from '../../metrics/declare.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import { autoscale } from '../../scheduling/autoscale.ts';
import type { AutoscaleMemory, AutoscaleRules } from '../../scheduling/autoscale.ts';
import { Looks } from './fleet-sight.ts';
import type { EventSink, FleetSight } from './fleet-sight.ts';

/** Whatever runs the processes of shards, and can run more or fewer of them. */
export interface ShardFleet {
  /** The shards that it was asked for, and the object that says so; undefined where it cannot be asked for a number. */
  wanted(signal: AbortSignal): Promise<{ readonly ids: ReadonlySet<string>; readonly object: KubeObject } | undefined>;
  /** Asks for another number; a shard too many is emptied before it goes. Resolves with why that is not possible. */
  resize(client: KubeClient, count: number, signal: AbortSignal): Promise<string | undefined>;
}

export interface AutoscalerOptions {
  readonly view: FleetSight;
  readonly fleet: ShardFleet;
  readonly rules: AutoscaleRules;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

const longestLookMs = 15_000;

/**
 * Asks for more shards when those that are there are too busy, and for fewer when they have had little to do for long.
 * How many there are is said in the API server alone: people may ask for another number at any time, and it goes on from
 * there.
 */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #looks: Looks;
  readonly #metrics: ReturnType<typeof autoscalerMetrics>;
  #memory: AutoscaleMemory = { advice: undefined, sinceMs: 0 };

  constructor(options: AutoscalerOptions) {
    const { clock, logger, rules, metrics } = options;
    this.#options = options;
    const periodMs = Math.min(longestLookMs, Math.max(1000, rules.addAfterMs / 2));
    this.#looks = new Looks({ clock, logger, periodMs, what: 'number of shards' });
    this.#metrics = autoscalerMetrics(metrics);
  }

  /** Runs while this process leads. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    await this.#options.view.whenSynced(signal).catch(() => undefined);
    this.#memory = { advice: undefined, sinceMs: 0 };
    await this.#looks.run(() => this.#look(client, signal), signal);
  }

  async #look(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, fleet, rules, clock, events, logger } = this.#options;
    const wanted = await fleet.wanted(signal);
    if (!wanted) return;
    const { ids, object } = wanted;
    const count = ids.size;
    this.#metrics.wanted.set(count);
    const moment = { memory: this.#memory, nowMs: clock.monotonic() };
    const { memory, to, because } = autoscale(view.shards(), ids, moment, rules);
    this.#memory = memory;
    if (to === undefined) return;
    logger.info({ from: count, to, because }, 'number of shards changes');
    const trouble = await fleet.resize(client, to, signal);
    const change = `${to} ${to === 1 ? 'shard' : 'shards'} instead of ${count}: ${because}`;
    if (trouble !== undefined) {
      logger.error({ from: count, to, trouble }, 'number of shards cannot be changed');
      events.event(object, 'Warning', 'ShardsNotChanged', `${change}; not possible: ${trouble}`);
      return;
    }
    this.#metrics.wanted.set(to);
    this.#metrics.changes.inc({ direction: to > count ? 'up' : 'down' });
    events.event(object, 'Normal', to > count ? 'ShardsAdded' : 'ShardsRemoved', change);
  }
}

function autoscalerMetrics(registry: MetricsRegistry) {
  return {
    wanted: gauge(registry, {
      name: 'flotilla_shards_wanted',
      help: 'How many shards were asked for, by people or by the autoscaler',
    }),
    changes: counter(registry, {
      name: 'flotilla_shards_autoscaled_total',
      help: 'How often the number of shards was changed by the autoscaler, by direction: up or down',
      labelNames: ['direction'],
    }),
  };
}
