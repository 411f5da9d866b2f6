import { ApiError, TransportError } from '../../../apis/api-error.ts';
import { fenceRefusalOf } from '../../../apis/fence.ts';
import type { ApplicationPhase } from '../../../apis/application-status.ts';
import type { ConditionType } from './conditions.ts';

/** The failure of a stage of the reconcile, with the condition that reports it and the phase of the Application. */
export class ReconcileFailure extends Error {
  override readonly name = 'ReconcileFailure';
  readonly condition: ConditionType;
  readonly phase: ApplicationPhase;
  /** Reason of the warning Event; none when undefined. */
  readonly event: string | undefined;
  /** Whether only a change of the Application or of a definition can help, so that it is not retried. */
  readonly isPermanent: boolean;

  constructor(
    about: {
      readonly condition: ConditionType;
      readonly phase: ApplicationPhase;
      readonly event?: string;
      readonly isPermanent?: boolean;
    },
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.condition = about.condition;
    this.phase = about.phase;
    this.event = about.event;
    this.isPermanent = about.isPermanent ?? false;
  }

  /** The error itself when it is such a failure already, or transient; otherwise a failure with the error as its cause. */
  static of(about: ConstructorParameters<typeof ReconcileFailure>[0], error: unknown): unknown {
    if (error instanceof ReconcileFailure || isTransient(error)) return error;
    return new ReconcileFailure(about, messageOf(error), error);
  }
}

/** Whether the same request may succeed a moment later, so that the Application is not the cause. */
export function isTransient(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  if (error instanceof TransportError || fenceRefusalOf(error)) return true;
  if (!(error instanceof ApiError) || isTypingError(error)) return false;
  return error.code >= 500 || error.code === 429 || error.code === 409;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An object that does not fit its schema is answered with 500 by server-side apply, although it is a client error. */
function isTypingError({ message }: ApiError): boolean {
  return message.includes('failed to create typed patch object');
}
