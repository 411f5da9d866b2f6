import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { startDevCluster } from '../../devcluster/src/dev-cluster.ts';
import type { DevCluster } from '../../devcluster/src/dev-cluster.ts';
import { newLogger } from '../../machinery/src/logging/logger.ts';
import { credentialsIn, RawApi } from '../support/raw-api.ts';
import { RequestSource } from './requests.ts';
import type { OddRequest } from './requests.ts';

/** `REQUESTS=100000 SEED=1` */
const count = Number(process.env['REQUESTS'] ?? '2500');
const seed = Number(process.env['SEED'] ?? '1');
const clients = 16;
const timeoutMs = 20_000;

let cluster: DevCluster;
let admin: RawApi;

beforeAll(async () => {
  cluster = await startDevCluster({
    clock: systemClock,
    random: systemRandom,
    logger: newLogger({ level: 'silent' }),
  });
  admin = new RawApi(credentialsIn(cluster.kubeconfig()));
}, 30_000);

afterAll(async () => {
  await admin.close();
  await cluster.stop();
}, 30_000);

interface Outcome {
  readonly code: number;
  readonly text: string;
}

/** Sends it and returns the answer; code 0 stands for a connection that the server closed. */
async function send(odd: OddRequest): Promise<Outcome> {
  if (odd.manner === 'halfClosed') return halfClosed(odd);
  const { hostname, port } = new URL(admin.credentials.server);
  const { ca, cert, key } = admin.credentials;
  const { method, path, body } = odd;
  // A length that Node would leave out with DELETE.
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...odd.headers, ...length };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const outgoing = request({ hostname, port, method, path, headers, ca, cert, key, agent: admin.agent, signal });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    if (odd.manner === 'slow' && body !== undefined) {
      outgoing.write(body.slice(0, body.length / 2));
      await sleep(30);
      outgoing.end(body.slice(body.length / 2));
    } else outgoing.end(body);
    const [response] = await answered;
    let text = '';
    for await (const chunk of response) text += String(chunk).slice(0, 2000 - Math.min(2000, text.length));
    return { code: response.statusCode ?? 0, text };
  } catch (error) {
    if (signal.aborted) return { code: -1, text: 'no answer' };
    const { code = '', message } = error as { code?: string; message: string };
    if (/ECONNRESET|EPIPE|ECONNREFUSED|HPE_/.test(code)) return { code: 0, text: code };
    return { code: -2, text: `${code} ${message}` };
  }
}

/** Announces a body, sends half of it and goes away. */
async function halfClosed({ method, path, body = 'x' }: OddRequest): Promise<Outcome> {
  const { hostname, port } = new URL(admin.credentials.server);
  const { ca, cert, key } = admin.credentials;
  const socket = connect({ host: hostname, port: Number(port), ca, ...(cert && { cert }), ...(key && { key }) });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.write(
    `${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length + 9}\r\n\r\n`,
  );
  socket.write(body);
  socket.end();
  await Promise.race([once(socket, 'close'), sleep(50)]);
  socket.destroy();
  return { code: 0, text: '' };
}

/** kube-apiserver answers these with 500 as well. */
const known500 =
  /unknown patch type|resourceVersion should not be set|field not declared in schema|failed to create typed|unable to (decode|parse|find)|expected|duplicate|failed to (convert|prune)|quantit|resourceVersion: Invalid value/i;

function complaint(odd: OddRequest, { code, text }: Outcome): string | undefined {
  const show = `${odd.method} ${odd.path} ${JSON.stringify(odd.headers).slice(0, 200)} ${String(odd.body).slice(0, 600)} -> ${code} ${text.slice(0, 400)}`;
  if (code < 0) return show;
  if (code === 0) return undefined;
  if (code < 200 || code > 504) return show;
  // HEAD has no text to go by
  const isKnown = known500.test(text) || (text === '' && odd.method === 'HEAD');
  if (code >= 500 && code !== 504 && code !== 501 && !isKnown) return show;
  return undefined;
}

// before the other requests: those are an administrator's, and take roles away, too
describe('a user without rights gets nothing', () => {
  async function endpoints(): Promise<{ method: string; path: string }[]> {
    const all: { method: string; path: string }[] = [];
    const { json } = await admin.send('GET', '/openapi/v2');
    const { paths } = json as { paths: Record<string, Record<string, unknown>> };
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        if (!['get', 'put', 'post', 'patch', 'delete'].includes(method)) continue;
        all.push({ method: method.toUpperCase(), path: path.replace(/\{[a-z]+\}/g, 'default') });
      }
    }
    return all;
  }

  async function open(api: RawApi, headers: Record<string, string>): Promise<string[]> {
    const found: string[] = [];
    const queue = await endpoints();
    expect(queue.length).toBeGreaterThan(300);
    const worker = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const { code } = await api.send(next.method, next.path, next.method === 'GET' ? undefined : {}, headers);
        if (code !== 403 && code !== 401) found.push(`${next.method} ${next.path} ${code}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    return found.sort();
  }

  test('anonymous: version and health only', async () => {
    const anonymous = admin.anonymous();
    expect(await open(anonymous, {})).toEqual([]);
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
      expect({ path, code: (await anonymous.send('GET', path)).code }).toEqual({ path, code: 200 });
    }
    const wrong = await anonymous.send('GET', '/version', undefined, { authorization: 'Bearer wrong' });
    expect(wrong.code).toBe(401);
    await anonymous.close();
  }, 60_000);

  test('a ServiceAccount without roles: discovery and questions about itself only', async () => {
    await admin.send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'powerless' } });
    const path = '/api/v1/namespaces/default/serviceaccounts/powerless/token';
    const { json } = await admin.send('POST', path, { spec: {} });
    const { token } = (json as { status: { token: string } }).status;
    const anonymous = admin.anonymous();
    const found = await open(anonymous, { authorization: `Bearer ${token}` });
    const allowed =
      /^(GET \/(api|apis|version)(\/|\/v1\/|\/[a-z0-9.]+\/|\/[a-z0-9.]+\/v[a-z0-9]+\/)? 200|POST \/apis\/(authorization|authentication)\.k8s\.io\/v1\/self[a-z]+ [0-9]+)$/;
    expect(found.filter((line) => !allowed.test(line))).toEqual([]);
    await anonymous.close();
  }, 60_000);
});

describe('requests that no sane client sends', () => {
  test(
    `${count} of them (seed ${seed}): no crash, no hang, no surprise of the server, bounded memory`,
    async () => {
      const source = new RequestSource(seededRandom(seed));
      const complaints: string[] = [];
      const codes = new Map<number, number>();
      let left = count;
      const client = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const odd = source.next();
          const outcome = await send(odd);
          codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1);
          const found = complaint(odd, outcome);
          if (found !== undefined) complaints.push(found);
          if (Object.hasOwn(Object.prototype, 'polluted'))
            throw new Error(`${odd.method} ${odd.path} polluted Object.prototype`);
        }
      };
      await Promise.all(Array.from({ length: clients }, client));
      const figures = [...codes].sort(([a], [b]) => a - b).map(([code, times]) => `${code}: ${times}`);
      const megabytes = Math.round(process.memoryUsage().rss / 1024 ** 2);
      if (count > 10_000) process.stderr.write(`${figures.join(', ')}; ${megabytes} MiB\n`);
      expect(complaints.slice(0, 5)).toEqual([]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      expect((await admin.send('GET', '/readyz')).code).toBe(200);
      expect(process.memoryUsage().rss).toBeLessThan(1.5 * 1024 ** 3);
    },
    60_000 + count * 20,
  );
});
