import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import { StatusError } from '../apiserver/status-error.ts';

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Brings the object behind a key nearer to what is wanted; may ask to be called again after some milliseconds. */
  readonly reconcile: (key: string) => Promise<number | undefined>;
}

const firstRetryMs = 20;
const lastRetryMs = 5000;
const workers = 4;

/**
 * Calls `reconcile` for every key that was added, never twice at a time for one key, and again after failures with
 * growing pauses. A conflict is not a failure: what changed has been added again already.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #ready = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** When each key is added that was asked for later; in the clock's monotonic milliseconds. */
  readonly #due = new Map<string, number>();
  #wake = { at: Infinity, end: new AbortController() };
  #signal: AbortSignal | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Works until the signal aborts; keys may have been added before. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    this.#fill();
  }

  add(key: string): void {
    if (this.#busy.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#fill();
  }

  addAfter(key: string, delayMs: number): void {
    if (!this.#signal || this.#signal.aborted) return;
    const due = this.#options.clock.monotonic() + delayMs;
    // An earlier run requests the later time again, if it still matters.
    if ((this.#due.get(key) ?? Infinity) <= due) return;
    this.#due.set(key, due);
    this.#wakeAt(due);
  }

  /** One timer for all keys, however many wait: it is set anew for a key that is due before all others. */
  #wakeAt(due: number): void {
    const signal = this.#signal;
    if (!signal || signal.aborted || due >= this.#wake.at) return;
    this.#wake.end.abort(null);
    const wake = { at: due, end: new AbortController() };
    this.#wake = wake;
    const { clock } = this.#options;
    clock.sleep(due - clock.monotonic(), AbortSignal.any([signal, wake.end.signal])).then(
      () => {
        this.#addDue();
      },
      () => undefined,
    );
  }

  #addDue(): void {
    this.#wake = { at: Infinity, end: new AbortController() };
    const now = this.#options.clock.monotonic();
    let next = Infinity;
    for (const [key, due] of this.#due) {
      if (due > now) next = Math.min(next, due);
      else {
        this.#due.delete(key);
        this.add(key);
      }
    }
    if (next < Infinity) this.#wakeAt(next);
  }

  #fill(): void {
    if (!this.#signal || this.#signal.aborted) return;
    for (const key of this.#ready) {
      if (this.#busy.size >= workers) return;
      this.#ready.delete(key);
      this.#busy.add(key);
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    // Everything that happens in this turn of the event loop becomes one reconcile.
    await Promise.resolve();
    try {
      const afterMs = await this.#options.reconcile(key);
      this.#failures.delete(key);
      if (afterMs !== undefined) this.addAfter(key, afterMs);
    } catch (error) {
      this.#retry(key, error);
    } finally {
      this.#busy.delete(key);
      if (this.#again.delete(key)) this.#ready.add(key);
      this.#fill();
    }
  }

  #retry(key: string, error: unknown): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const usual = error instanceof StatusError && [403, 404, 409].includes(error.code);
    if (!usual)
      this.#options.logger.warn({ controller: this.#options.name, name: key, err: error }, 'reconcile failed');
    this.addAfter(key, Math.min(lastRetryMs, firstRetryMs * 2 ** failures));
  }
}
