import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadAddon } from '../../pkg/addon/addon.ts';
import { disableAddon } from '../../pkg/addon/disable.ts';
import { enableAddon } from '../../pkg/addon/enable.ts';
import type { AddonProgress } from '../../pkg/addon/enable.ts';
import { listAddons } from '../../pkg/addon/status.ts';
import { applicationKind, applicationResource } from '../../pkg/apis/application.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { traitDefinitionKind, traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { createNamespace } from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const crdResource: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const configMapResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

let api: TestApi;
let client: ClosableKubeClient;
const folders: string[] = [];
const { signal } = new AbortController();

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const options = { qps: 1000, burst: 2000, userAgent: 'test', clock: systemClock, random: systemRandom };
  client = newKubeClient(connection, options);
  for (const kind of [applicationKind, traitDefinitionKind])
    await client.create(crdResource, customResourceDefinition(kind) as KubeObject);
  await createNamespace(client, systemNamespace);
  await eventually('the kinds to be served', async () => {
    await client.list(applicationResource);
    await client.list(traitDefinitionResource);
  });
}, 60_000);

afterEach(async () => {
  for (const resource of [applicationResource, traitDefinitionResource, configMapResource])
    await client.deleteCollection(resource, { namespace: systemNamespace });
});

afterAll(async () => {
  await client.close();
  await api.stop();
  for (const folder of folders) await rm(folder, { recursive: true });
}, 30_000);

const metadata = 'name: demo\nversion: 1.0.0\n';

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'addon-'));
  folders.push(folder);
  for (const [name, text] of Object.entries({ 'metadata.yaml': metadata, ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function enable(files: Readonly<Record<string, string>>): Promise<readonly AddonProgress[]> {
  const progress: AddonProgress[] = [];
  const onProgress = (one: AddonProgress): void => void progress.push(one);
  const addon = await loadAddon(await folderWith(files));
  const options = { clock: systemClock, ownVersion: '0.1.0', wait: false, onProgress, signal };
  await enableAddon(client, addon, {}, options);
  return progress;
}

async function names(resource: Resource): Promise<readonly string[]> {
  const { items } = await client.list(resource, { namespace: systemNamespace });
  return items.map(({ metadata: { name = '' } }) => name).filter((name) => name !== 'kube-root-ca.crt');
}

const everything = async (): Promise<readonly string[]> =>
  (await Promise.all([applicationResource, traitDefinitionResource, configMapResource].map(names))).flat();

const trait = (name: string, spec = 'schematic: {handlebars: {template: ""}}'): string =>
  `apiVersion: core.oam.dev/v1beta1\nkind: TraitDefinition\nmetadata: {name: ${name}}\nspec: {${spec}}\n`;
const view = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: vela-system}\ndata: {template: ""}\n`;

describe('an addon that is refused', () => {
  test('leaves nothing behind, and can be enabled once it is mended', async () => {
    const files = { 'definitions/a.yaml': trait('tee'), 'views/a.yaml': view('good') };
    await expect(enable({ ...files, 'views/b.yaml': view('Bad_Name') })).rejects.toThrow(/Bad_Name/);
    await eventually('the objects to be gone', async () => {
      expect(await everything()).toEqual([]);
    });
    await enable(files);
    expect(await everything()).toEqual(['addon-demo', 'tee', 'good']);
  }, 60_000);

  test('leaves what was there before as it was', async () => {
    await enable({ 'definitions/a.yaml': trait('tee', 'podDisruptive: true'), 'views/a.yaml': view('one') });
    const target = { name: 'tee', namespace: systemNamespace };
    const before = await client.get(traitDefinitionResource, target);
    const next = { 'definitions/a.yaml': trait('tee', 'podDisruptive: false'), 'views/a.yaml': view('one') };
    await expect(enable({ ...next, 'views/b.yaml': view('Bad_Name') })).rejects.toThrow(/Bad_Name/);
    const after = await client.get(traitDefinitionResource, target);
    expect(after['spec']).toEqual(before['spec']);
    expect(after.metadata.ownerReferences).toEqual(before.metadata.ownerReferences);
    expect(await everything()).toEqual(['addon-demo', 'tee', 'one']);
  }, 60_000);
});

describe('a definition that exists already', () => {
  test('without an owner stays, and the message says how to replace it', async () => {
    const object = { apiVersion: 'core.oam.dev/v1beta1', kind: 'TraitDefinition', spec: {} };
    await client.create(traitDefinitionResource, { ...object, metadata: { name: 'tee', namespace: systemNamespace } });
    await expect(enable({ 'definitions/a.yaml': trait('tee') })).rejects.toThrow(
      'TraitDefinition tee exists already and has no owner; --override-definitions replaces it',
    );
    expect(await everything()).toEqual(['tee']);
  });

  test('from an interrupted attempt is taken over', async () => {
    const object = { apiVersion: 'core.oam.dev/v1beta1', kind: 'TraitDefinition', spec: { podDisruptive: true } };
    const left = { ...object, metadata: { name: 'tee', namespace: systemNamespace } };
    await client.apply(traitDefinitionResource, left, { fieldManager: 'vela-addon' });
    await enable({ 'definitions/a.yaml': trait('tee') });
    const { metadata: taken } = await client.get(traitDefinitionResource, { name: 'tee', namespace: systemNamespace });
    expect(taken.ownerReferences).toMatchObject([{ kind: 'Application', name: 'addon-demo' }]);
  });
});

test('fields that a kind does not declare are left out, again at the next attempt', async () => {
  const files = { 'definitions/a.yaml': trait('tee', 'podDisruptive: true, nonsense: {deep: 1}') };
  await enable(files);
  const target = { name: 'tee', namespace: systemNamespace };
  expect((await client.get(traitDefinitionResource, target))['spec']).toEqual({ podDisruptive: true });
  const progress = await enable(files);
  expect(progress.filter((one) => 'did' in one).map(({ did }) => did)).toEqual(['unchanged', 'unchanged']);
}, 30_000);

test.each([
  { system: 'vela: ">=1.9.0"', says: undefined },
  { system: 'vela: ">=v9"', says: /requires KubeVela >=v9; Flotilla 0\.1\.0 is compatible with KubeVela 1\./ },
  { system: 'kubernetes: <1.22', says: /requires Kubernetes <1\.22; the cluster runs v1\./ },
  { system: 'vela: newest', says: /system\.vela: "newest" is no constraint/ },
])('a requirement of $system is compared with what is compatible', async ({ system, says }) => {
  const enabled = enable({ 'metadata.yaml': `${metadata}system: {${system}}\n` });
  if (says) await expect(enabled).rejects.toThrow(says);
  else await enabled;
  expect(await everything()).toEqual(says ? [] : ['addon-demo']);
});

test('the list has every enabled addon, also those that no registry offers, before the others', async () => {
  await enable({ 'metadata.yaml': 'name: alone\nversion: 2.1.0\n' });
  await enable({});
  const offered = (name: string) => ({ name, registry: 'shop', description: '', versions: ['3.0.0'] });
  const listed = await listAddons(client, [offered('other'), offered('demo')], signal);
  expect(listed.map(({ name, phase, enabledVersion }) => [name, phase, enabledVersion])).toEqual([
    ['alone', 'enabling', '2.1.0'],
    ['demo', 'enabling', '1.0.0'],
    ['other', 'disabled', undefined],
  ]);
}, 30_000);

test('disabling takes everything with it', async () => {
  await enable({ 'definitions/a.yaml': trait('tee'), 'views/a.yaml': view('one') });
  await disableAddon(client, 'demo', { clock: systemClock, wait: true, signal });
  await eventually('the objects to be gone', async () => {
    expect(await everything()).toEqual([]);
  });
}, 30_000);
