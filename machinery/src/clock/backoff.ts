import type { Random } from './clock.ts';

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The delay after the given number of failures before this one: base doubled each time, up to the maximum. */
export function exponentialDelay({ baseMs, maxMs }: BackoffOptions, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, 60));
}

/** Grows with each `next` until `reset`; each delay lies anywhere between zero and the exponential one (full jitter). */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #failures = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  next(): number {
    const delay = exponentialDelay(this.#options, this.#failures);
    this.#failures += 1;
    return delay * this.#random();
  }

  reset(): void {
    this.#failures = 0;
  }
}
