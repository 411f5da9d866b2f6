import type { Counter } from 'prom-client';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import type { ShardLister } from '../../../fleet/shard-lister.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { counter } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { autoscale } from '../../../scheduling/autoscale.ts';
import type { AutoscaleMemory, AutoscaleRules } from '../../../scheduling/autoscale.ts';
import type { FleetSize } from './fleet-size.ts';

export interface AutoscalerOptions {
  readonly view: ShardLister;
  readonly size: FleetSize;
  readonly rules: AutoscaleRules;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

const maxPeriodMs = 15_000;

/**
 * Requests more shards while the present ones are too busy, and fewer when they have been idle for long. The number of
 * shards is stored in the API server alone: users may change it at any time, and the autoscaler continues from there.
 */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #task: PeriodicTask;
  readonly #changes: Counter;
  #memory: AutoscaleMemory = { advice: undefined, sinceMs: 0 };

  constructor(options: AutoscalerOptions) {
    const { clock, logger, rules, metrics } = options;
    this.#options = options;
    const periodMs = Math.min(maxPeriodMs, Math.max(1000, rules.addAfterMs / 2));
    this.#task = new PeriodicTask({ name: 'autoscaler', clock, logger, periodMs });
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
    await this.#task.run(() => this.#scale(client, signal), signal);
  }

  async #scale(client: KubeClient, signal: AbortSignal): Promise<Result> {
    const { view, size, rules, clock } = this.#options;
    const wanted = await size.wanted(signal);
    if (!wanted) return done;
    const count = wanted.ids.size;
    const moment = { memory: this.#memory, nowMs: clock.monotonic() };
    const { memory, to, because } = autoscale(view.shards(), wanted.ids, moment, rules);
    this.#memory = memory;
    if (to === undefined) return done;
    const problem = await size.change(client, wanted, { to, because }, signal);
    if (problem === undefined) this.#changes.inc({ direction: to > count ? 'up' : 'down' });
    return done;
  }
}
