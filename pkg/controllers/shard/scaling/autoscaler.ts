import type { Counter } from 'prom-client';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Logger } from '../../../logging/logger.ts';
import { counter } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { autoscale } from '../../../scheduling/autoscale.ts';
import type { AutoscaleMemory, AutoscaleRules } from '../../../scheduling/autoscale.ts';
import { Looks } from '../fleet-sight.ts';
import type { FleetSight } from '../fleet-sight.ts';
import type { FleetSize } from './fleet-size.ts';

export interface AutoscalerOptions {
  readonly view: FleetSight;
  readonly size: FleetSize;
  readonly rules: AutoscaleRules;
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
  readonly #changes: Counter;
  #memory: AutoscaleMemory = { advice: undefined, sinceMs: 0 };

  constructor(options: AutoscalerOptions) {
    const { clock, logger, rules, metrics } = options;
    this.#options = options;
    const periodMs = Math.min(longestLookMs, Math.max(1000, rules.addAfterMs / 2));
    this.#looks = new Looks({ clock, logger, periodMs, what: 'number of shards' });
    this.#changes = counter(metrics, {
      name: 'flotilla_shards_autoscaled_total',
      help: 'How often the number of shards was changed by the autoscaler, by direction: up or down',
      labelNames: ['direction'],
    });
  }

  /** Runs while this process leads. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    await this.#options.view.whenSynced(signal).catch(() => undefined);
    this.#memory = { advice: undefined, sinceMs: 0 };
    await this.#looks.run(() => this.#look(client, signal), signal);
  }

  async #look(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, size, rules, clock } = this.#options;
    const wanted = await size.wanted(signal);
    if (!wanted) return;
    const count = wanted.ids.size;
    const moment = { memory: this.#memory, nowMs: clock.monotonic() };
    const { memory, to, because } = autoscale(view.shards(), wanted.ids, moment, rules);
    this.#memory = memory;
    if (to === undefined) return;
    const trouble = await size.change(client, wanted, { to, because }, signal);
    if (trouble === undefined) this.#changes.inc({ direction: to > count ? 'up' : 'down' });
  }
}
