import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { reviewOf } from './admission-response.ts';
import type { AdmissionAnswer, AdmissionHandler, AdmissionRequest } from './admission-review.ts';
import { readReview } from './admission-review.ts';
import type { WebhookMetrics } from './metrics.ts';

/** What a TLS server shows; PEM. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface WebhookServerOptions {
  /** All interfaces when absent. */
  readonly host: string | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  /** Handlers by path. */
  readonly handlers: Readonly<Record<string, AdmissionHandler>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: WebhookMetrics | undefined;
  /** Limit of one decision; below what the API server waits. Default 9 s. */
  readonly timeoutMs?: number | undefined;
}

/** The largest request of the API server is 3 MiB, and a review holds the old and the new object. */
const maxBodyBytes = 8 * 1024 * 1024;

/** The HTTPS server that the API server asks about objects. The certificate can be replaced while it runs. */
export class WebhookServer {
  readonly #options: WebhookServerOptions;
  #server: Server | undefined;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
  }

  /** Listens; resolves with the port. */
  async listen(certificate: ServingCertificate): Promise<number> {
    const server = createServer({ ...certificate, minVersion: 'TLSv1.2' }, (request, response) => {
      void this.#serve(request, response);
    });
    server.requestTimeout = 15_000;
    server.headersTimeout = 10_000;
    server.keepAliveTimeout = 90_000;
    this.#server = server;
    server.listen(this.#options.port, this.#options.host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** New connections see this certificate from now on; those that exist go on. */
  setCertificate(certificate: ServingCertificate): void {
    this.#server?.setSecureContext({ ...certificate, minVersion: 'TLSv1.2' });
  }

  /** Answers what is under way, then closes every connection. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    const timeout = new AbortController();
    const force = this.#options.clock.sleep(5_000, timeout.signal).then(
      () => {
        server.closeAllConnections();
      },
      () => undefined,
    );
    await closed;
    timeout.abort();
    await force;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'admission request not answered');
      if (response.headersSent) response.destroy();
      else send(response, 500, { message: 'the webhook failed' });
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const body = await readBody(request);
    const handler = Object.hasOwn(this.#options.handlers, path) ? this.#options.handlers[path] : undefined;
    if (!handler) {
      send(response, 404, { message: `no webhook at ${path}` });
      return;
    }
    if (request.method !== 'POST') {
      send(response, 405, { message: 'only POST is allowed' });
      return;
    }
    if (body === undefined) {
      send(response, 413, { message: `a review may have at most ${maxBodyBytes} bytes` }, true);
      return;
    }
    const review = readReview(parse(body));
    if (!review.ok) {
      send(response, 400, { message: review.problem });
      return;
    }
    const decision = await this.#decide(path, handler, review.request);
    if (decision.ok) send(response, 200, reviewOf(review.apiVersion, review.request, decision.answer));
    else send(response, decision.code, { message: decision.message });
  }

  /** An internal error is no refusal: the API server then applies the failurePolicy of the webhook. */
  async #decide(path: string, handler: AdmissionHandler, request: AdmissionRequest): Promise<Decision> {
    const { clock, metrics, logger, timeoutMs = 9_000 } = this.#options;
    const startedAt = clock.monotonic();
    const limit = new AbortController();
    const observe = (outcome: 'allowed' | 'denied' | 'error'): void => {
      metrics?.observe(path, outcome, (clock.monotonic() - startedAt) / 1000);
    };
    const timer = clock.sleep(timeoutMs, limit.signal).then(
      () => undefined,
      () => undefined,
    );
    const about = { kind: request.kind.kind, namespace: request.namespace, name: request.name };
    try {
      const answer = await Promise.race([handler(request, limit.signal), timer]);
      observe(answer === undefined ? 'error' : answer.allowed ? 'allowed' : 'denied');
      if (answer !== undefined) return { ok: true, answer };
      logger.error({ ...about, timeoutMs }, 'admission takes too long');
      return { ok: false, code: 504, message: `no decision within ${timeoutMs} ms` };
    } catch (error) {
      observe('error');
      logger.error({ err: error, ...about }, 'admission failed');
      return { ok: false, code: 500, message: error instanceof Error ? error.message : String(error) };
    } finally {
      limit.abort();
    }
  }
}

type Decision =
  | { readonly ok: true; readonly answer: AdmissionAnswer }
  | { readonly ok: false; readonly code: number; readonly message: string };

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, code: number, body: object, close = false): void {
  const text = JSON.stringify(body);
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(close && { connection: 'close' }),
  });
  response.end(text);
}
