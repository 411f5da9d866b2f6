import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { applicationResource } from '../apis/application.ts';
import { labels } from '../apis/names.ts';
import { loadAddon } from './addon.ts';
import { packageAddon, unpack, withFolder } from './archive.ts';
import { isForAllClusters, readMetadata } from './metadata.ts';
import { prunedComponent, prunedSpec } from './prune.ts';
import { notFound } from './source.ts';
import { addonStatus, availableIn, listAddons } from './status.ts';
import { definitionNames } from './uses.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'addon-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
const metadata = 'name: demo\nversion: 1.2.0\ndescription: For tests\nsystem: {vela: ">=1.5"}\ntags: [a]\n';

describe('the folder of an addon', () => {
  test.each([
    { name: 'no metadata', files: { 'README.md': 'x' }, says: /metadata\.yaml is missing/ },
    {
      name: 'metadata without name and version',
      files: { 'metadata.yaml': 'description: x\n' },
      says: /name is missing; .*version is missing/,
    },
    { name: 'metadata that are no YAML', files: { 'metadata.yaml': 'a: [' }, says: /metadata\.yaml: / },
    {
      name: 'two templates',
      files: { 'metadata.yaml': metadata, 'template.yaml': 'spec: {}', 'template.cue': 'output: {}' },
      says: /has template\.cue and template\.yaml; keep one/,
    },
    {
      name: 'a manifest that is no YAML',
      files: { 'metadata.yaml': metadata, 'resources/a.yaml': 'a: [' },
      says: /resources\/a\.yaml: /,
    },
  ])('with $name is refused', async ({ files, says }) => {
    await write(files);
    await expect(loadAddon(folder)).rejects.toMatchObject({ reason: 'BadAddon', message: expect.stringMatching(says) });
  });

  test('is read with its manifests by path, at every depth', async () => {
    const config = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
    await write({
      'metadata.yaml': metadata,
      'resources/b.yaml': config('b'),
      'resources/a/x.yml': `${config('x')}---\n---\n${config('z')}`,
      'resources/notes.txt': 'x',
      'schemas/component-uischema-web.yaml': '- jsonKey: image\n',
      'godef/x.go': '',
    });
    const addon = await loadAddon(folder, 'mine');
    expect(addon.resources.map((one) => one.metadata.name)).toEqual(['x', 'z', 'b']);
    expect(addon).toMatchObject({
      registry: 'mine',
      uiSchemas: { 'component-uischema-web': [{ jsonKey: 'image' }] },
      warnings: [expect.stringContaining('godef/ is ignored')],
    });
  });

  test('is packed as a chart, and read again from its archive', async () => {
    await write({
      'metadata.yaml': metadata,
      'resources/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    });
    await withFolder(async (target) => {
      const archive = await packageAddon(folder, target);
      expect(archive).toBe(join(target, 'demo-1.2.0.tgz'));
      await mkdir(join(target, 'out'));
      await unpack(await readFile(archive), join(target, 'out'));
      expect((await readdir(join(target, 'out'))).toSorted()).toEqual(['Chart.yaml', 'metadata.yaml', 'resources']);
      expect(await readFile(join(target, 'out/Chart.yaml'), 'utf8')).toMatch(
        /type: library\nname: demo\nversion: 1\.2\.0\n[^]*system\.vela: ">=1\.5"|'>=1\.5'/,
      );
      expect((await loadAddon(join(target, 'out'))).metadata).toMatchObject({ name: 'demo', version: '1.2.0' });
    });
  });

  test('is removed after its use, also when that fails', async () => {
    let used = '';
    await expect(
      withFolder((own) => {
        used = own;
        return Promise.reject(new Error('no'));
      }),
    ).rejects.toThrow('no');
    await expect(readdir(used)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is listed with others, unless it is invisible', async () => {
    await write({ 'a/metadata.yaml': metadata, 'b/metadata.yaml': `${metadata}invisible: true\n`, 'c/README.md': '' });
    expect(await availableIn(folder)).toEqual([
      { name: 'demo', registry: 'local', description: 'For tests', versions: ['1.2.0'] },
    ]);
    expect(await availableIn(join(folder, 'absent'))).toEqual([]);
  });
});

describe('metadata', () => {
  test('may have fields that are null, and lose unknown ones', () => {
    expect(readMetadata('/x/demo', { name: 'demo', version: '1', icon: null, odd: 1, tags: ['a'] })).toEqual({
      name: 'demo',
      version: '1',
      tags: ['a'],
    });
  });

  test.each([undefined, null, 'text', []])('that are %j lack everything', (value) => {
    expect(() => readMetadata('/x/demo', value)).toThrow(
      'addon demo: metadata.yaml: name is missing; addon demo: metadata.yaml: version is missing',
    );
  });

  test.each([
    { deployTo: undefined, all: false },
    { deployTo: { runtimeCluster: true }, all: true },
    { deployTo: { runtime_cluster: true }, all: true },
    { deployTo: { runtimeCluster: false }, all: false },
  ])('with deployTo $deployTo are for all clusters: $all', ({ deployTo, all }) => {
    expect(isForAllClusters({ name: 'a', version: '1', ...(deployTo && { deployTo }) })).toBe(all);
  });
});

describe('fields that no Application has', () => {
  test('are left out at every depth, and named', () => {
    expect(
      prunedSpec({
        components: [
          { name: 'a', type: 't', properties: { any: { thing: 1 } }, traits: [{ type: 'x', odd: 1 }], odd: null },
        ],
        more: {},
      }),
    ).toEqual({
      value: { components: [{ name: 'a', type: 't', properties: { any: { thing: 1 } }, traits: [{ type: 'x' }] }] },
      dropped: ['spec.components[0].traits[0].odd', 'spec.components[0].odd', 'spec.more'],
    });
    expect(prunedComponent({ name: 'a', type: 't', constructor: 'x' }, 'output').dropped).toEqual([
      'output.constructor',
    ]);
  });
});

test.each([
  {
    wanted: { name: 'fluxd', version: undefined },
    known: ['fluxcd'],
    says: 'registry r: addon "fluxd" does not exist; did you mean "fluxcd"',
  },
  {
    wanted: { name: 'a', version: '2.0.0' },
    known: ['1.0.0', '1.1.0'],
    says: 'registry r: addon "a" has no version 2.0.0; it has 1.0.0, 1.1.0',
  },
  { wanted: { name: 'a', version: '2.0.0' }, known: [], says: 'registry r: addon "a" does not exist' },
])('$wanted is refused: $says', ({ wanted, known, says }) => {
  expect(notFound('r', wanted, known)).toMatchObject({ reason: 'NotFound', message: says });
});

describe('the state of an addon', () => {
  const signal = new AbortController().signal;
  const app = (name: string, more: object = {}): KubeObject => ({
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name: `addon-${name}`,
      namespace: 'vela-system',
      labels: { [labels.addonName]: name, [labels.addonVersion]: '1.0.0', [labels.addonRegistry]: 'mine' },
    },
    ...more,
  });

  test.each([
    { status: undefined, phase: 'enabling' },
    { status: { status: 'running' }, phase: 'enabled' },
    { status: { status: 'workflowFailed' }, phase: 'enabling' },
    { status: { status: 'workflowSuspending', workflow: { suspend: true } }, phase: 'suspend' },
  ])('with the status $status is $phase', async ({ status, phase }) => {
    const cluster = new FakeCluster({
      resources: [
        applicationResource,
        { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
      ],
      now: () => 0,
    });
    const created = cluster.create(applicationResource, app('demo'));
    if (status) cluster.replace(applicationResource, { ...created, status }, 'status');
    expect(await addonStatus(cluster.client(), 'demo', signal)).toMatchObject({
      phase,
      version: '1.0.0',
      registry: 'mine',
      args: {},
    });
    expect(await addonStatus(cluster.client(), 'other', signal)).toMatchObject({
      phase: 'disabled',
      version: undefined,
    });
  });

  test('is in the list before those that are disabled, from wherever it is', async () => {
    const cluster = new FakeCluster({ resources: [applicationResource], now: () => 0 });
    cluster.create(applicationResource, app('zulu'));
    cluster.create(applicationResource, app('own'));
    const offer = (name: string) => ({ name, registry: 'r', description: 'd', versions: ['2.0.0'] });
    expect(
      (await listAddons(cluster.client(), [offer('alpha'), offer('zulu')], signal)).map(
        ({ name, phase, versions, enabledVersion }) => [name, phase, versions, enabledVersion],
      ),
    ).toEqual([
      ['own', 'enabling', [], '1.0.0'],
      ['zulu', 'enabling', ['2.0.0'], '1.0.0'],
      ['alpha', 'disabled', ['2.0.0'], undefined],
    ]);
  });

  test('names the definitions that it brought', () => {
    const annotations = {
      'addon.oam.dev/componentDefinitions': 'a,b',
      'addon.oam.dev/traitDefinitions': '',
      'addon.oam.dev/policyDefinitions': 'p',
    };
    expect([...definitionNames({ ...app('demo'), metadata: { annotations }, spec: { components: [] } })]).toEqual([
      'c:a',
      'c:b',
      'p:p',
    ]);
  });
});
