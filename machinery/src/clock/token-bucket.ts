import type { Clock } from './clock.ts';

export interface TokenBucketOptions {
  /** Tokens that arrive per second; zero or less means no limit. */
  readonly qps: number;
  /** How many tokens may lie ready; at least 1. */
  readonly burst: number;
  readonly clock: Clock;
}

/** A token bucket that serves waiting callers in order. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #at: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = Math.max(1, options.burst);
    this.#at = options.clock.monotonic();
  }

  /** Takes one token on credit and returns how long its owner must wait before using it. */
  reserve(): number {
    const { qps } = this.#options;
    if (qps <= 0) return 0;
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / qps) * 1000;
  }

  /** Takes a token when one lies ready; never waits. */
  tryTake(): boolean {
    if (this.#options.qps <= 0) return true;
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes a token, waiting for it; returns how long that took. A taker that gives up returns its token. */
  async take(signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted();
    const waitMs = this.reserve();
    if (waitMs === 0) return 0;
    try {
      await this.#options.clock.sleep(waitMs, signal);
    } catch (error) {
      this.#tokens += 1;
      throw error;
    }
    return waitMs;
  }

  #refill(): void {
    const { clock, qps, burst } = this.#options;
    const now = clock.monotonic();
    this.#tokens = Math.min(Math.max(1, burst), this.#tokens + ((now - this.#at) / 1000) * qps);
    this.#at = now;
  }
}
