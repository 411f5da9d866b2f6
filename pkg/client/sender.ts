import type { ApiError } from '../apis/api-error.ts';
import { TransportError } from '../apis/api-error.ts';
import type { WriteGate } from '../apis/kube-client.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import type { TokenBucket } from '../../machinery/src/clock/token-bucket.ts';
import { apiErrorOf, warningsOf } from './answer.ts';
import type { Answer } from './answer.ts';
import { checkGate } from './gate.ts';
import type { ClientMetrics } from './metrics.ts';
import type { Transport } from './transport.ts';
import type { Method, OutgoingRequest, StreamedAnswer } from './transport.ts';
import { withQuery } from './path.ts';

/** One call of the API, before it becomes an HTTP request. */
export interface Call {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly gate?: WriteGate | undefined;
  readonly silenceMs?: number | undefined;
}

export interface SenderOptions {
  readonly transport: Transport;
  readonly bucket: TokenBucket;
  readonly clock: Clock;
  readonly random: Random;
  readonly userAgent: string;
  readonly host: string;
  readonly metrics: ClientMetrics | undefined;
  /** Called with the status of every answer, including those that are retried here. */
  readonly onAnswer: ((status: number) => void) | undefined;
  /** Called with the text of each warning that the API server adds to an answer. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const maxRetries = 8;
const maxRetryAfterMs = 30_000;

/** Sends calls: token bucket, write gate, metrics, and retries of what surely did not happen. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Returns an answer below 400. Throws ApiError for others, TransportError when there is none. */
  async send(call: Call): Promise<Answer> {
    return this.#retrying(call, (outgoing) => this.#options.transport.request(outgoing));
  }

  /** As `send`, for an answer that is read while it comes in. */
  async open(call: Call): Promise<StreamedAnswer> {
    return this.#retrying(call, async (outgoing) => {
      const answer = await this.#options.transport.stream(outgoing);
      if (answer.status < 400) return answer;
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of answer.body) chunks.push(chunk);
      } finally {
        answer.close();
      }
      return { ...answer, text: Buffer.concat(chunks).toString('utf8') };
    });
  }

  async #retrying<T extends { readonly status: number; readonly headers: Answer['headers']; readonly text?: string }>(
    call: Call,
    attempt: (outgoing: OutgoingRequest) => Promise<T>,
  ): Promise<T> {
    for (let retries = 0; ; retries += 1) {
      const answer = await this.#attempt(call, attempt, retries);
      if (answer === undefined) continue;
      if (answer.status < 400) return answer;
      const error = apiErrorOf({ ...answer, text: answer.text ?? '' }, `${call.method} ${call.path}`);
      if (answer.status === 401 && retries === 0) {
        this.#options.transport.refreshCredentials();
        continue;
      }
      const waitMs = retries < maxRetries ? retryDelayMs(error) : undefined;
      if (waitMs === undefined) throw error;
      const jittered = waitMs * (1 + 0.2 * this.#options.random());
      await this.#options.clock.sleep(Math.min(maxRetryAfterMs, jittered), call.signal);
    }
  }

  /** One attempt; undefined when a read found its idle connection closed and should simply be made again. */
  async #attempt<T extends Pick<Answer, 'status' | 'headers'>>(
    call: Call,
    attempt: (outgoing: OutgoingRequest) => Promise<T>,
    retries: number,
  ): Promise<T | undefined> {
    const { bucket, clock, metrics, host, onAnswer, onWarning } = this.#options;
    const labels = { verb: call.method, host };
    metrics?.waiting.observe(labels, (await bucket.take(call.signal)) / 1000);
    const startedAt = clock.monotonic();
    try {
      const answer = await attempt(this.#outgoing(call));
      metrics?.requests.inc({ code: String(answer.status), method: call.method, host });
      onAnswer?.(answer.status);
      if (onWarning) warningsOf(answer).forEach(onWarning);
      return answer;
    } catch (error) {
      metrics?.requests.inc({ code: '<error>', method: call.method, host });
      if (retries === 0 && call.method === 'GET' && isClosedConnection(error)) return undefined;
      throw error;
    } finally {
      metrics?.duration.observe(labels, (clock.monotonic() - startedAt) / 1000);
    }
  }

  #outgoing(call: Call): OutgoingRequest {
    const { method, gate, signal, timeoutMs, silenceMs } = call;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const limitMs = gate ? Math.min(timeoutMs, gate.validForMs()) : timeoutMs;
    return {
      method,
      path: gate ? withQuery(call.path, { timeout: `${Math.max(1, Math.floor(limitMs))}ms` }) : call.path,
      headers: {
        accept: call.accept ?? 'application/json',
        'user-agent': this.#options.userAgent,
        ...(body !== undefined && { 'content-type': call.contentType ?? 'application/json' }),
        ...call.headers,
      },
      body,
      signal,
      silenceMs,
      ...(gate && {
        preSendCheck: () => {
          checkGate(gate, `${method} ${call.path}`);
        },
      }),
      admit: () => {
        if (!gate) return timeoutMs;
        checkGate(gate, `${method} ${call.path}`);
        return Math.min(timeoutMs, gate.validForMs());
      },
    };
  }
}

/** 429 means that nothing happened; so does 503 where it names a time. Everything else is the caller's to judge. */
function retryDelayMs(error: ApiError): number | undefined {
  if (error.code === 429) return error.retryAfterMs ?? 1_000;
  return error.code === 503 ? error.retryAfterMs : undefined;
}

function isClosedConnection(error: unknown): boolean {
  if (!(error instanceof TransportError)) return false;
  const code = (error.cause as { code?: string } | undefined)?.code;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}
