import { fenceRefusalOf } from '../apis/fence.ts';
import type { ProcessName } from '../apis/holder.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { HolderRecord } from './holder-record.ts';

export interface HolderKeeperOptions {
  readonly record: HolderRecord;
  readonly lease: string;
  /** How the API server sees this process; it changes with the token where that names no pod. */
  readonly self: (signal: AbortSignal) => Promise<ProcessName | undefined>;
  /** Asks the API server by a write that is never stored whether it takes writes of this term. Throws its refusal. */
  readonly probe: (epoch: number, signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the reason why the fences refuse the holder, once that lasts, and with undefined when they do not. */
  readonly onRefused: (why: string | undefined) => void;
  readonly timing?: Partial<Timing>;
}

interface Timing {
  /** Between two checks of a record that the fences accept. */
  readonly periodMs: number;
  /** Between two checks of one that they do not, and two attempts to write it. */
  readonly retryMs: number;
  /** How long the fences may take to see a new record. */
  readonly settleMs: number;
}

const timing: Timing = { periodMs: 30_000, retryMs: 1_000, settleMs: 5_000 };
const settleStepMs = 25;

/** Keeps the record of a holder for as long as its term lasts, and proves by dry runs that the fences know it. */
export class HolderKeeper {
  readonly #options: HolderKeeperOptions;
  readonly #timing: Timing;
  #wake: () => void = () => undefined;
  #refused: string | undefined;
  #isForbidden = false;

  constructor(options: HolderKeeperOptions) {
    this.#options = options;
    this.#timing = { ...timing, ...options.timing };
  }

  /** Checks at once, because a write was refused. */
  nudge(): void {
    this.#wake();
  }

  /**
   * Before the first write of a term: records it and waits until the fences accept it, or have refused it for so long that
   * waiting is in vain. Rejects only when the signal aborts.
   */
  async begin(epoch: number, signal: AbortSignal): Promise<void> {
    const { clock, lease, logger } = this.#options;
    for (;;) {
      try {
        if (await this.#record(epoch, signal)) break;
      } catch (error) {
        signal.throwIfAborted();
        logger.warn({ err: error, lease }, 'failed to record the holder of the lease, retrying');
      }
      await clock.sleep(this.#timing.retryMs, signal);
    }
    const deadline = clock.monotonic() + this.#timing.settleMs;
    let why = await this.#probe(epoch, signal);
    while (why !== undefined && clock.monotonic() < deadline) {
      await clock.sleep(settleStepMs, signal);
      why = await this.#probe(epoch, signal);
    }
    this.#report(why);
  }

  /** For the rest of the term. */
  async run(epoch: number, signal: AbortSignal): Promise<void> {
    const { clock, lease, logger } = this.#options;
    while (!signal.aborted) {
      await this.#nap(this.#refused === undefined ? this.#timing.periodMs : this.#timing.retryMs, signal);
      if (isAborted(signal)) return;
      try {
        await this.#record(epoch, signal);
        const why = await this.#probe(epoch, signal);
        // a record that was just written is seen a moment later
        if (why !== undefined && this.#refused === undefined) await clock.sleep(this.#timing.retryMs, signal);
        this.#report(why === undefined ? why : await this.#probe(epoch, signal));
      } catch (error) {
        if (!isAborted(signal))
          logger.warn({ err: error, lease }, 'failed to check the record of the holder, retrying');
      }
    }
  }

  /** Whether the record is as it should be, or cannot be. */
  async #record(epoch: number, signal: AbortSignal): Promise<boolean> {
    const { record, self, lease, logger } = this.#options;
    const process = await self(signal);
    if (process === undefined) return true;
    const outcome = await record.write(process, epoch, signal);
    if (outcome === 'forbidden' && !this.#isForbidden)
      logger.warn({ lease }, 'no right to record the holder of the lease; where fences are installed, they refuse it');
    this.#isForbidden = outcome === 'forbidden';
    return outcome !== 'overtaken';
  }

  /** Why the fences refuse the holder; undefined where they do not, or nothing is known. */
  async #probe(epoch: number, signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#options.probe(epoch, signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return fenceRefusalOf(error) ? (error as Error).message : undefined;
    }
  }

  #report(why: string | undefined): void {
    if (why === this.#refused) return;
    const { lease, logger, onRefused } = this.#options;
    if (why === undefined) logger.info({ lease }, 'the fences accept the holder of the lease again');
    else logger.error({ lease, reason: why }, 'the fences refuse the holder of the lease');
    this.#refused = why;
    onRefused(why);
  }

  async #nap(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => {
      woken.abort();
    };
    await this.#options.clock.sleep(ms, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;
