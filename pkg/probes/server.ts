import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import { parseAddress } from './address.ts';
import { describe, runCheck, runChecks } from './checks.ts';
import type { Check } from './checks.ts';

export interface ProbeServerOptions {
  /** Such as `:9440`; port 0 takes any. */
  readonly addr: string;
  /** Where to listen when `addr` names no host, such as the pod's address. */
  readonly host: string;
  readonly logger: Logger;
  /** Served under `/healthz` and `/livez`: the process is beyond help when one fails. */
  readonly healthz?: Readonly<Record<string, Check>> | undefined;
  /** Served under `/readyz`: the process is not ready while one fails. */
  readonly readyz?: Readonly<Record<string, Check>> | undefined;
  /** Served under `/metrics`. */
  readonly metrics?: MetricsRegistry | undefined;
}

/** Answers probes and scrapes over plain HTTP. */
export class ProbeServer {
  readonly #options: ProbeServerOptions;
  #url: string | undefined;

  constructor(options: ProbeServerOptions) {
    this.#options = options;
  }

  /** Where it listens; undefined while it does not. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Listens until the signal aborts. Rejects when the address cannot be had; `onListening` is called once it is. */
  async run(signal: AbortSignal, onListening: () => void = () => undefined): Promise<void> {
    if (signal.aborted) return;
    const { addr, host: defaultHost, logger } = this.#options;
    const { host, port } = parseAddress(addr, defaultHost);
    const server = createServer((request, response) => {
      this.#answer(request.url ?? '/', response).catch((error: unknown) => {
        logger.error({ err: error }, 'probe could not be answered');
        response.destroy();
      });
    });
    server.listen(port, host);
    await once(server, 'listening');
    const bound = server.address() as AddressInfo;
    this.#url = `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
    logger.debug({ address: this.#url }, 'serving probes');
    onListening();
    const closed = once(server, 'close');
    const close = (): void => {
      server.close();
      server.closeAllConnections();
    };
    if (isAborted(signal)) close();
    signal.addEventListener('abort', close, { once: true });
    await closed;
    this.#url = undefined;
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url, 'http://probes');
    const { healthz, readyz, metrics } = this.#options;
    const [, root = '', name] = pathname.split('/');
    const checks = { healthz, livez: healthz, readyz }[root];
    if (checks && name) await answerOne(response, name, checks);
    else if (checks) await answerAll(response, root, { checks, isVerbose: searchParams.has('verbose') });
    else if (root === 'metrics' && name === undefined && metrics) {
      response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.metrics());
    } else answer(response, 404, '404 page not found\n');
  }
}

async function answerAll(
  response: ServerResponse,
  what: string,
  { checks, isVerbose }: { readonly checks: Readonly<Record<string, Check>>; readonly isVerbose: boolean },
): Promise<void> {
  const results = await runChecks(checks);
  const isBad = results.some(({ failure }) => failure !== undefined);
  answer(response, isBad ? 500 : 200, isBad || isVerbose ? describe(what, results) : 'ok');
}

async function answerOne(
  response: ServerResponse,
  name: string,
  checks: Readonly<Record<string, Check>>,
): Promise<void> {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  if (!check) {
    answer(response, 404, `no check "${name}"; there are: ${Object.keys(checks).join(', ')}\n`);
    return;
  }
  const { failure } = await runCheck(name, check);
  answer(response, failure === undefined ? 200 : 500, failure === undefined ? 'ok' : `${failure}\n`);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    .end(text);
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
