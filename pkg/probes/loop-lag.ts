import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Check } from './checks.ts';

const periodMs = 500;

/** Watches how late the event loop wakes what should wake: a blocked loop shows as lag. */
export class LoopLag {
  readonly #clock: Clock;
  #dueAt: number | undefined;
  #lastMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The present delay of the loop, or that of the last measurement; zero before it runs. */
  get ms(): number {
    if (this.#dueAt === undefined) return 0;
    return Math.max(this.#lastMs, this.#clock.monotonic() - this.#dueAt, 0);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#dueAt = this.#clock.monotonic() + periodMs;
      await this.#clock.sleep(periodMs, signal).catch(() => undefined);
      this.#lastMs = Math.max(0, this.#clock.monotonic() - this.#dueAt);
    }
  }
}

/** A health check that fails while the event loop wakes later than the limit. */
export function loopCheck(lag: LoopLag, maxMs: number): Check {
  return () => {
    const lateMs = Math.round(lag.ms);
    if (lateMs > maxMs) throw new Error(`the event loop is ${lateMs} ms late, more than ${maxMs} ms`);
  };
}
