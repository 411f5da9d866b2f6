import type { Logger } from '../logging/logger.ts';

/** What a reconciler wants next for a key that went well. */
export interface Result {
  /** Reconcile the key again after that time; when absent, only after a change. */
  readonly requeueAfterMs?: number | undefined;
}

export const done: Result = {};

/** What a reconciler is given besides the key. */
export interface ReconcileContext {
  /** With the controller, the key and an id of this reconcile. */
  readonly logger: Logger;
  /** Aborts when the reconcile takes too long or the process must end: finish quickly what can be finished. */
  readonly signal: AbortSignal;
}

/** Brings the world closer to what the object of the key wants, whatever happened since it was last called. */
export type Reconciler = (key: string, context: ReconcileContext) => Promise<Result>;

/** A failure that trying again cannot mend: the key is left alone until something changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
