import type { Clock } from '../../machinery/src/clock/clock.ts';

/** A clock on which every pause is over at once: sleeping moves the time on. It begins at the time of the machine. */
export class SteppingClock implements Clock {
  readonly #begin: number;
  #elapsed = 0;

  constructor(begin = Date.now()) {
    this.#begin = begin;
  }

  now(): number {
    return this.#begin + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#elapsed += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
