import type { BackoffOptions } from '../../machinery/src/clock/backoff.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { splitKey } from '../../machinery/src/meta.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { ReadyKeys } from '../../machinery/src/workqueue/ready.ts';
import { WorkQueue } from '../../machinery/src/workqueue/workqueue.ts';
import { reconcileMetrics, silentMetrics } from './metrics.ts';
import { queueMetrics } from './queue-metrics.ts';
import type { ReconcileMetrics } from './metrics.ts';
import { TerminalError } from './result.ts';
import type { Reconciler, Result } from './result.ts';
import type { Source } from './source.ts';
import { aborted } from './tasks.ts';

export interface ControllerOptions {
  /** In logs and metrics; unique in the process. */
  readonly name: string;
  readonly sources: readonly Source[];
  readonly reconcile: Reconciler;
  /** How many keys are worked on at once. */
  readonly workers: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: MetricsRegistry | undefined;
  /** How long one reconcile may take before its signal aborts; without limit when absent. */
  readonly timeoutMs?: number | undefined;
  /** How long running reconciles may go on when the controller stops, before their signals abort. */
  readonly stopGraceMs: number;
  readonly backoff?: BackoffOptions | undefined;
  /** The order of keys; first come, first served when absent. */
  readonly ready?: ReadyKeys | undefined;
}

/** Why a reconcile's signal aborted. */
export class ReconcileTimeout extends Error {
  override readonly name = 'ReconcileTimeout';
}

/** Calls a reconciler for every key that its sources yield: one call per key at a time, again after a failure. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #metrics: ReconcileMetrics;
  /** With the time at which each began. */
  readonly #running = new Map<AbortController, number>();
  #finishedMs = 0;
  /** When the last reconcile of each key ended. */
  readonly #endedAt = new Map<string, number>();
  #startedAt: number | undefined;
  #reconciles = 0;

  constructor(options: ControllerOptions) {
    const { name, clock, metrics, workers, backoff, ready } = options;
    this.#options = options;
    const runningMs = (): readonly number[] => this.#queue.runningMs();
    this.#queue = new WorkQueue({ clock, backoff, ready, metrics: metrics && queueMetrics(metrics, name, runningMs) });
    this.#metrics = metrics ? reconcileMetrics(metrics, name, workers) : silentMetrics;
  }

  /** Keys that wait for a worker. */
  get backlog(): number {
    return this.#queue.length;
  }

  /** How long its workers have worked, all together, since it was made. */
  get workedMs(): number {
    const now = this.#options.clock.monotonic();
    return [...this.#running.values()].reduce((sum, startedAt) => sum + now - startedAt, this.#finishedMs);
  }

  /** For how long the oldest reconcile that runs has been running; zero when none does. */
  get longestMs(): number {
    const now = this.#options.clock.monotonic();
    return Math.max(0, ...[...this.#running.values()].map((startedAt) => now - startedAt));
  }

  /**
   * Time since the oldest last reconcile among the given keys; state of other keys is dropped. Zero before the controller
   * works.
   */
  oldestMs(keys: Iterable<string>): number {
    if (this.#startedAt === undefined) return 0;
    const asked = new Set(keys);
    const now = this.#options.clock.monotonic();
    let oldest = now;
    for (const key of asked) oldest = Math.min(oldest, this.#endedAt.get(key) ?? this.#startedAt);
    for (const key of this.#endedAt.keys()) if (!asked.has(key)) this.#endedAt.delete(key);
    return now - oldest;
  }

  /**
   * Waits for the sources to be synced, then works until the signal aborts: it takes no new key, lets the reconciles
   * that run finish within the grace, then aborts them, and returns when they have ended.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { sources, workers, clock, stopGraceMs } = this.#options;
    const detach = sources.map((source) =>
      source.attach((key) => {
        this.#queue.add(key);
      }),
    );
    try {
      await Promise.all(sources.map((source) => source.whenSynced(signal)));
      this.#startedAt = clock.monotonic();
      const working = Promise.all(Array.from({ length: workers }, () => this.#work()));
      await aborted(signal);
      const grace = new AbortController();
      clock.sleep(stopGraceMs, grace.signal).then(
        () => {
          for (const running of this.#running.keys()) running.abort(signal.reason);
        },
        () => undefined,
      );
      await this.#queue.shutdown();
      await working;
      grace.abort();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const end of detach) end();
      void this.#queue.shutdown();
    }
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      try {
        await this.#reconcile(key);
      } finally {
        this.#queue.done(key);
      }
    }
  }

  /** One reconcile. Every failure ends here: it is logged once, counted, and followed by a backoff. */
  async #reconcile(key: string): Promise<void> {
    const { name, clock, reconcile, timeoutMs } = this.#options;
    const running = new AbortController();
    const timer = new AbortController();
    const logger = this.#loggerFor(key);
    const startedAt = clock.monotonic();
    this.#running.set(running, startedAt);
    this.#metrics.active(this.#running.size);
    if (timeoutMs !== undefined)
      clock.sleep(timeoutMs, timer.signal).then(
        () => {
          running.abort(new ReconcileTimeout(`controller ${name}: ${key} took longer than ${timeoutMs} ms`));
        },
        () => undefined,
      );
    try {
      const result = await reconcile(key, { logger, signal: running.signal });
      this.#schedule(key, result);
      this.#metrics.finished(
        result.requeueAfterMs === undefined ? 'success' : 'requeue_after',
        clock.monotonic() - startedAt,
      );
    } catch (error) {
      this.#fail(key, error, logger, running.signal);
      this.#metrics.finished('error', clock.monotonic() - startedAt);
    } finally {
      timer.abort();
      this.#finishedMs += clock.monotonic() - startedAt;
      this.#endedAt.set(key, clock.monotonic());
      this.#running.delete(running);
      this.#metrics.active(this.#running.size);
    }
  }

  #schedule(key: string, { requeueAfterMs }: Result): void {
    this.#queue.forget(key);
    if (requeueAfterMs !== undefined) this.#queue.addAfter(key, requeueAfterMs);
  }

  #fail(key: string, error: unknown, logger: Logger, signal: AbortSignal): void {
    if (error instanceof TerminalError) {
      this.#metrics.failed('terminal');
      this.#queue.forget(key);
      logger.error({ err: error }, 'reconcile failed permanently, waiting for a change');
      return;
    }
    const timedOut = signal.reason instanceof ReconcileTimeout;
    const stopped = signal.aborted && !timedOut;
    this.#metrics.failed(timedOut ? 'timeout' : isBug(error) ? 'panic' : 'error');
    this.#queue.addRateLimited(key);
    if (stopped) logger.info({ reason: 'stopping' }, 'reconcile abandoned');
    else logger.error({ err: error }, 'reconcile failed, retrying');
  }

  #loggerFor(key: string): Logger {
    this.#reconciles += 1;
    const { namespace, name } = splitKey(key);
    const reconcileId = `${this.#options.name}-${this.#reconciles}`;
    return this.#options.logger.child({ controller: this.#options.name, namespace, name, reconcileId });
  }
}

/** Errors that only a mistake in the program throws. */
function isBug(error: unknown): boolean {
  return ['TypeError', 'ReferenceError', 'RangeError'].includes((error as { name?: string } | undefined)?.name ?? '');
}
