import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';

export interface RawAnswer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, when it is JSON. */
  readonly json: unknown;
}

export interface Credentials {
  readonly server: string;
  readonly ca: Buffer;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

/** Plain HTTPS to a Kubernetes API: nothing is retried, decoded or forgiven. */
export class RawApi {
  readonly credentials: Credentials;
  readonly agent: Agent;

  constructor(credentials: Credentials, maxSockets = 64) {
    this.credentials = credentials;
    const { ca, cert, key } = credentials;
    this.agent = new Agent({ keepAlive: true, maxSockets, ca, cert, key });
  }

  static async fromKubeconfig(file: string): Promise<RawApi> {
    return new RawApi(credentialsIn(await readFile(file, 'utf8')));
  }

  /** The same server, without any credential. */
  anonymous(): RawApi {
    const { server, ca } = this.credentials;
    return new RawApi({ server, ca });
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> {
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    const data = body === undefined ? undefined : isText ? body : JSON.stringify(body);
    const length = data === undefined ? {} : { 'content-length': String(Buffer.byteLength(data)) };
    const all = { ...(data !== undefined && { 'content-type': 'application/json' }), ...length, ...headers };
    const response = await this.open({ method, path, headers: all }, data);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    return { code: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) };
  }

  /** Calls `onLine` for each line of an endless answer, until it ends. Rejects when it breaks off. */
  async lines(path: string, onLine: (line: string) => void): Promise<void> {
    const response = await this.open({ method: 'GET', path });
    let rest = '';
    for await (const chunk of response) {
      const parts = (rest + String(chunk)).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) onLine(part);
    }
  }

  /** Resolves when the head of the answer is there. */
  open(options: RequestOptions, body?: string | Buffer): Promise<IncomingMessage> {
    const { hostname, port } = new URL(this.credentials.server);
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, agent: this.agent, ...options }, resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): Promise<void> {
    this.agent.destroy();
    return Promise.resolve();
  }
}

/** Reads the JSON kubeconfig that `vela dev up` writes. */
export function credentialsIn(kubeconfig: string): Credentials {
  const config = JSON.parse(kubeconfig) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const cluster = config.clusters[0]?.cluster ?? {};
  const user = config.users[0]?.user ?? {};
  const decode = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64');
  return {
    server: cluster['server'] ?? '',
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
