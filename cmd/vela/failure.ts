import { ApiError, TransportError } from '../../pkg/apis/api-error.ts';
import { CliError, exitCodes } from './io.ts';

export interface Failure {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exitCode: number;
}

/** Puts any error into the words, hint and exit status that the user gets. */
export function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return { message: 'interrupted', exitCode: 130 };
  if (error instanceof CliError) return { message: error.message, hint: error.hint, exitCode: error.exitCode };
  if (error instanceof ApiError) return apiFailure(error);
  if (error instanceof TransportError) {
    const hint = 'is the cluster running? Check --kubeconfig and --context, or start one with: vela dev up';
    return { message: error.message, hint, exitCode: exitCodes.failure };
  }
  return { message: messageOf(error), exitCode: exitCodes.failure };
}

/** A mistake in the command line itself. */
export function usageFailure(message: string): CliError {
  return new CliError(message, { exitCode: exitCodes.usage, hint: 'see vela --help, or vela COMMAND --help' });
}

export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

function apiFailure(error: ApiError): Failure {
  const message = error.message;
  switch (error.code) {
    case 401:
      return { message, hint: 'the credentials of the kubeconfig are not accepted', exitCode: exitCodes.failure };
    case 403:
      return { message, hint: 'ask for the right named above, or use another --context', exitCode: exitCodes.failure };
    case 404:
      return {
        message,
        hint: error.status.details?.name ? undefined : 'is Flotilla installed? Try: vela install',
        exitCode: exitCodes.notFound,
      };
    default:
      return { message, exitCode: exitCodes.failure };
  }
}
