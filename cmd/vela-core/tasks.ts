import { setMaxListeners } from 'node:events';
import type { Clock } from '../../pkg/clock/clock.ts';
import type { Logger } from '../../pkg/logging/logger.ts';

/** Something that runs until its signal aborts. */
export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs tasks side by side until the signal aborts and all have ended. The first that fails stops the others, and its
 * failure is thrown.
 */
export async function runTogether(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const stop = (): void => {
    own.abort(signal.reason);
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let failure: { readonly error: unknown } | undefined;
  const running = tasks.map((task) =>
    task(own.signal).catch((error: unknown) => {
      if (own.signal.aborted) return;
      failure = { error };
      own.abort(error);
    }),
  );
  try {
    await Promise.all(running);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (failure) throw failure.error;
}

/** Tasks that run beside the work of a process and outlive it: what is finished at the end still needs them. */
export class Background {
  readonly #ends = new AbortController();
  readonly #onFailure: (error: unknown) => void;
  readonly #running: Promise<void>[] = [];

  /** The first failure of a task, unless it is being ended, is handed on. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
    // one listener for each cache and server is no leak
    setMaxListeners(0, this.#ends.signal);
  }

  start(...tasks: readonly Task[]): void {
    for (const task of tasks) {
      const running = task(this.#ends.signal).catch((error: unknown) => {
        if (!this.#ends.signal.aborted) this.#onFailure(error);
      });
      this.#running.push(running);
    }
  }

  /** Stops the tasks and waits for their end. */
  async end(): Promise<void> {
    this.#ends.abort(new Error('the process ends'));
    await Promise.all(this.#running);
  }
}

export interface Trying {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Tries every two seconds until it works; rejects only when the signal aborts. */
export async function untilDone<T>(
  { clock, logger, signal }: Trying,
  what: string,
  attempt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ err: error, reason: what }, 'not possible yet, trying again');
    }
    await clock.sleep(2_000, signal);
  }
}
