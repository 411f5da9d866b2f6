import { ApiError, TransportError } from '../apis/api-error.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { Result } from './result.ts';

export interface PeriodicTaskOptions {
  /** In logs. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Delay of the next run where the last one returned none. */
  readonly periodMs: number;
  /** Delay after a run that failed; the period when absent. */
  readonly retryMs?: number | undefined;
}

/** One run of a periodic task. `requeueAfterMs` of its result replaces the period once. */
export type RunOnce = (signal: AbortSignal) => Promise<Result>;

/**
 * Work that has no key of its own and repeats after a time: one run at a time, at once after `wake`.
 *
 * A request that the API server refuses, or that gets no answer, ends the run with a warning; any other error ends the task.
 */
export class PeriodicTask {
  readonly #options: PeriodicTaskOptions;
  #pause = new AbortController();

  constructor(options: PeriodicTaskOptions) {
    this.#options = options;
  }

  /** Starts the next run now, or right after the present one. */
  readonly wake = (): void => {
    this.#pause.abort();
  };

  /** Runs until the signal aborts and the present run has ended. */
  async run(runOnce: RunOnce, signal: AbortSignal): Promise<void> {
    const { clock, periodMs } = this.#options;
    signal.addEventListener('abort', this.wake, { once: true });
    while (!signal.aborted) {
      this.#pause = new AbortController();
      const delayMs = (await this.#attempt(runOnce, signal)) ?? periodMs;
      await clock.sleep(delayMs, this.#pause.signal).catch(() => undefined);
    }
    signal.removeEventListener('abort', this.wake);
  }

  async #attempt(runOnce: RunOnce, signal: AbortSignal): Promise<number | undefined> {
    const { name, logger, retryMs } = this.#options;
    try {
      return (await runOnce(signal)).requeueAfterMs;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ApiError) && !(error instanceof TransportError)) throw error;
      logger.warn({ err: error, task: name }, 'periodic task failed, retrying');
      return retryMs;
    }
  }
}
