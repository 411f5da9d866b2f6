import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isNotFound } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { deploymentResource, sampleApplication, serviceResource } from '../support/applications.ts';
import { installDefinitions, startController, until } from '../support/live-controller.ts';
import type { LiveController } from '../support/live-controller.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

let api: TestApi;
let client: ClosableKubeClient;
let controller: LiveController;

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  client = newKubeClient(connection, { qps: 0, burst: 0, userAgent: 'test', clock: systemClock, random: systemRandom });
  await installDefinitions(client);
  controller = startController(client);
}, 60_000);

afterAll(async () => {
  await controller.stop();
  await client.close();
  await api.stop();
});

const core = (kind: string, plural: string): Resource => ({ group: '', version: 'v1', kind, plural, namespaced: true });
const configMapResource = core('ConfigMap', 'configmaps');
const secretResource = core('Secret', 'secrets');

const at = (name: string) => ({ name, namespace: 'default' });
const get = async (resource: Resource, name: string): Promise<KubeObject | undefined> =>
  client.get(resource, at(name)).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });

const running = (name: string) => () =>
  get(applicationResource, name).then((app) => {
    const { status, observedGeneration } = (app as Application | undefined)?.status ?? {};
    const current = observedGeneration === app?.metadata.generation;
    return (status === 'running' && current) || JSON.stringify(app?.['status'] ?? 'untouched');
  });

test('an Application is delivered, kept, changed and deleted over a real API', async () => {
  await client.create(applicationResource, sampleApplication('one', 'default'));
  await until(running('one'));
  const app = await client.get<Application>(applicationResource, at('one'));
  expect(app.status?.services).toMatchObject([
    { name: 'one-web', healthy: true, traits: [{ type: 'scaler', healthy: true }] },
  ]);
  const before = await client.get(deploymentResource, at('one-web'));
  expect(before['spec']).toMatchObject({ replicas: 1 });

  await client.delete(serviceResource, at('one-web'));
  await until(() => get(serviceResource, 'one-web').then((s) => s !== undefined || 'no service'));
  const body = { spec: { replicas: 3 } };
  await client.patch(deploymentResource, at('one-web'), { type: 'merge', body });
  await until(() =>
    get(deploymentResource, 'one-web').then((d) => (d?.['spec'] as { replicas: number }).replicas === 1),
  );

  const bare = { spec: { components: [{ name: 'one-web', type: 'worker', properties: { image: 'nginx:1.28' } }] } };
  await client.patch(applicationResource, at('one'), { type: 'merge', body: bare });
  await until(running('one'));
  await until(() => get(serviceResource, 'one-web').then((s) => s === undefined || 'service left'));
  expect((await client.get<Application>(applicationResource, at('one'))).status?.latestRevision?.name).toBe('one-v2');

  await client.delete(applicationResource, at('one'));
  await until(() => get(applicationResource, 'one').then((a) => a === undefined || JSON.stringify(a)));
  for (const resource of [applicationRevisionResource, resourceTrackerResource]) {
    expect((await client.list(resource)).items).toEqual([]);
  }
  expect(await get(deploymentResource, 'one-web')).toBeUndefined();
}, 60_000);

test('an Application at rest writes nothing, also to a controller that has just started', async () => {
  await client.create(applicationResource, sampleApplication('two', 'default'));
  await until(running('two'));
  const versions = async () => {
    const objects = await Promise.all([
      get(applicationResource, 'two'),
      get(deploymentResource, 'two-web'),
      get(serviceResource, 'two-web'),
    ]);
    const trackers = await client.list(resourceTrackerResource);
    const revisions = await client.list(applicationRevisionResource);
    return [...objects, ...trackers.items, ...revisions.items].map((o) => o?.metadata.resourceVersion);
  };
  const before = await versions();
  await controller.stop();
  controller = startController(client);
  await systemClock.sleep(1000);
  expect(await versions()).toEqual(before);
  await client.delete(applicationResource, at('two'));
  await until(() => get(applicationResource, 'two').then((a) => a === undefined || JSON.stringify(a)));
}, 60_000);

test('reports a mistake on its Application only', async () => {
  const good = sampleApplication('good', 'default');
  const wrong = { name: 'bad', type: 'webservice', properties: { port: 80 } };
  const bad = { ...sampleApplication('bad', 'default'), spec: { components: [wrong] } };
  await Promise.all([good, bad].map((a) => client.create(applicationResource, a)));
  await until(running('good'));
  await until(() =>
    get(applicationResource, 'bad').then(
      (a) => JSON.stringify(a?.['status'] ?? '').includes('image') || JSON.stringify(a?.['status']),
    ),
  );
  await Promise.all(['good', 'bad'].map((name) => client.delete(applicationResource, at(name))));
  await until(() => client.list(applicationResource).then(({ items }) => items.length === 0 || JSON.stringify(items)));
}, 60_000);

test('steps that are written in CUE act, and hand on what came of it', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
      response.writeHead(asked.length === 1 ? 503 : 200).end(JSON.stringify({ token: 'xyz' }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const steps = [
    { name: 'post', type: 'webhook', properties: { url: { value: `${url}/hook` }, data: { from: 'app' } } },
    {
      name: 'ask',
      type: 'request',
      properties: { url: `${url}/token` },
      outputs: [{ name: 'token', valueFrom: 'response.token' }],
    },
    {
      name: 'keep',
      type: 'export2config',
      properties: { configName: 'kept', data: {} },
      inputs: [{ from: 'token', parameterKey: 'data.token' }],
    },
    { name: 'read', type: 'read-object', properties: { apiVersion: 'v1', kind: 'ConfigMap', name: 'kept' } },
    { name: 'say', type: 'print-message-in-status', properties: { message: 'kept it' } },
    { name: 'config', type: 'create-config', properties: { name: 'settings', config: { a: 1 } } },
  ];
  const app = { ...sampleApplication('acting', 'default'), spec: { components: [], workflow: { steps } } };
  try {
    await client.create(applicationResource, app);
    await until(running('acting'));
  } finally {
    server.close();
  }
  expect(asked).toEqual(['POST /hook {"from":"app"}', 'GET /token ']);
  expect((await get(configMapResource, 'kept'))?.['data']).toEqual({ token: 'xyz' });
  expect((await get(secretResource, 'settings'))?.metadata.labels).toMatchObject({
    'config.oam.dev/catalog': 'velacore-config',
  });
  const { status } = await client.get<Application>(applicationResource, at('acting'));
  expect(status?.workflow?.steps?.find(({ name }) => name === 'say')).toMatchObject({ message: 'kept it' });
  const revision = await client.get(applicationRevisionResource, at('acting-v1'));
  expect(Object.keys((revision['spec'] as { workflowStepDefinitions: object }).workflowStepDefinitions).sort()).toEqual(
    ['create-config', 'export2config', 'print-message-in-status', 'read-object', 'request', 'webhook'],
  );

  const wrong = { spec: { workflow: { steps: [{ name: 'ask', type: 'request', properties: { uri: url } }] } } };
  await client.patch(applicationResource, at('acting'), { type: 'merge', body: wrong });
  await until(() =>
    get(applicationResource, 'acting').then((a) => {
      const text = JSON.stringify((a as Application).status?.conditions);
      return text.includes('properties.url: is required') || text;
    }),
  );
  // what a step applied is the Application's: it goes when the step, or the Application, does
  await client.patch(applicationResource, at('acting'), {
    type: 'merge',
    body: {
      spec: { workflow: { steps: [{ name: 'say', type: 'print-message-in-status', properties: { message: 'x' } }] } },
    },
  });
  await until(() => get(configMapResource, 'kept').then((c) => c === undefined || 'still there'));
  await client.delete(applicationResource, at('acting'));
  await until(() => get(applicationResource, 'acting').then((a) => a === undefined || JSON.stringify(a)));
}, 60_000);
