import { gauge } from '../metrics/declare.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';

/** Why a process must not work for its shards: a metric and a check of its readiness. */
export class FleetConflicts {
  readonly #messages = new Map<object, string>();
  readonly #metric;

  constructor(registry: MetricsRegistry) {
    this.#metric = gauge(registry, {
      name: 'flotilla_fleet_conflict',
      help: 'Whether another fleet, or controllers of another mode, keep this process from its work: 1 if so',
    });
    this.#metric.set(0);
  }

  /** Records why an attempt to join the fleet is refused; undefined once it is admitted, or given up. */
  report(attempt: object, message: string | undefined): void {
    if (message === undefined) this.#messages.delete(attempt);
    else this.#messages.set(attempt, message);
    this.#metric.set(this.#messages.size > 0 ? 1 : 0);
  }

  /** Throws while an attempt is refused. */
  readonly check = (): void => {
    const [message] = this.#messages.values();
    if (message !== undefined) throw new Error(message);
  };
}
