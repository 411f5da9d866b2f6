import { ApiError, TransportError } from '../../../apis/api-error.ts';
import { fenceRefusalOf } from '../../../apis/fence.ts';
import type { ApplicationPhase } from '../../../apis/application-status.ts';
import type { ConditionType } from './conditions.ts';

/** A step of the reconcile that failed: which condition tells the user, and what phase the Application is in. */
export class ReconcileFailure extends Error {
  override readonly name = 'ReconcileFailure';
  readonly condition: ConditionType;
  readonly phase: ApplicationPhase;
  /** Reason of the warning Event; none when undefined. */
  readonly event: string | undefined;

  constructor(
    about: { readonly condition: ConditionType; readonly phase: ApplicationPhase; readonly event?: string },
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.condition = about.condition;
    this.phase = about.phase;
    this.event = about.event;
  }

  /** The error itself when it is a failure of a step, or one that a retry may well mend; otherwise such a failure. */
  static of(about: ConstructorParameters<typeof ReconcileFailure>[0], error: unknown): unknown {
    if (error instanceof ReconcileFailure || isTransient(error)) return error;
    return new ReconcileFailure(about, messageOf(error), error);
  }
}

/** Whether the same request may well succeed a moment later, so that the failure says nothing about the Application. */
export function isTransient(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  if (error instanceof TransportError || fenceRefusalOf(error)) return true;
  if (!(error instanceof ApiError) || isTypingError(error)) return false;
  return error.code >= 500 || error.code === 429 || error.code === 409;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An object that server-side apply cannot make sense of is answered with 500, although the sender is to blame. */
function isTypingError({ message }: ApiError): boolean {
  return message.includes('failed to create typed patch object');
}
