import type { WriteGate } from '../apis/kube-client.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import { jitterFactor } from '../safety/times.ts';
import { LeaseError } from './lease-error.ts';
import { LeaseStore } from './lease-store.ts';
import type { LeaseClient, LeaseNotes } from './lease-store.ts';
import { afterReading, checkDurations, decide, validForMs } from './lease.ts';
import type { LeaseDecision, LeaseDurations, LeaseView } from './lease.ts';
import { leaseMetrics } from './metrics.ts';
import type { LeaseMetrics } from './metrics.ts';
import type { LeaseRecord } from './record.ts';

export interface LeaderElectorOptions extends LeaseDurations {
  /** With a token bucket of its own: a renewal must not wait behind other requests. */
  readonly client: LeaseClient;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process, such as `<pod>_<uuid>`: two processes with one identity would both believe to hold. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: MetricsRegistry | undefined;
  /**
   * The work of the holder. Its signal aborts with a LeaseError `Lost` when the Lease is lost, and with the reason of
   * `run`'s signal on a graceful stop; in the latter case the Lease is kept until the work has ended.
   */
  readonly onStarted: (signal: AbortSignal, epoch: number) => Promise<void>;
  /** Whether the process makes progress; while it does not, the Lease is not renewed. */
  readonly isAlive?: (() => boolean) | undefined;
  /** Written with each renewal; undefined removes one. */
  readonly annotations?: (() => LeaseNotes) | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Called with the Lease and its annotations after each reading and writing of it. */
  readonly onObserved?: ((record: LeaseRecord, notes: Readonly<Record<string, string>>) => void) | undefined;
  /** How long to wait when the holder of the Lease is known to be gone; undefined when nothing is known of it. */
  readonly goneForMs?: ((record: LeaseRecord) => number | undefined) | undefined;
  /** Annotations for a Lease that another process holds, such as a request for its return; undefined for none. */
  readonly noteWhileWaiting?:
    ((record: LeaseRecord, notes: Readonly<Record<string, string>>) => LeaseNotes | undefined) | undefined;
  /** The last epoch that is recorded elsewhere, asked before the Lease is taken: a Lease that was deleted forgets its own. */
  readonly epochFloor?: ((signal: AbortSignal) => Promise<number>) | undefined;
  /** Whether to go on standing for a Lease in this state; always when absent. */
  readonly mayStand?: ((record: LeaseRecord | undefined) => boolean) | undefined;
}

/** Takes part in the election on one Lease, as client-go does, and lends the right to write while it holds it. */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #store: LeaseStore;
  readonly #metrics: LeaseMetrics | undefined;
  #view: LeaseView;
  #highestEpoch = -1;
  /** When the Lease was last read or written. */
  #readAt = 0;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#store = new LeaseStore(options);
    this.#view = {
      identity: options.identity,
      record: undefined,
      observedAt: 0,
      missing: false,
      held: undefined,
    };
    this.#metrics = options.metrics && leaseMetrics(options.metrics, options, () => this.#validForMs());
  }

  /** Whether this process may write at this moment. */
  get isLeader(): boolean {
    return this.#validForMs() > 0;
  }

  /**
   * The epoch of the present term; undefined while not holding. It grows with every term. After a deletion of the Lease
   * it grows from the highest that this process has seen.
   */
  get epoch(): number | undefined {
    return this.isLeader ? this.#view.held?.epoch : undefined;
  }

  /** The Lease as last seen by this process. */
  get observed(): LeaseRecord | undefined {
    return this.#view.missing ? undefined : this.#view.record;
  }

  /** The right to write that the Lease gives; it counts from before the last renewal was sent. */
  gate(): WriteGate {
    return {
      mayWrite: (forMs) => {
        const leftMs = this.#validForMs();
        return leftMs > 0 && leftMs >= forMs;
      },
      validForMs: () => this.#validForMs(),
    };
  }

  /**
   * Stands for election, works while it holds the Lease, and stands again after losing it, until the signal aborts or
   * the work ends by itself. Then the Lease is released. Throws the error of the work.
   */
  async run(signal: AbortSignal): Promise<void> {
    const problems = checkDurations(this.#options);
    if (problems.length > 0)
      throw new LeaseError('BadDurations', `lease ${this.#options.name}: ${problems.join('; ')}`);
    while (!signal.aborted) {
      const epoch = await this.#acquire(signal);
      if (epoch === undefined) return;
      const wasLost = await this.#lead(epoch, signal);
      if (!wasLost) return;
    }
  }

  #validForMs(): number {
    const { held } = this.#view;
    if (!held || held.isOver) return 0;
    return validForMs(held.renewedAt, this.#options.clock.monotonic(), this.#options);
  }

  /** Tries until this process holds the Lease; undefined when the signal aborts before. */
  async #acquire(signal: AbortSignal): Promise<number | undefined> {
    const { clock, random, retryPeriodMs, logger, name } = this.#options;
    while (!signal.aborted) {
      let waitMs = retryPeriodMs * (1 + (jitterFactor - 1) * random());
      try {
        await this.#observe(signal);
        if (this.#options.mayStand?.(this.observed) === false) return undefined;
        const decision = this.#decide();
        if (this.#options.isAlive?.() === false)
          logger.debug({ lease: name }, 'no progress, not standing for election');
        else if (decision.do === 'wait') waitMs = Math.min(waitMs, await this.#wait(decision.forMs, signal));
        else if (await this.#take(signal)) return this.#view.held?.epoch;
      } catch (error) {
        if (isAborted(signal)) return undefined;
        logger.warn({ err: error, lease: name }, 'failed to stand for election, retrying');
      }
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
    return undefined;
  }

  /** Writes the annotations of a standby, and returns how long to wait. */
  async #wait(forMs: number, signal: AbortSignal): Promise<number> {
    const { observed } = this;
    const notes = observed && this.#options.noteWhileWaiting?.(observed, this.#store.notes);
    const written = notes && (await this.#store.annotate(notes, signal));
    if (written) this.#see(written);
    return forMs;
  }

  /** Works while renewing. Returns whether the Lease was lost; if not, the work has ended and the Lease is released. */
  async #lead(epoch: number, signal: AbortSignal): Promise<boolean> {
    const { onStarted, logger, name } = this.#options;
    const work = new AbortController();
    const ended = new AbortController();
    const stop = (): void => {
      work.abort(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (isAborted(signal)) stop();
    logger.info({ lease: name, epoch }, 'acquired lease');
    this.#metrics?.leading(true);
    const working = onStarted(work.signal, epoch).finally(() => {
      ended.abort();
    });
    working.catch(() => undefined); // it is awaited below, but perhaps not at once
    try {
      const why = await this.#keep(ended.signal);
      if (why === undefined) return false;
      this.#endTerm();
      logger.error({ lease: name, epoch, reason: why }, 'lost lease');
      work.abort(new LeaseError('Lost', `lease ${name} was lost: ${why}`));
      await working.catch((error: unknown) => {
        logger.debug({ err: error, lease: name }, 'work under the lost lease ended');
      });
      return true;
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#finish(working);
    }
  }

  /** Waits for the work, releases the Lease if it is still held, and returns or throws the outcome of the work. */
  async #finish(working: Promise<void>): Promise<void> {
    const wasHeld = this.#view.held?.isOver === false;
    try {
      if (wasHeld) await working;
    } finally {
      if (wasHeld) await this.#release();
    }
  }

  /** Renews until the work has ended; returns why the Lease was lost when it is lost before. */
  async #keep(ended: AbortSignal): Promise<string | undefined> {
    const { clock, retryPeriodMs, logger, name } = this.#options;
    for (;;) {
      await clock.sleep(retryPeriodMs, ended).catch(() => undefined);
      if (ended.aborted) return undefined;
      const decision = this.#decide();
      if (decision.do === 'giveUp') return decision.because;
      if (this.#options.isAlive?.() === false) continue;
      try {
        await this.#bounded(ended, async (signal) => {
          if (await this.#renew(signal)) return;
          await this.#observe(signal);
          // another process wrote an annotation in between
          if (this.#decide().do === 'renew') await this.#renew(signal);
        });
      } catch (error) {
        if (isAborted(ended)) return undefined;
        this.#metrics?.attempted('failed');
        logger.warn({ err: error, lease: name }, 'failed to renew lease, retrying');
      }
      const afterwards = this.#decide();
      if (afterwards.do === 'giveUp') return afterwards.because;
    }
  }

  /** Runs a request that must not outlast the renew deadline. */
  async #bounded(ended: AbortSignal, request: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock, renewDeadlineMs } = this.#options;
    const deadline = (this.#view.held?.renewedAt ?? 0) + renewDeadlineMs;
    const [late, timer] = [new AbortController(), new AbortController()];
    const abort = (): void => {
      late.abort(new LeaseError('Lost', 'the renew deadline passed'));
    };
    ended.addEventListener('abort', abort, { once: true });
    clock.sleep(deadline - clock.monotonic(), timer.signal).then(abort, () => undefined);
    try {
      await Promise.race([request(late.signal), rejectionOf(late.signal)]);
    } finally {
      timer.abort();
      ended.removeEventListener('abort', abort);
    }
  }

  async #observe(signal: AbortSignal): Promise<void> {
    this.#see(await this.#store.read(signal));
  }

  async #take(signal: AbortSignal): Promise<boolean> {
    const floor = (await this.#options.epochFloor?.(signal)) ?? -1;
    this.#highestEpoch = Math.max(this.#highestEpoch, floor);
    const sentAt = this.#options.clock.monotonic();
    const taken = await this.#store.take(this.#highestEpoch + 1, signal);
    this.#metrics?.attempted(taken ? 'acquired' : 'failed');
    if (!taken) return false;
    this.#see(taken);
    this.#view = { ...this.#view, held: { epoch: taken.transitions, renewedAt: sentAt, isOver: false } };
    return true;
  }

  async #renew(signal: AbortSignal): Promise<boolean> {
    const sentAt = this.#options.clock.monotonic();
    const renewed = await this.#store.renew(signal);
    const { held } = this.#view;
    if (!renewed || !held || signal.aborted) return false;
    this.#metrics?.attempted('renewed');
    this.#see(renewed);
    this.#view = { ...this.#view, held: { ...held, renewedAt: sentAt } };
    return true;
  }

  async #release(): Promise<void> {
    const { clock, logger, name, retryPeriodMs } = this.#options;
    const timer = new AbortController();
    const late = new AbortController();
    clock.sleep(Math.min(retryPeriodMs * 2, this.#validForMs()), timer.signal).then(
      () => {
        late.abort(new LeaseError('Lost', 'the lease was not released in time'));
      },
      () => undefined,
    );
    this.#endTerm();
    try {
      await Promise.race([this.#writeRelease(late.signal), rejectionOf(late.signal)]);
      logger.info({ lease: name }, 'released lease');
    } catch (error) {
      logger.warn({ err: error, lease: name }, 'could not release lease, others will wait for it to run out');
    } finally {
      timer.abort();
    }
  }

  /** A renewal that was abandoned half-way may land first; then the Lease is read and released again. */
  async #writeRelease(signal: AbortSignal): Promise<void> {
    while (!(await this.#store.release(signal))) {
      const record = await this.#store.read(signal);
      if (record?.holder !== this.#options.identity) return;
    }
  }

  #endTerm(): void {
    const { held } = this.#view;
    if (held) this.#view = { ...this.#view, held: { ...held, isOver: true } };
    this.#metrics?.leading(false);
  }

  #see(record: LeaseRecord | undefined): void {
    const now = this.#options.clock.monotonic();
    const keptReading = now - this.#readAt <= 3 * this.#options.retryPeriodMs;
    const goneForMs = record && this.#options.goneForMs?.(record);
    this.#readAt = now;
    this.#view = afterReading(this.#view, record, { now, keptReading, goneForMs });
    if (record === undefined) return;
    this.#highestEpoch = Math.max(this.#highestEpoch, record.transitions);
    this.#options.onObserved?.(record, this.#store.notes);
  }

  #decide(): LeaseDecision {
    return decide(this.#view, this.#options.clock.monotonic(), this.#options);
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}
