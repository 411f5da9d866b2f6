import { ApiError, TransportError } from '../../../apis/api-error.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';

/**
 * Until when writes that got no answer may still take effect. That is about requests, not about what is known of an
 * Application, so it outlives an Application that is away for a moment.
 */
export class LateWrites {
  readonly #clock: Clock;
  readonly #lateWriteMs: number;
  readonly #until = new Map<string, number>();

  /** After `lateWriteMs` a write that got no answer has arrived, or never will. */
  constructor(clock: Clock, lateWriteMs: number) {
    this.#clock = clock;
    this.#lateWriteMs = lateWriteMs;
  }

  /** Takes note of how work on an Application failed; an abort may have left any request under way. */
  note(key: string, error: unknown, signal: AbortSignal): void {
    if (!signal.aborted && !mayArriveLate(error)) return;
    const now = this.#clock.monotonic();
    for (const [other, until] of this.#until) if (until <= now) this.#until.delete(other);
    this.#until.set(key, now + this.#lateWriteMs);
  }

  /** How long to wait until nothing that was sent for an Application can arrive any more. */
  leftMs(key: string): number {
    return Math.max(0, (this.#until.get(key) ?? 0) - this.#clock.monotonic());
  }
}

function mayArriveLate(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(mayArriveLate);
  if (error instanceof TransportError) return error.reason !== 'NotHolder';
  // the API server stops waiting for a request without stopping the request
  if (error instanceof ApiError) return error.code === 504;
  return error instanceof Error && error.cause !== undefined && mayArriveLate(error.cause);
}
