import { Agent, request as httpsRequest } from 'node:https';
import { isNativeError } from 'node:util/types';
import { recordOf, textOf, type JsonRecord } from '../contract/json.ts';

/** Where a Service's port can be reached from the API server. */
export type ResolveService = (
  namespace: string,
  name: string,
  port: number,
) => { readonly host: string; readonly port: number } | undefined;

interface Place {
  readonly url: URL;
  /** The host to connect to; the URL's own when undefined. */
  readonly connect: { readonly host: string; readonly port: number } | undefined;
  readonly serverName: string | undefined;
  /** As the message of a failure names it. */
  readonly shown: string;
}

const longestAnswer = 8 * 1024 * 1024;

/** Posts reviews to webhooks over connections that are kept. */
export class WebhookCaller {
  readonly #resolve: ResolveService;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 16, timeout: 60_000 });

  constructor(resolve: ResolveService) {
    this.#resolve = resolve;
  }

  /** The text of the answer; rejects with an Error that says what failed and where. */
  async post(clientConfig: JsonRecord, timeoutSeconds: number, body: string): Promise<string> {
    const place = this.#placeOf(clientConfig, timeoutSeconds);
    const caBundle = textOf(clientConfig['caBundle']);
    const ca = caBundle === '' ? undefined : Buffer.from(caBundle, 'base64').toString('utf8');
    try {
      const { status, text } = await this.#send(place, { ca, timeoutSeconds, body });
      if (status >= 200 && status < 300) return text;
      throw new Error(
        status === 404
          ? 'the server could not find the requested resource'
          : `an error on the server (${JSON.stringify(text.slice(0, 256))}) has prevented the request from succeeding`,
      );
    } catch (cause) {
      throw new Error(`failed to call webhook: ${describe(cause, place)}`, { cause });
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #placeOf(clientConfig: JsonRecord, timeoutSeconds: number): Place {
    const url = textOf(clientConfig['url']);
    if (url !== '') {
      const target = new URL(url);
      target.searchParams.set('timeout', `${timeoutSeconds}s`);
      return { url: target, connect: undefined, serverName: undefined, shown: target.href };
    }
    const service = recordOf(clientConfig['service']);
    const [namespace, name, port] = [
      textOf(service['namespace']),
      textOf(service['name']),
      Number(service['port'] ?? 443),
    ];
    const serverName = `${name}.${namespace}.svc`;
    const target = new URL(`https://${serverName}:${port}${textOf(service['path'], '/')}`);
    target.searchParams.set('timeout', `${timeoutSeconds}s`);
    const connect = this.#resolve(namespace, name, port);
    if (!connect) throw new Error(`failed to call webhook: no endpoints available for service ${JSON.stringify(name)}`);
    return {
      url: target,
      connect,
      serverName,
      shown: target.href.replace(serverName, `${serverName}${port === 443 ? ':443' : ''}`),
    };
  }

  #send(
    place: Place,
    { ca, timeoutSeconds, body }: { ca: string | undefined; timeoutSeconds: number; body: string },
  ): Promise<{ status: number; text: string }> {
    const { url, connect, serverName } = place;
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        {
          method: 'POST',
          host: connect?.host ?? url.hostname.replace(/^\[|\]$/g, ''),
          port: connect?.port ?? (url.port === '' ? 443 : Number(url.port)),
          path: `${url.pathname}${url.search}`,
          headers: {
            host: url.host,
            'content-type': 'application/json',
            accept: 'application/json',
            'content-length': Buffer.byteLength(body),
          },
          agent: this.#agent,
          signal: AbortSignal.timeout(timeoutSeconds * 1000),
          ...(ca === undefined ? {} : { ca }),
          ...(serverName === undefined ? {} : { servername: serverName }),
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          let size = 0;
          incoming.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            size += chunk.length;
            if (size > longestAnswer) outgoing.destroy(new Error('the answer is too long'));
          });
          incoming.on('end', () => {
            resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
          });
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function describe(cause: unknown, { shown }: Place): string {
  if (!isNativeError(cause)) return `Post ${JSON.stringify(shown)}: ${String(cause)}`;
  const { code = '', address = '', port = '' } = cause as Error & { code?: string; address?: string; port?: number };
  if (cause.name === 'TimeoutError' || cause.name === 'AbortError')
    return `Post ${JSON.stringify(shown)}: context deadline exceeded`;
  if (code === 'ECONNREFUSED')
    return `Post ${JSON.stringify(shown)}: dial tcp ${address}:${port}: connect: connection refused`;
  if (/^(ERR_TLS|CERT|DEPTH|SELF_SIGNED|UNABLE_TO)/.test(code))
    return `Post ${JSON.stringify(shown)}: tls: failed to verify certificate: ${cause.message}`;
  if (code === '') return cause.message;
  return `Post ${JSON.stringify(shown)}: ${cause.message}`;
}
