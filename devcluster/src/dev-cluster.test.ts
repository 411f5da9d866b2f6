import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import type { AuditEvent } from './audit.ts';
import { startDevCluster } from './dev-cluster.ts';
import type { DevCluster } from './dev-cluster.ts';

interface Answer {
  readonly code: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: { readonly [field: string]: unknown; readonly metadata: Readonly<Record<string, unknown>> };
}

interface WatchEvent {
  readonly type: string;
  readonly object: Answer['body'] & { readonly code?: number };
}

interface UserEntry {
  readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string };
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const events: AuditEvent[] = [];
let cluster: DevCluster;
let admin: Agent;
let anonymous: Agent;

beforeAll(async () => {
  cluster = await startDevCluster({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger(),
    onAudit: (event) => events.push(event),
  });
  const { users } = JSON.parse(cluster.kubeconfig()) as { users: [UserEntry] };
  const { user } = users[0];
  const pem = (text: string): string => Buffer.from(text, 'base64').toString();
  const ca = cluster.caPem;
  const cert = pem(user['client-certificate-data']);
  admin = new Agent({ connect: { ca, cert, key: pem(user['client-key-data']) } });
  anonymous = new Agent({ connect: { ca } });
});

afterAll(async () => {
  await Promise.all([admin.destroy(), anonymous.destroy()]);
  await cluster.stop();
});

async function send(
  method: Dispatcher.HttpMethod,
  path: string,
  body?: unknown,
  { headers = {}, as = admin }: { readonly headers?: Readonly<Record<string, string>>; readonly as?: Agent } = {},
): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const type = text === undefined ? {} : { 'content-type': 'application/json' };
  const origin = cluster.url;
  const answer = await as.request({ origin, method, path, body: text ?? null, headers: { ...type, ...headers } });
  const data = Buffer.from(await answer.body.arrayBuffer());
  const plain = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(data) : data;
  return { code: answer.statusCode, headers: answer.headers, body: JSON.parse(plain.toString()) as Answer['body'] };
}

const configMap = (name: string, labels?: object, value = 'v'): object => ({
  metadata: { name, labels },
  data: { k: value },
});
const merge = { headers: { 'content-type': 'application/merge-patch+json' } };

/** Reads a watch until `count` events have come, or to its end. */
async function watch(path: string, count: number, started?: () => Promise<void>): Promise<WatchEvent[]> {
  const { body } = await admin.request({ origin: cluster.url, method: 'GET', path, headers: {} });
  const reading = (async (): Promise<WatchEvent[]> => {
    const found: WatchEvent[] = [];
    let rest = '';
    for await (const chunk of body) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) found.push(JSON.parse(line) as WatchEvent);
      if (found.length >= count) break;
    }
    return found;
  })();
  await started?.();
  return reading;
}

const brief = (found: readonly WatchEvent[]): string[] =>
  found.map(({ type, object }) => `${type} ${(object.metadata['name'] as string | undefined) ?? ''}`);

describe('writes', () => {
  test('of twenty updates of one version one wins, the others conflict', async () => {
    const { body } = await send('POST', configMaps, configMap('race'));
    const update = (i: number): Promise<Answer> =>
      send('PUT', `${configMaps}/race`, { ...body, data: { k: String(i) } });
    const codes = (await Promise.all(Array.from({ length: 20 }, (_, i) => update(i)))).map(({ code }) => code);
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect(codes.filter((code) => code === 409)).toHaveLength(19);
  });

  test('of twenty patches of different fields none is lost', async () => {
    await send('POST', configMaps, configMap('patched'));
    const patch = (i: number): Promise<Answer> =>
      send('PATCH', `${configMaps}/patched`, { data: { [`k${i}`]: '' } }, merge);
    const codes = (await Promise.all(Array.from({ length: 20 }, (_, i) => patch(i)))).map(({ code }) => code);
    const { body } = await send('GET', `${configMaps}/patched`);
    expect(Object.keys(body['data'] as object)).toHaveLength(1 + codes.filter((code) => code === 200).length);
  });

  test('keys that would reach into prototypes are data like any other', async () => {
    const text = '{"metadata":{"name":"proto"},"data":{"__proto__":"x","constructor":"y"}}';
    const { code, body } = await send('POST', configMaps, text);
    expect([code, JSON.stringify(body['data'])]).toEqual([201, '{"__proto__":"x","constructor":"y"}']);
    expect(Object.prototype).not.toHaveProperty('x');
  });

  test.each([
    { name: 'too large', body: `"${'x'.repeat(3 * 1024 * 1024)}"`, code: 413, reason: 'RequestEntityTooLarge' },
    { name: 'nested without end', body: '['.repeat(100_000), code: 400, reason: 'BadRequest' },
    { name: 'cut off', body: '{"metadata":', code: 400, reason: 'BadRequest' },
  ])('a body that is $name is refused with $code', async ({ body, code, reason }) => {
    const answer = await send('POST', configMaps, body);
    expect([answer.code, answer.body['reason']]).toEqual([code, reason]);
  });
});

describe('watches', () => {
  test('an object that leaves the selector is deleted for its watchers, in the order of the writes', async () => {
    const { body } = await send('GET', configMaps);
    const from = String(body.metadata['resourceVersion']);
    const path = `${configMaps}?watch=true&labelSelector=w%3D1&resourceVersion=${from}`;
    const found = await watch(path, 4, async () => {
      await send('POST', configMaps, configMap('w', { w: '1' }));
      await send('PATCH', `${configMaps}/w`, { metadata: { labels: { w: '2' } } }, merge);
      await send('PATCH', `${configMaps}/w`, { metadata: { labels: { w: '1' } } }, merge);
      await send('DELETE', `${configMaps}/w`);
    });
    expect(brief(found)).toEqual(['ADDED w', 'DELETED w', 'ADDED w', 'DELETED w']);
    const versions = found.map(({ object }) => Number(object.metadata['resourceVersion']));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  test('from a past that is forgotten: one ERROR event, then the end', async () => {
    const crd = {
      metadata: { name: 'things.test.dev' },
      spec: {
        group: 'test.dev',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    };
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    expect((await send('POST', definitions, crd)).code).toBe(201);
    const things = '/apis/test.dev/v1/namespaces/default/things';
    while ((await send('GET', things)).code !== 200) await systemClock.sleep(5);
    const found = await watch(`${things}?watch=true&resourceVersion=1`, 9);
    expect(found.map(({ type, object }) => [type, object.code])).toEqual([['ERROR', 410]]);
    // The stream of a kind ends with its definition.
    const ended = await watch(`${things}?watch=true`, 9, async () => {
      await send('DELETE', `${definitions}/things.test.dev`);
    });
    expect(ended).toEqual([]);
  });

  test('a client that does not read delays anonymous', async () => {
    const idle = await admin.request({
      origin: cluster.url,
      method: 'GET',
      path: `${configMaps}?watch=true`,
      headers: {},
    });
    const value = 'x'.repeat(500_000);
    await send('POST', configMaps, configMap('big'));
    const found = await watch(`${configMaps}?watch=true&fieldSelector=metadata.name%3Dbig`, 21, async () => {
      for (let i = 0; i < 20; i++) await send('PATCH', `${configMaps}/big`, { data: { k: `${value}${i}` } }, merge);
    });
    expect(found).toHaveLength(21);
    idle.body.destroy();
    await send('DELETE', `${configMaps}/big`);
  });
});

describe('answers', () => {
  test('large ones are compressed on request', async () => {
    await send('POST', configMaps, configMap('large', {}, 'x'.repeat(300_000)));
    const { headers, body } = await send('GET', `${configMaps}/large`, undefined, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect([headers['content-encoding'], body.metadata['name']]).toEqual(['gzip', 'large']);
    expect(Number(headers['content-length'])).toBeLessThan(10_000);
  });

  test.each([
    { name: 'anonymous', headers: {}, path: configMaps, code: 403 },
    { name: 'anonymous, and the kind is unknown', headers: {}, path: '/api/v1/gadgets', code: 403 },
    { name: 'the owner of a bad token', headers: { authorization: 'Bearer x.y.z' }, path: configMaps, code: 401 },
    { name: 'anonymous, about health', headers: {}, path: '/version', code: 200 },
  ])('$name gets $code', async ({ headers, path, code }) => {
    expect((await send('GET', path, undefined, { headers, as: anonymous })).code).toBe(code);
  });
});

test('the audit has the writer of each write, and the versions before and after', async () => {
  const { body } = await send('POST', configMaps, configMap('audited'), { headers: { 'user-agent': 'tester/1' } });
  const patched = await send('PATCH', `${configMaps}/audited`, { data: { k: 'w' } }, merge);
  const about = (): AuditEvent[] => events.filter(({ objectRef }) => objectRef?.name === 'audited');
  while (about().length < 2) await systemClock.sleep(5);
  const [created, changed] = about();
  expect(created).toMatchObject({
    verb: 'create',
    user: { username: 'admin' },
    userAgent: 'tester/1',
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'audited' },
    responseStatus: { code: 201 },
  });
  expect(changed?.annotations).toEqual({
    'flotilla.dev/resource-version-before': body.metadata['resourceVersion'],
    'flotilla.dev/resource-version-after': patched.body.metadata['resourceVersion'],
  });
});

test('a CronJob starts its Jobs when they are due, one at a time where it says so, and keeps few of them', async () => {
  const cronJobs = '/apis/batch/v1/namespaces/default/cronjobs';
  const job = (command: string): object => ({
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: [command] }] } },
    },
  });
  const created = await send('POST', cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick' },
    spec: {
      schedule: '@every 1s',
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 0,
      jobTemplate: job('true'),
    },
  });
  expect(created.code).toBe(201);
  const deadline = performance.now() + 20_000;
  let status: Readonly<Record<string, unknown>> = {};
  while (status['lastSuccessfulTime'] === undefined && performance.now() < deadline) {
    await systemClock.sleep(100);
    status = (await send('GET', `${cronJobs}/tick`)).body['status'] as typeof status;
  }
  expect(status).toMatchObject({ lastScheduleTime: expect.any(String), lastSuccessfulTime: expect.any(String) });
  await send(
    'PATCH',
    `${cronJobs}/tick`,
    { spec: { suspend: true } },
    {
      headers: { 'content-type': 'application/merge-patch+json' },
    },
  );
  let left = 1;
  while (left > 0 && performance.now() < deadline) {
    await systemClock.sleep(100);
    left = ((await send('GET', '/apis/batch/v1/namespaces/default/jobs')).body['items'] as unknown[]).length;
  }
  expect(left).toBe(0);
}, 30_000);
