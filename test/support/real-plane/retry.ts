import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, TransportError } from '../../../pkg/apis/api-error.ts';
import { StatusError } from '../../../devcluster/src/contract/status-error.ts';

const pauseMs = 200;

/**
 * Does what may be done twice until the API server has answered it, and translates a refusal into the StatusError that
 * the kubelet knows from an API server in its own process. Gives up when the signal aborts.
 */
export async function untilAnswered<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (signal.aborted || !hadNoAnswer(error)) throw translated(error);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

const hadNoAnswer = (error: unknown): boolean =>
  error instanceof TransportError || (error instanceof ApiError && (error.code >= 500 || error.code === 429));

function translated(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { code, message, reason } = error;
  return new StatusError({ code, message, ...(reason !== '' && { reason }) });
}
