import type { Clock } from './clock.ts';

export interface AdaptiveLimitOptions {
  readonly max: number;
  readonly clock: Clock;
  /** How long a change is left to show its effect before the next one; 1 s when absent. */
  readonly windowMs?: number | undefined;
}

/**
 * A limit of concurrent requests that adapts to the server: halved when a request is throttled, raised by one after a
 * window without throttling (AIMD). Never less than 1, never more than `max`.
 *
 * It has no timer: the limit rises when a success is reported.
 */
export class AdaptiveLimit {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #windowMs: number;
  #value: number;
  #changedAt = -Infinity;

  constructor({ max, clock, windowMs = 1000 }: AdaptiveLimitOptions) {
    this.#max = Math.max(1, max);
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#value = this.#max;
  }

  get value(): number {
    return this.#value;
  }

  /** Too much: what is reported within a window after a change is its echo and changes nothing. */
  tooMuch(): void {
    if (this.#value > 1 && this.#isOver()) this.#set(Math.max(1, Math.floor(this.#value / 2)));
    else if (this.#value === 1) this.#changedAt = this.#clock.monotonic();
  }

  /** Something went well. */
  well(): void {
    if (this.#value < this.#max && this.#isOver()) this.#set(this.#value + 1);
  }

  #isOver(): boolean {
    return this.#clock.monotonic() - this.#changedAt >= this.#windowMs;
  }

  #set(value: number): void {
    this.#value = value;
    this.#changedAt = this.#clock.monotonic();
  }
}
