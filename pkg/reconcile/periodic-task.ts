import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import { ApiError, TransportError } from '../apis/api-error.ts';

export interface PeriodicTaskOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two runs when nothing happens. */
  readonly periodMs: number;
  /** What is not done when the API server fails, for the log. */
  readonly what: string;
}

/** Runs again and again, at once when something may have changed. What the API server refuses is tried again later. */
export class PeriodicTask {
  readonly #options: PeriodicTaskOptions;
  #nap = new AbortController();

  constructor(options: PeriodicTaskOptions) {
    this.#options = options;
  }

  readonly wake = (): void => {
    this.#nap.abort();
  };

  async run(once: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, periodMs } = this.#options;
    signal.addEventListener('abort', this.wake, { once: true });
    while (!signal.aborted) {
      this.#nap = new AbortController();
      await this.#attempt(once, signal);
      await clock.sleep(periodMs, this.#nap.signal).catch(() => undefined);
    }
    signal.removeEventListener('abort', this.wake);
  }

  async #attempt(once: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await once();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError) && !(error instanceof TransportError)) throw error;
      this.#options.logger.warn({ err: error }, `${this.#options.what} not written, trying again`);
    }
  }
}
