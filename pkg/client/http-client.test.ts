import { afterEach, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { answerJson, answerStatus, ScenarioServer, until } from '../../test/support/scenario-server.ts';
import type { Scenario } from '../../test/support/scenario-server.ts';
import { ApiError, TransportError } from '../apis/api-error.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { newRegistry } from '../metrics/registry.ts';
import type { Connection } from './connection.ts';
import { fixedCredentials } from './credentials.ts';
import { gated } from './gate.ts';
import { newKubeClient } from './http-client.ts';
import type { ClosableKubeClient, KubeClientOptions } from './http-client.ts';
import { maxConnections } from './transport.ts';

const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const web: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'a', name: 'web' } };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Setup {
  readonly server: ScenarioServer;
  readonly client: ClosableKubeClient;
  readonly clock: FakeClock;
}

async function setup(scenario: Scenario, options: Partial<KubeClientOptions> = {}): Promise<Setup> {
  const server = await new ScenarioServer(scenario).start();
  const clock = new FakeClock();
  const connection: Connection = {
    server: server.url,
    namespace: 'default',
    contextName: 'test',
    tls: { rejectUnauthorized: true },
    proxyUrl: undefined,
    credentials: fixedCredentials({ authorization: 'Bearer t' }),
    impersonate: undefined,
  };
  const client = newKubeClient(connection, { qps: 0, burst: 1, userAgent: 'test', clock, random: () => 0, ...options });
  cleanups.push(
    () => client.close(),
    () => server.stop(),
  );
  return { server, client, clock };
}

const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

test('a request carries credentials, user agent and what the caller asked for', async () => {
  const { server, client } = await setup((_, response) => {
    answerJson(response, web);
  });
  await client
    .impersonate({ username: 'jane', groups: ['x', 'y'] })
    .apply(pods, web, { fieldManager: 'm', force: true, dryRun: true });
  const [seen] = server.requests;
  expect(seen?.method).toBe('PATCH');
  expect(seen?.path).toBe('/api/v1/namespaces/a/pods/web');
  expect(Object.fromEntries(seen?.query ?? [])).toEqual({ force: 'true', fieldManager: 'm', dryRun: 'All' });
  expect(seen?.headers).toMatchObject({
    authorization: 'Bearer t',
    'user-agent': 'test',
    'content-type': 'application/apply-patch+yaml',
    'impersonate-user': 'jane',
  });
  expect(seen?.headers['impersonate-group']).toMatch(/x, ?y/);
});

test('a list is fetched in pages, and its items know their kind', async () => {
  const { server, client } = await setup(({ query }, response) => {
    const second = query.get('continue') === 'next';
    const items = [{ metadata: { name: second ? 'b' : 'a' } }];
    answerJson(response, { metadata: { resourceVersion: '7', ...(!second && { continue: 'next' }) }, items });
  });
  const list = await client.list(pods, { resourceVersion: '3' });
  expect(list.items.map((item) => [item.apiVersion, item.kind, item.metadata.name])).toEqual([
    ['v1', 'Pod', 'a'],
    ['v1', 'Pod', 'b'],
  ]);
  expect(server.requests.map(({ query }) => [query.get('limit'), query.get('resourceVersion')])).toEqual([
    ['500', '3'],
    ['500', null],
  ]);
});

test('a page that expired half-way restarts the list in one answer', async () => {
  const { client } = await setup(({ query }, response) => {
    if (query.has('continue')) answerStatus(response, 410, 'Expired');
    else if (query.has('limit'))
      answerJson(response, { metadata: { continue: 'x' }, items: [{ metadata: { name: 'old' } }] });
    else answerJson(response, { metadata: {}, items: [{ metadata: { name: 'new' } }] });
  });
  const list = await client.list(pods);
  expect(list.items.map((item) => item.metadata.name)).toEqual(['new']);
});

test('429 and 503 are retried as Retry-After says', async () => {
  let calls = 0;
  let waits = 0;
  const { client, clock } = await setup(
    (_, response) => {
      calls += 1;
      if (calls === 1) answerStatus(response, 429, 'TooManyRequests', { 'retry-after': '3' });
      else if (calls === 2) answerStatus(response, 503, 'ServiceUnavailable', { 'retry-after': '1' });
      else answerJson(response, web);
    },
    { random: () => (waits += 1) * 0 },
  );
  const created = client.create(pods, web);
  await until('the first refusal', () => waits === 1);
  await clock.advance(2_999);
  expect(calls).toBe(1);
  await clock.advance(1);
  await until('the second refusal', () => waits === 2);
  await clock.advance(1_000);
  expect((await created).metadata.name).toBe('web');
});

test.each([
  {
    name: 'a Status',
    status: 409,
    body: { kind: 'Status', reason: 'AlreadyExists', code: 409, message: 'm' },
    want: ['AlreadyExists', 409],
  },
  { name: 'something else', status: 502, body: 'bad gateway', want: ['Unknown', 502] },
  { name: '503 without a time', status: 503, body: {}, want: ['ServiceUnavailable', 503] },
])('a failure that is $name becomes an ApiError', async ({ status, body, want }) => {
  const { client } = await setup((_, response) => {
    answerJson(response, body, { status });
  });
  const error = await failure(client.create(pods, web));
  expect(error).toBeInstanceOf(ApiError);
  expect([(error as ApiError).reason, (error as ApiError).code]).toEqual(want);
});

test('an answer that does not come is a Timeout; the write is not sent again', async () => {
  const { server, client, clock } = await setup(() => undefined);
  const error = failure(client.create(pods, web));
  await until('the request', () => server.requests.length === 1);
  await clock.advance(15_000);
  expect(await error).toMatchObject({ name: 'TransportError', reason: 'Timeout' });
  expect(server.requests).toHaveLength(1);
});

test('a connection that breaks is Unreachable; a read is tried once more, a write is not', async () => {
  const { server, client } = await setup((_, response) => {
    response.destroy();
  });
  expect(await failure(client.get(pods, { namespace: 'a', name: 'web' }))).toMatchObject({ reason: 'Unreachable' });
  expect(server.requests).toHaveLength(2);
  expect(await failure(client.update(pods, web))).toMatchObject({ reason: 'Unreachable' });
  expect(server.requests).toHaveLength(3);
});

test('an answer that is not JSON is a BadAnswer', async () => {
  const { client } = await setup((_, response) => {
    response.end('<html>');
  });
  expect(await failure(client.raw('GET', '/version'))).toMatchObject({ reason: 'BadAnswer' });
});

test('the signal of the caller ends a request with its own reason', async () => {
  const { server, client } = await setup(() => undefined);
  const controller = new AbortController();
  const error = failure(client.get(pods, { namespace: 'a', name: 'web' }, { signal: controller.signal }));
  await until('the request', () => server.requests.length === 1);
  controller.abort(new Error('enough'));
  expect(await error).toMatchObject({ message: 'enough' });
});

test('requests wait for the token bucket', async () => {
  const { server, client, clock } = await setup(
    (_, response) => {
      answerJson(response, web);
    },
    { qps: 1, burst: 2 },
  );
  const all = Promise.all([1, 2, 3].map(() => client.get(pods, { namespace: 'a', name: 'web' })));
  await until('the burst', () => server.requests.length === 2);
  await clock.advance(999);
  expect(server.requests).toHaveLength(2);
  await clock.advance(1);
  await all;
  expect(server.requests).toHaveLength(3);
});

test('a refused credential is fetched again once', async () => {
  const { client } = await setup((_, response) => {
    answerStatus(response, 401, 'Unauthorized');
  });
  expect(await failure(client.raw('GET', '/version'))).toMatchObject({ code: 401 });
});

test('a watch yields events as they come, cut anywhere, and ends with the signal', async () => {
  let closed = false;
  const { client, server } = await setup(async (_, response) => {
    const text = `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'ä' } } })}\n`;
    const bytes = Buffer.concat([Buffer.from(text), Buffer.from(text)]);
    response.on('close', () => (closed = true)).writeHead(200);
    for (let i = 0; i < bytes.length; i += 11) {
      response.write(bytes.subarray(i, i + 11));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const controller = new AbortController();
  const names: unknown[] = [];
  const watching = failure(
    (async () => {
      for await (const { object } of client.watch(pods, {
        namespace: 'a',
        resourceVersion: '5',
        signal: controller.signal,
      })) {
        names.push([object.kind, (object as KubeObject).metadata.name]);
        if (names.length === 2) controller.abort(new Error('enough'));
      }
    })(),
  );
  expect(await watching).toMatchObject({ message: 'enough' });
  expect(names).toEqual([
    ['Pod', 'ä'],
    ['Pod', 'ä'],
  ]);
  await until('the answer to be given up', () => closed);
  expect(server.requests).toHaveLength(1);
});

test.each([
  { name: 'within an event', send: '{"type":"ADDED","obj', want: 'Unreachable' },
  { name: 'with something that is no event', send: 'oops\n', want: 'BadAnswer' },
])('a watch that breaks off $name throws', async ({ send, want }) => {
  const { client } = await setup((_, response) => {
    response.writeHead(200);
    response.write(send);
    setImmediate(() => response.destroy());
  });
  const watching = (async () => {
    for await (const event of client.watch(pods, { signal: new AbortController().signal }))
      expect(event).toBeUndefined();
  })();
  expect(await failure(watching)).toMatchObject({ reason: want });
});

test('a watch of a forgotten resourceVersion throws ApiError Gone', async () => {
  const { client } = await setup((_, response) => {
    answerStatus(response, 410, 'Expired');
  });
  const events = client.watch(pods, { signal: new AbortController().signal });
  expect(await failure(events[Symbol.asyncIterator]().next())).toMatchObject({ code: 410, reason: 'Expired' });
});

test('discovery finds a kind, keeps it, and asks for an unknown one not too often', async () => {
  let kinds = ['Pod'];
  const { server, client, clock } = await setup(({ path }, response) => {
    if (path !== '/api/v1') answerStatus(response, 404, 'NotFound');
    else answerJson(response, { resources: kinds.map((kind) => ({ name: 'pods', kind, namespaced: true })) });
  });
  expect(await client.resourceFor('v1', 'Pod')).toEqual(pods);
  expect(await client.resourceFor('v1', 'Pod')).toEqual(pods);
  expect(server.requests).toHaveLength(1);
  kinds = ['Pod', 'Other'];
  expect(await failure(client.resourceFor('v1', 'Other'))).toMatchObject({ reason: 'NotFound' });
  await clock.advance(3_000);
  expect((await client.resourceFor('v1', 'Other')).kind).toBe('Other');
  expect(await failure(client.resourceFor('no.such/v1', 'X'))).toMatchObject({ reason: 'NotFound' });
});

test('a closed gate keeps a write from being sent, an open one limits its time', async () => {
  const { server, client, clock } = await setup(() => undefined);
  let left = 400;
  const guarded = gated(client, { mayWrite: (forMs) => left >= forMs, validForMs: () => left });
  const refused = await failure(guarded.create(pods, web));
  expect(refused).toBeInstanceOf(TransportError);
  expect(refused).toMatchObject({ reason: 'NotHolder' });
  expect(server.requests).toHaveLength(0);
  left = 2_000;
  const late = failure(guarded.create(pods, web));
  await until('the request', () => server.requests.length === 1);
  expect(server.requests[0]?.query.get('timeout')).toBe('2000ms');
  await clock.advance(2_000);
  expect(await late).toMatchObject({ reason: 'Timeout' });
});

test('the gate is asked again when a connection is free', async () => {
  let held: ServerResponse | undefined;
  const { server, client } = await setup((_, response) => {
    if (server.requests.length === maxConnections) held = response;
    else if (server.requests.length > maxConnections) answerJson(response, web);
  });
  let [open, asked] = [true, 0];
  const mayWrite = (): boolean => {
    asked += 1;
    return open;
  };
  const guarded = gated(client, { mayWrite, validForMs: () => 10_000 });
  const first = Array.from({ length: maxConnections }, () => failure(guarded.create(pods, web)));
  await until('all connections to be busy', () => held !== undefined);
  asked = 0;
  const queued = failure(guarded.create(pods, web));
  await until('the request to wait for a connection', () => asked === 2);
  open = false;
  if (held) answerJson(held, web);
  expect(await queued).toMatchObject({ name: 'TransportError', reason: 'NotHolder' });
  expect(server.requests).toHaveLength(maxConnections);
  await client.close();
  await Promise.all(first);
});

test('the gate is asked again before a retry', async () => {
  let waits = 0;
  const { server, client, clock } = await setup(
    (_, response) => {
      answerStatus(response, 429, 'TooManyRequests', { 'retry-after': '5' });
    },
    { random: () => (waits += 1) * 0 },
  );
  let open = true;
  const guarded = gated(client, { mayWrite: () => open, validForMs: () => 10_000 });
  const error = failure(guarded.create(pods, web));
  await until('the refusal', () => waits === 1);
  open = false;
  await clock.advance(5_000);
  expect(await error).toMatchObject({ reason: 'NotHolder' });
  expect(server.requests).toHaveLength(1);
});

test('requests are counted by code', async () => {
  const registry = newRegistry();
  const { client, server } = await setup(
    (_, response) => {
      answerStatus(response, 404, 'NotFound');
    },
    { metrics: registry },
  );
  await failure(client.get(pods, { namespace: 'a', name: 'web' }));
  const host = new URL(server.url).host;
  expect(await registry.getSingleMetricAsString('rest_client_requests_total')).toContain(
    `rest_client_requests_total{code="404",method="GET",host="${host}"} 1`,
  );
});
