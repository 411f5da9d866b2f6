import type { Logger } from '../../machinery/src/logging/logger.ts';

/** The outcome of a reconcile without an error. */
export interface Result {
  /** Reconcile the key again after that time; when absent, only after a change. */
  readonly requeueAfterMs?: number | undefined;
}

export const done: Result = {};

/** The arguments of a reconciler besides the key. */
export interface ReconcileContext {
  /** With the controller, the key and an id of this reconcile. */
  readonly logger: Logger;
  /** Aborts when the reconcile takes too long or the process must end: finish short work quickly and return. */
  readonly signal: AbortSignal;
}

/**
 * Brings the actual state closer to the desired state of the object with the key. A thrown error is logged, counted and
 * followed by a retry after the backoff; a thrown `TerminalError` is not retried before the next change.
 */
export type Reconciler = (key: string, context: ReconcileContext) => Promise<Result>;

/** A permanent failure: a retry cannot succeed before the object, or one that it refers to, has changed. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
