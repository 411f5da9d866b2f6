import { setMaxListeners } from 'node:events';
import { Pool, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import { TransportError } from '../apis/api-error.ts';
import type { TransportReason } from '../apis/api-error.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Answer } from './answer.ts';
import { ConnectionError } from './connection-error.ts';
import type { Connection } from './connection.ts';
import type { Credential } from './credentials.ts';
import { checkBeforeSend, withPreSendCheck } from './pre-send-check.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface OutgoingRequest {
  readonly method: Method;
  /** Below the server's URL, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when everything is ready to be sent: whether it may, and how long the answer may take. */
  readonly admit: () => number;
  /** Called when a connection is free, immediately before the first byte leaves; throws to keep it. */
  readonly preSendCheck?: (() => void) | undefined;
  /** How long a stream may be silent before it is taken for broken; 0: for ever. */
  readonly silenceMs?: number | undefined;
}

export interface StreamedAnswer {
  readonly status: number;
  readonly headers: Answer['headers'];
  readonly body: AsyncIterable<Buffer>;
  /** Gives up what was not read yet. */
  close(): void;
}

interface Pools {
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
  readonly cert: string | undefined;
}

/** No answer of an API server that we can use is larger. */
const maxAnswerBytes = 256 * 1024 * 1024;
/** A watch that is silent for longer, bookmarks included, is taken for broken. */
const watchSilenceMs = 150_000;
export const maxConnections = 64;

/** Why a timer or a request is ended; a constant, because every DOMException of `abort()` takes its stack. */
const over = new Error('over');

/** Keep-alive connections to one API server: a bounded pool for requests and an unbounded one for watches. */
export class Transport {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #basePath: string;
  #pools: Pools | undefined;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.#basePath = new URL(connection.server).pathname.replace(/\/$/, '');
  }

  /** Sends a request and reads its whole answer. Throws TransportError, or the signal's reason when that aborts. */
  async request(outgoing: OutgoingRequest): Promise<Answer> {
    const { requests, credential } = await this.#prepare();
    return this.#within(outgoing, async (signal) => {
      const { statusCode, headers, body } = await requests.request(this.#dispatch(outgoing, credential, signal));
      return { status: statusCode, headers, text: await readAll(body) };
    });
  }

  /** Sends a request and returns its answer as it comes in; the time limit ends when its head is there. */
  async stream(outgoing: OutgoingRequest): Promise<StreamedAnswer> {
    const { watches, credential } = await this.#prepare();
    const controller = new AbortController();
    const abort = (): void => {
      controller.abort();
    };
    const close = (): void => {
      outgoing.signal?.removeEventListener('abort', abort);
      abort();
    };
    outgoing.signal?.addEventListener('abort', abort, { once: true });
    try {
      const { statusCode, headers, body } = await this.#within(outgoing, (signal) => {
        signal.addEventListener('abort', abort, { once: true });
        const dispatch = this.#dispatch(outgoing, credential, controller.signal);
        return watches.request({ ...dispatch, bodyTimeout: outgoing.silenceMs ?? watchSilenceMs });
      });
      body.on('error', () => undefined);
      return { status: statusCode, headers, body: body as AsyncIterable<Buffer>, close };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** The credentials were refused: whether others may be tried. */
  refreshCredentials(): void {
    this.#connection.credentials.invalidate();
  }

  async close(): Promise<void> {
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.requests.destroy(), pools?.watches.destroy()]);
  }

  #dispatch(outgoing: OutgoingRequest, credential: Credential, signal: AbortSignal): Dispatcher.RequestOptions {
    const { method, path, headers, body, preSendCheck } = outgoing;
    const options = {
      method,
      path: `${this.#basePath}${path}`,
      headers: {
        ...headers,
        ...(credential.authorization !== undefined && { authorization: credential.authorization }),
      },
      signal,
      ...(body !== undefined && { body }),
    };
    return withPreSendCheck(options, preSendCheck);
  }

  /** The credential, and pools for its client certificate: a new certificate needs new connections. */
  async #prepare(): Promise<Pools & { readonly credential: Credential }> {
    const credential = await this.#connection.credentials.get();
    const { certificate } = credential;
    if (this.#pools?.cert !== certificate?.cert || !this.#pools) {
      const old = this.#pools;
      this.#pools = {
        requests: newDispatcher(this.#connection, certificate, maxConnections),
        watches: newDispatcher(this.#connection, certificate, null),
        cert: certificate?.cert,
      };
      if (old) void Promise.allSettled([old.requests.close(), old.watches.close()]);
    }
    return { ...this.#pools, credential };
  }

  /** Runs `work` until it ends, its time is over, or the caller's signal aborts; translates what it throws. */
  async #within<T>(outgoing: OutgoingRequest, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal: outer, method, path } = outgoing;
    outer?.throwIfAborted();
    const timeoutMs = outgoing.admit();
    const inner = new AbortController();
    const timer = new AbortController();
    const what = `${method} ${this.#connection.server}${path.split('?')[0] ?? ''}`;
    const abort = (): void => {
      inner.abort(outer?.reason);
    };
    // one signal may end any number of requests
    if (outer) setMaxListeners(0, outer);
    outer?.addEventListener('abort', abort, { once: true });
    this.#clock.sleep(timeoutMs, timer.signal).then(
      () => {
        inner.abort(over);
      },
      () => undefined,
    );
    try {
      return await work(inner.signal);
    } catch (error) {
      if (outer?.aborted) throw outer.reason;
      if (inner.signal.reason === over)
        throw new TransportError('Timeout', `${what}: no answer within ${Math.round(timeoutMs)} ms`);
      throw translate(error, what);
    } finally {
      timer.abort(over);
      outer?.removeEventListener('abort', abort);
    }
  }
}

/** A failure below HTTP as a TransportError; those of this room pass unchanged. */
export function translate(error: unknown, what: string): unknown {
  if (error instanceof TransportError || error instanceof ConnectionError) return error;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const why = message === '' ? code : message;
  return new TransportError(reasonOf(code), `${what}: ${why}`, error);
}

const timeoutCodes = ['UND_ERR_BODY_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'];

function reasonOf(code: string): TransportReason {
  if (timeoutCodes.includes(code)) return 'Timeout';
  return code.startsWith('HPE_') ? 'BadAnswer' : 'Unreachable';
}

async function readAll(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes)
      throw new TransportError('BadAnswer', `the answer is larger than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function newDispatcher(
  { server, tls, proxyUrl }: Connection,
  certificate: Credential['certificate'],
  connections: number | null,
): Dispatcher {
  const { ca, servername, rejectUnauthorized } = tls;
  const { cert = tls.cert, key = tls.key } = certificate ?? {};
  const connect = {
    rejectUnauthorized,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    timeout: 10_000,
    keepAliveInitialDelay: 15_000,
  };
  const common = { connections, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 };
  const { origin } = new URL(server);
  if (!proxyUrl) return new Pool(origin, { ...common, connect }).compose(checkBeforeSend);
  if (!/^https?:/.test(proxyUrl))
    throw new ConnectionError('Unsupported', `proxy-url ${proxyUrl}: only http and https proxies are supported`);
  const proxy = new ProxyAgent({ uri: proxyUrl, requestTls: connect, headersTimeout: 0, bodyTimeout: 0 });
  return proxy.compose(checkBeforeSend, (dispatch) => (options, handler) => dispatch({ ...options, origin }, handler));
}
