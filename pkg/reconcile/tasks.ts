import { setMaxListeners } from 'node:events';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';

/** Work that runs until its signal aborts. */
export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs tasks side by side until the signal aborts and all have ended. The first failure stops the others and is thrown.
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

/** Tasks that run beside the work of a process and end after it, because its last steps still need them. */
export class Background {
  readonly #ends = new AbortController();
  readonly #onFailure: (error: unknown) => void;
  readonly #running: Promise<void>[] = [];

  /** `onFailure` is called with each failure of a task before the end. */
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

export interface Retrying {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const retryMs = 2_000;

/** Repeats a startup step every two seconds until it succeeds; rejects only when the signal aborts. */
export async function untilDone<T>(
  { clock, logger, signal }: Retrying,
  step: string,
  attempt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ err: error, reason: step }, 'startup step failed, retrying');
    }
    await clock.sleep(retryMs, signal);
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
