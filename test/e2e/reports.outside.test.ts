import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isAlreadyExists, isNotFound } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';
import { createNamespace, deploymentResource } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { outsideData } from '../support/needs.mjs';

/** Situations that users reported; each folder says what is expected. */
const folder = join(outsideData, 'reports');
const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const jobs: Resource = { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', namespaced: true };
const calls: string[] = [];
let cluster: TestCluster;
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    calls.push(request.url ?? '');
    response.end('no');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cluster = await startCluster('--ready-delay', '50');
  await cluster.must('install', '--rights', 'admin');
  for (const definition of ['02-delete-shared/def.yaml', '06-step-unknown-param/def.yaml']) await create(definition);
}, 120_000);

afterAll(async () => {
  server.close();
  await cluster.stop();
}, 30_000);

async function create(file: string): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const text = readFileSync(join(folder, file), 'utf8').replaceAll(':18099', `:${port}`);
  for (const object of loadYamlDocuments(text) as KubeObject[]) {
    const resource = await cluster.client.resourceFor(object.apiVersion, object.kind);
    await cluster.client.create(resource, object).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
}

const find = (resource: Resource, name: string): Promise<KubeObject | undefined> =>
  cluster.client.get(resource, { name, namespace: 'default' }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });

async function reaches(name: string, phase: string, namespace = 'default'): Promise<Application> {
  return eventually(`${name} to be ${phase}`, async () => {
    const app = await cluster.client.get<Application>(applicationResource, { name, namespace });
    expect({ phase: app.status?.status, status: app.status }).toMatchObject({ phase });
    return app;
  });
}

/** Another reconcile of an Application has ended. */
async function reconciledAgain(name: string): Promise<void> {
  const target = { name, namespace: 'default' };
  const body = { spec: { policies: [{ name: 'again', type: 'debug' }] } };
  const { metadata } = await cluster.client.patch(applicationResource, target, { type: 'merge', body });
  await eventually('the reconcile', async () => {
    const { status } = await cluster.client.get<Application>(applicationResource, target);
    expect(status).toMatchObject({ status: 'running', observedGeneration: metadata.generation });
  });
}

const steps = ({ status }: Application): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries((status?.workflow?.steps ?? []).map(({ name = '', phase }) => [name, phase]));
const textOf = async (name: string): Promise<unknown> =>
  ((await find(configMaps, name))?.['data'] as JsonObject)['text'];

describe('a step that deletes', () => {
  test('unshares a shared object, which the other Application keeps', async () => {
    await create('02-delete-shared/one.yaml');
    await reaches('pool-one', 'running');
    const before = await find(configMaps, 'pool');
    await create('02-delete-shared/two.yaml');
    await reaches('pool-two', 'running');
    const after = await find(configMaps, 'pool');
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.metadata.annotations?.[annotations.sharedBy]).toBe('default/pool-one');
  }, 90_000);

  test('deletes what the Application itself delivered, for good', async () => {
    await create('02b-delete-own/app.yaml');
    await reaches('own', 'running');
    await reconciledAgain('own').catch(() => undefined);
    expect([await find(configMaps, 'own-cm'), await find(jobs, 'own-job')]).toEqual([undefined, undefined]);
  }, 90_000);

  test('may not delete an object of another Application', async () => {
    const owner = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name: 'aba', namespace: 'default' },
      spec: {
        components: [
          {
            name: 'aba',
            type: 'k8s-objects',
            properties: { objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'aba-conf' } }] },
          },
        ],
      },
    };
    await cluster.client.create(applicationResource, owner);
    await reaches('aba', 'running');
    const before = await find(configMaps, 'aba-conf');
    await create('39-delete-foreign/app.yaml');
    await eventually('the step to fail', async () => {
      const thief = (await find(applicationResource, 'thief')) as Application | undefined;
      expect(thief?.status?.workflow?.steps).toMatchObject([
        { phase: 'failed', message: expect.stringContaining('managed by other application default/aba') as unknown },
      ]);
    });
    expect((await find(configMaps, 'aba-conf'))?.metadata.uid).toBe(before?.metadata.uid);
  }, 90_000);
});

test('an object that a step applies without a namespace is read without one', async () => {
  await createNamespace(cluster.client, 'prod');
  await create('02b-delete-own/ns.yaml');
  await reaches('ptr', 'running', 'prod');
}, 90_000);

test.each(['COMPONENT', 'component'])(
  'a read-only policy selects by oamTypes %s',
  async (word) => {
    await create('04-readonly-oamtypes/pre.yaml');
    await create(`04-readonly-oamtypes/app-${word}.yaml`);
    await reaches('ro', 'running');
    const live = await find(deploymentResource, 'ro-web');
    expect(live?.['spec']).toMatchObject({ replicas: 2 });
    expect(live?.metadata.labels?.[labels.appName]).toBeUndefined();
    await cluster.client.delete(applicationResource, { name: 'ro', namespace: 'default' });
    await eventually('it to go', async () => {
      expect(await find(applicationResource, 'ro')).toBeUndefined();
    });
    expect(await find(deploymentResource, 'ro-web')).toBeDefined();
  },
  90_000,
);

test('an input gives a component a required parameter', async () => {
  await create('06-step-unknown-param/def.yaml');
  const data = { image: 'nginx:1.25' };
  const source = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'inp-src', namespace: 'default' }, data };
  await cluster.client.create(configMaps, source);
  for (const file of ['app', 'comp']) {
    await create(`05-webhook-inputs/${file}.yaml`);
    await reaches('inp', 'running');
    const spec = (await find(deploymentResource, 'inp-web'))?.['spec'];
    expect(spec).toMatchObject({ template: { spec: { containers: [{ image: 'nginx:1.25' }] } } });
    await cluster.client.delete(applicationResource, { name: 'inp', namespace: 'default' });
    await eventually('it to go', async () => {
      expect(await find(applicationResource, 'inp')).toBeUndefined();
    });
  }
}, 120_000);

test('a parameter that a step does not declare is reported', async () => {
  const { stdout, stderr } = await cluster.vela('up', '-f', join(folder, '06-step-unknown-param/app.yaml'));
  expect(stdout + stderr).toContain('valeu2');
}, 60_000);

test('a step that reads an object of an unknown kind says so', async () => {
  await create('11-status-failed/app.yaml');
  await eventually('the step to end', async () => {
    const app = (await find(applicationResource, 'failed')) as Application | undefined;
    expect(app?.status?.workflow?.steps?.[0]?.message ?? '').toContain('nosuch.example.com/v1');
  });
}, 60_000);

test.each(['builtin', 'op'])(
  'a call before a suspension by vela/%s is made once',
  async (name) => {
    await create(`15-http-then-suspend/${name}.yaml`);
    await reaches(`ask-${name}`, 'workflowSuspending');
    expect(calls.filter((url) => url === `/${name}`)).toHaveLength(1);
    await cluster.must('workflow', 'resume', `ask-${name}`);
    await reaches(`ask-${name}`, 'running');
    expect(calls.filter((url) => url === `/${name}`)).toHaveLength(1);
  },
  90_000,
);

test('outputs are expressions with sums, interpolation and imports', async () => {
  await create('19-valuefrom-import/app.yaml');
  const app = await reaches('vfi', 'running');
  expect(steps(app)).toEqual({ read: 'succeeded', a: 'succeeded', b: 'succeeded', c: 'succeeded' });
  expect(await textOf('vfi-note')).toBe('eu');
}, 60_000);

test('conditions are expressions of CUE', async () => {
  await create('23-if-expr/app.yaml');
  const app = await reaches('ifx', 'running');
  const skipped = Object.entries(steps(app)).filter(([, phase]) => phase !== 'succeeded');
  expect(skipped).toEqual([['s10', 'skipped']]);
}, 60_000);

test('outputs of a step that timed out reach later steps, and the workflow ends as failed', async () => {
  await create('24-failed-outputs/app.yaml');
  const app = await reaches('fout', 'workflowFailed');
  expect(Object.values(steps(app))).toEqual(['failed', 'succeeded']);
  expect(await textOf('fout-note')).toBe('fout-two');
}, 90_000);
