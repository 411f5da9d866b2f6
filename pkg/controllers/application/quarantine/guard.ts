import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import type { ReconcileContext, Reconciler, Result } from '../../../reconcile/result.ts';
import { ownershipOf } from '../../../scheduling/ownership.ts';
import type { Journal } from '../../../fleet/journal.ts';
import { quarantineMetrics } from './metrics.ts';
import type { QuarantineMetrics } from './metrics.ts';
import type { SuspicionStoreOptions } from './store.ts';
import { SuspicionStore } from './store.ts';
import type { Suspicion } from './suspicion.ts';
import { afterCrash, duringAttempt, pauseLeftMs, pauseMsOf, suspicionOf } from './suspicion.ts';

export interface QuarantineOptions extends SuspicionStoreOptions {
  /** Undefined where none can be kept. */
  readonly journal: Journal | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** A process that ends has this time to restore the record of an attempt. */
const restoreTimeoutMs = 2_000;
const conflictAttempts = 5;

/**
 * Protects the controller from an Application that crashes it. The Applications in work at a crash are suspected; suspects
 * are reconciled one at a time, so that the next crash identifies the cause. After two crashes an Application is in
 * quarantine for a minute, then two, up to an hour; a successful reconcile clears it.
 */
export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #store: SuspicionStore;
  readonly #metrics: QuarantineMetrics;
  readonly #held = new Set<string>();
  /** Records from before the attempts of this process, until the attempts have ended. */
  readonly #attempts = new Map<string, Suspicion>();
  /** When this process first saw a record, on the monotonic clock. */
  readonly #seen = new Map<string, Suspicion & { readonly since: number }>();

  constructor(options: QuarantineOptions) {
    this.#options = options;
    this.#store = new SuspicionStore(options);
    this.#metrics = quarantineMetrics(options.metrics);
  }

  /** Whether an Application may have crashed the controller. */
  isSuspect(key: string): boolean {
    const app = this.#store.cached(key);
    return app !== undefined && suspicionOf(app) !== undefined;
  }

  /** Records a crash for the Applications in work at that time, if they are this shard's; returns the settled keys. */
  async recordCrashes(keys: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const settled: string[] = [];
    for (const key of keys) if (await this.#recordCrash(key, signal)) settled.push(key);
    for (const key of settled) this.#options.journal?.settle(key);
    return settled;
  }

  /** The reconciler, with a quarantine before it and a journal of the keys in work. */
  guard(reconcile: Reconciler): Reconciler {
    return async (key, context) => {
      const { journal } = this.#options;
      const app = this.#store.cached(key);
      // a move runs no code of the Application, and the record moves with it
      if (app && ownershipOf(app).move) return reconcile(key, context);
      const suspicion = app && suspicionOf(app);
      const waitMs = suspicion ? this.#pauseLeftMs(key, suspicion) : 0;
      this.#countHeld(key, waitMs > 0);
      if (app && waitMs > 0) {
        // the process that crashed could not report it
        await this.#store.report(app, context.signal);
        return { requeueAfterMs: waitMs };
      }
      journal?.begin(key);
      try {
        return await (suspicion ? this.#onProbation(reconcile, key, context) : reconcile(key, context));
      } finally {
        journal?.end(key);
      }
    };
  }

  /** Ends the term: the gauge does not count the Applications of this process any more. */
  close(): void {
    for (const key of [...this.#held]) this.#countHeld(key, false);
  }

  async #recordCrash(key: string, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; attempt <= conflictAttempts; attempt += 1) {
      try {
        return await this.#recordCrashOnce(key, signal);
      } catch (error) {
        if (isConflict(error)) continue;
        if (isNotFound(error)) return true;
        this.#options.logger.warn({ err: error, object: key }, 'failed to record crash');
        return false;
      }
    }
    return false;
  }

  async #recordCrashOnce(key: string, signal: AbortSignal): Promise<boolean> {
    const { clock, logger } = this.#options;
    const app = await this.#store.read(key, signal);
    if (!app) return false;
    const before = suspicionOf(app);
    const suspicion = afterCrash(before, clock.now());
    const recorded = suspicion === before ? app : await this.#store.write(app, suspicion, signal);
    this.#metrics.crashes.inc();
    logger.error(
      { object: key, crashes: suspicion.crashes },
      'controller crashed while it reconciled this application',
    );
    await this.#store.report(recorded, signal);
    return true;
  }

  /** Reconciles a suspect. Whatever the result, the process has not crashed. */
  async #onProbation(reconcile: Reconciler, key: string, context: ReconcileContext): Promise<Result> {
    await this.#recordAttempt(key, context.signal);
    try {
      const result = await reconcile(key, context);
      await this.#clear(key, context.signal);
      return result;
    } catch (error) {
      await this.#restore(key);
      throw error;
    }
  }

  async #recordAttempt(key: string, signal: AbortSignal): Promise<void> {
    const app = await this.#store.readIfPresent(key, signal);
    const before = app && suspicionOf(app);
    if (!before || (before.inAdvance && this.#attempts.has(key))) return;
    // remembered first: a write that fails may have taken effect
    this.#attempts.set(key, before);
    await this.#store.write(app, duringAttempt(before, this.#options.clock.now()), signal);
  }

  async #clear(key: string, signal: AbortSignal): Promise<void> {
    const app = await this.#store.readIfPresent(key, signal);
    if (app && suspicionOf(app)) await this.#store.clear(app, signal);
    this.#attempts.delete(key);
  }

  /** A failed reconcile neither clears an Application nor counts as a crash. */
  async #restore(key: string): Promise<void> {
    const before = this.#attempts.get(key);
    if (!before) return;
    // a signal of its own: the record is restored when the process is stopped, too
    const signal = AbortSignal.timeout(restoreTimeoutMs);
    try {
      const app = await this.#store.readIfPresent(key, signal);
      if (app && suspicionOf(app)?.inAdvance) await this.#store.write(app, before, signal);
      this.#attempts.delete(key);
    } catch (error) {
      this.#options.logger.warn({ err: error, object: key }, 'failed to revert provisional crash count');
    }
  }

  /** No longer than the pause after the record was first seen: the clock of the process that wrote it may be ahead. */
  #pauseLeftMs(key: string, suspicion: Suspicion): number {
    const { clock } = this.#options;
    // a crash that this process counted in advance has not happened
    const isRefuted = suspicion.inAdvance === true && this.#attempts.has(key);
    const leftMs = isRefuted ? 0 : pauseLeftMs(suspicion, clock.now());
    if (leftMs === 0) {
      this.#seen.delete(key);
      return 0;
    }
    const seen = this.#seen.get(key);
    const isSame = seen?.crashes === suspicion.crashes && seen.at === suspicion.at;
    const first = isSame ? seen : { ...suspicion, since: clock.monotonic() };
    this.#seen.set(key, first);
    return Math.max(0, Math.min(leftMs, first.since + pauseMsOf(suspicion) - clock.monotonic()));
  }

  #countHeld(key: string, isHeld: boolean): void {
    if (isHeld === this.#held.has(key)) return;
    // the shards of one process share the gauge
    if (isHeld) this.#metrics.held.inc();
    else this.#metrics.held.dec();
    if (isHeld) this.#held.add(key);
    else this.#held.delete(key);
  }
}
