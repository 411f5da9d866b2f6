import type { Status } from '../../machinery/src/meta.ts';

/** Why a request failed without an answer of the API server. */
export type TransportReason = 'Unreachable' | 'Timeout' | 'NotHolder' | 'BadAnswer';

/** A request that the API server answered with a failure. Callers switch on `reason` or `code`, never on the text. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  /** Kubernetes' reason, such as `NotFound`, `Conflict`, `AlreadyExists`, `Invalid`, `Expired`. */
  readonly reason: string;
  readonly status: Status;
  readonly retryAfterMs: number | undefined;

  constructor(status: Status, retryAfterMs?: number) {
    super(status.message ?? status.reason ?? `HTTP ${status.code}`);
    this.code = status.code;
    this.reason = status.reason ?? '';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A request that got no answer: whether it took effect is unknown, except for `NotHolder` (never sent). */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly reason: TransportReason;

  constructor(reason: TransportReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

const hasReason = (error: unknown, ...reasons: readonly string[]): boolean =>
  error instanceof ApiError && reasons.includes(error.reason);

export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound');
/** A stale resourceVersion or a field manager's conflict; not a name that exists already. */
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
/** The resourceVersion that a watch or a page asked for is no longer kept: list again. */
export const isGone = (error: unknown): boolean =>
  hasReason(error, 'Expired', 'Gone') || (error instanceof ApiError && error.code === 410);
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid', 'BadRequest');
export const isForbidden = (error: unknown): boolean => hasReason(error, 'Forbidden');

/** The answer of a request; undefined where the object does not exist. */
export async function ignoreNotFound<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
