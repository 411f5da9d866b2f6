import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { ShardLoad } from '../scheduling/shards.ts';

/** The load of one term of a shard. */
export interface LoadSource {
  readonly applications: number;
  readonly backlog: number;
  /** Time worked since the beginning of the term, of all workers together. */
  readonly workedMs: number;
  readonly oldestMs: number;
}

/** Measures the busy fraction of workers between two readings. */
export class LoadMeter {
  readonly #clock: Clock;
  readonly #workers: number;
  #last: { readonly at: number; readonly workedMs: number } | undefined;

  constructor(clock: Clock, workers: number) {
    this.#clock = clock;
    this.#workers = workers;
  }

  read({ applications, backlog, workedMs, oldestMs }: LoadSource): ShardLoad {
    const at = this.#clock.monotonic();
    const last = this.#last;
    this.#last = { at, workedMs };
    const spanMs = last && at > last.at && workedMs >= last.workedMs ? at - last.at : 0;
    const busy = last && spanMs > 0 ? (workedMs - last.workedMs) / (spanMs * this.#workers) : 0;
    const oldestSeconds = Math.round(oldestMs / 1000);
    return { applications, backlog, busy: Math.round(Math.min(1, busy) * 1000) / 1000, oldestSeconds };
  }
}
