import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { deploymentResource, serviceResource } from '../support/applications.ts';
import { installDefinitions, startController, until } from '../support/live-controller.ts';
import type { LiveController } from '../support/live-controller.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';
import { runVela } from '../support/vela.ts';
import type { Ended } from '../support/vela.ts';

const namespace = 'default';
let api: TestApi;
let client: ClosableKubeClient;
let controller: LiveController;
let folder: string;

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  client = newKubeClient(connection, { qps: 0, burst: 0, userAgent: 'test', clock: systemClock, random: systemRandom });
  await installDefinitions(client);
  controller = startController(client);
  folder = await mkdtemp(join(tmpdir(), 'preview-'));
}, 60_000);

afterAll(async () => {
  await controller.stop();
  await client.close();
  await api.stop();
  await rm(folder, { recursive: true });
});

const vela = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> =>
  runVela(args, { env });

const online = (...args: readonly string[]): Promise<Ended> => vela({ KUBECONFIG: api.kubeconfig }, ...args);

function web(image: string, type = 'webservice'): Application {
  const policies = [
    { name: 'here', type: 'topology', properties: { clusters: ['local'] } },
    { name: 'more', type: 'override', properties: { components: [{ name: 'web', properties: { cpu: '500m' } }] } },
  ];
  const components = [
    {
      name: 'web',
      type,
      properties: { image, ports: [{ port: 80, expose: true }] },
      traits: [{ type: 'scaler', properties: { replicas: 2 } }],
    },
  ];
  const steps = [{ name: 'deploy', type: 'deploy', properties: { policies: ['here', 'more'] } }];
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web', namespace },
    spec: { components, policies, workflow: { steps } },
  };
}

async function fileWith(app: Application): Promise<string> {
  const file = join(folder, 'app.yaml');
  await writeFile(file, JSON.stringify(app));
  return file;
}

const delivered = async (resource: Resource): Promise<KubeObject> => client.get(resource, { name: 'web', namespace });

test('a dry run prints what the controller then delivers', async () => {
  const file = await fileWith(web('nginx:1'));
  const { code, stdout, stderr } = await online('dry-run', '-f', file, '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const previewed = JSON.parse(stdout) as readonly KubeObject[];
  expect((await client.list(deploymentResource, { namespace })).items).toEqual([]);

  await client.create(applicationResource, web('nginx:1'));
  await until(
    () =>
    client.get<Application>(applicationResource, { name: 'web', namespace }).then((app) => app.status?.status === 'running' || JSON.stringify(app.status)), // prettier-ignore
  );

  expect(previewed.map(({ kind }) => kind)).toEqual(['Deployment', 'Service']);
  const objects = [await delivered(deploymentResource), await delivered(serviceResource)];
  expect(objects).toMatchObject(previewed.map(({ kind, metadata: { labels }, spec }) => ({ kind, metadata: { labels }, spec }))); // prettier-ignore
}, 60_000);

test('a live diff shows what would change, against the newest or a named revision', async () => {
  const same = await online('live-diff', '-f', await fileWith(web('nginx:1')));
  expect(same.stdout).toBe('Application default/web compared with revision web-v1: no change\n');
  const { stdout } = await online('live-diff', '-f', await fileWith(web('nginx:2')), '-r', 'web-v1');
  expect(stdout).toMatch(
    /compared with revision web-v1:\n\n\* apps\/v1\/Deployment\/default\/web has been modified\n---/,
  );
  expect(stdout).toMatch(/^-\s+- image: nginx:1\n\+\s+- image: nginx:2$/m);
  expect(stdout).not.toContain('Service');
  expect(await online('live-diff', '-f', await fileWith(web('nginx:2')), '-r', 'web-v7')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('has no revision web-v7'),
  });
}, 60_000);

test('offline it needs no cluster, and takes definitions from files', async () => {
  const definition = join(folder, 'special.cue');
  await writeFile(
    definition,
    `special: {
	type: "component"
	attributes: workload: definition: {apiVersion: "v1", kind: "ConfigMap"}
}
template: {
	output: {apiVersion: "v1", kind: "ConfigMap", data: image: parameter.image}
	parameter: {image: string, ports: [...]}
}
`,
  );
  const app = web('nginx:1', 'special');
  const spec = { components: app.spec.components.map((one) => ({ ...one, traits: [] })) };
  const file = await fileWith({ ...app, spec });
  const printed = await vela({}, 'dry-run', '--offline', '-f', file, '-d', definition);
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  expect(printed.stdout).toMatch(
    /^---\n# Application\(web\) -- Component\(web\)\n---\n\n[^]*\n {2}image: nginx:1\n\n---\n$/,
  );
  expect(await vela({}, 'dry-run', '--offline', '-f', file)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('component "web" uses unknown component type "special"'),
  });
}, 60_000);

test('references are read by label, and offline they are a problem of the component', async () => {
  const labels = { team: 'shop' };
  const settings: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
  const settingsObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace, labels } };
  await client.create(settings, { ...settingsObject, data: { a: 'b' } });
  const properties = { objects: [{ apiVersion: 'v1', kind: 'ConfigMap', labelSelector: labels }] };
  const spec = { components: [{ name: 'copies', type: 'ref-objects', properties }] };
  const file = await fileWith({ ...web('nginx:1'), spec });
  const { stdout } = await online('dry-run', '-f', file, '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject([{ kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'b' } }]);
  expect(await vela({}, 'dry-run', '--offline', '-f', file)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('component "copies" refers to objects of a cluster'),
  });
}, 60_000);
