import { exponentialDelay } from '../clock/backoff.ts';
import type { BackoffOptions } from '../clock/backoff.ts';
import type { Clock } from '../clock/clock.ts';
import { TokenBucket } from '../clock/token-bucket.ts';
import { DelayedKeys } from './delayed.ts';
import { silentMetrics } from './queue-metrics.ts';
import type { QueueMetrics } from './queue-metrics.ts';
import { FifoKeys } from './ready.ts';
import type { ReadyKeys } from './ready.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Delay of a key that failed again and again; 5 ms doubled up to 1000 s when absent. */
  readonly backoff?: BackoffOptions | undefined;
  /** Limits how fast all failing keys together come back; 10 per second after the first 100 when absent. */
  readonly retryRate?: { readonly qps: number; readonly burst: number } | undefined;
  readonly metrics?: QueueMetrics | undefined;
  /** The order in which keys are handed out; first come, first served when absent. */
  readonly ready?: ReadyKeys | undefined;
}

type Waiter = (key: string | undefined) => void;

/**
 * Keys to work on: each at most once in the queue and at most once in work at a time.
 *
 * A key that is added while it is in work is handed out again afterwards. The worker of a key must call `done`.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #ready: ReadyKeys;
  readonly #delayed: DelayedKeys;
  readonly #backoff: BackoffOptions;
  readonly #bucket: TokenBucket;
  readonly #metrics: QueueMetrics;
  /** Keys to be handed out, with the time of their first addition; those also in work are not in `#ready` yet. */
  readonly #dirty = new Map<string, number>();
  readonly #working = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #waiters: Waiter[] = [];
  #idle: (() => void)[] = [];
  #isClosed = false;

  constructor(options: WorkQueueOptions) {
    const { clock, metrics = silentMetrics, ready = new FifoKeys() } = options;
    this.#clock = clock;
    this.#ready = ready;
    this.#backoff = options.backoff ?? { baseMs: 5, maxMs: 1_000_000 };
    this.#bucket = new TokenBucket({ ...(options.retryRate ?? { qps: 10, burst: 100 }), clock });
    this.#delayed = new DelayedKeys(clock, (key) => {
      this.add(key);
    });
    this.#metrics = metrics;
  }

  /** Keys that wait for a worker; neither those in work nor those that come later. */
  get length(): number {
    return this.#ready.size;
  }

  /** For how many milliseconds each key in work has been in work. */
  runningMs(): readonly number[] {
    const now = this.#clock.monotonic();
    return [...this.#working.values()].map((since) => now - since);
  }

  add(key: string): void {
    if (this.#isClosed || this.#dirty.has(key)) return;
    this.#dirty.set(key, this.#clock.monotonic());
    if (!this.#working.has(key)) this.#ready.push(key);
    this.#metrics.added(this.#ready.size);
    this.#serve();
  }

  /** Adds the key after a while; of several times the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    if (delayMs <= 0) this.add(key);
    else this.#delayed.add(key, delayMs);
  }

  /** Adds the key after its backoff, which grows until `forget`. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics.retried();
    this.addAfter(key, Math.max(exponentialDelay(this.#backoff, failures), this.#bucket.reserve()));
  }

  /** The key did well: its next failure counts as the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Takes the next key, waiting for one; undefined when the queue is shut down. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#serve();
    });
  }

  /** Work on the key has ended, well or not. */
  done(key: string): void {
    const since = this.#working.get(key);
    if (since === undefined) return;
    this.#working.delete(key);
    this.#ready.finished(key);
    this.#metrics.finished(this.#clock.monotonic() - since);
    if (this.#dirty.has(key)) {
      this.#ready.push(key);
      this.#metrics.depth(this.#ready.size);
    }
    this.#serve();
  }

  /** Hands nothing out any more and takes nothing in. Resolves when nothing is in work. */
  shutdown(): Promise<void> {
    this.#isClosed = true;
    this.#delayed.clear();
    return this.#whenIdle();
  }

  #whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#serve();
    });
  }

  /** Gives ready keys to waiting workers, or ends their wait. */
  #serve(): void {
    while (!this.#isClosed && this.#waiters.length > 0) {
      const key = this.#ready.pop();
      if (key === undefined) break;
      this.#start(key);
      this.#waiters.shift()?.(key);
    }
    if (!this.#isClosed) return;
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    if (this.#working.size === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  #start(key: string): void {
    const now = this.#clock.monotonic();
    const addedAt = this.#dirty.get(key) ?? now;
    this.#dirty.delete(key);
    this.#working.set(key, now);
    this.#metrics.started(now - addedAt, this.#ready.size);
  }
}
