import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import { WorkQueue } from '../../../machinery/src/workqueue/workqueue.ts';
import { StatusError } from '../contract/status-error.ts';

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Brings the object behind a key nearer to what is wanted; may ask to be called again after some milliseconds. */
  readonly reconcile: (key: string) => Promise<number | undefined>;
}

const workers = 4;
/** Timers of Node cannot wait for more than 24 days; an earlier call does no harm. */
const longestWaitMs = 24 * 60 * 60_000;

/**
 * Calls `reconcile` for every key that was added, never twice at a time for one key, and again after failures with
 * growing pauses. A conflict is not logged: the change that caused it has added the key already.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #queue: WorkQueue;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      clock: options.clock,
      backoff: { baseMs: 20, maxMs: 5000 },
      // no controller of this process can burden anything but this process
      retryRate: { qps: 1000, burst: 1000 },
    });
  }

  /** Works until the signal aborts; keys may have been added before. */
  start(signal: AbortSignal): void {
    const stop = (): void => {
      void this.#queue.shutdown();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    for (let i = 0; i < workers; i += 1) void this.#work();
  }

  add(key: string): void {
    this.#queue.add(key);
  }

  /** Adds the key after a while; of several times the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    this.#queue.addAfter(key, Math.min(delayMs, longestWaitMs));
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      try {
        const afterMs = await this.#options.reconcile(key);
        this.#queue.forget(key);
        if (afterMs !== undefined) this.addAfter(key, afterMs);
      } catch (error) {
        this.#retry(key, error);
      } finally {
        this.#queue.done(key);
      }
    }
  }

  #retry(key: string, error: unknown): void {
    const isUsual = error instanceof StatusError && [403, 404, 409].includes(error.code);
    if (!isUsual)
      this.#options.logger.warn({ controller: this.#options.name, name: key, err: error }, 'reconcile failed');
    this.#queue.addRateLimited(key);
  }
}
