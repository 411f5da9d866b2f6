import { describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import { packageRoot } from '../assets/root.ts';
import { readSetValues } from '../render/set-values.ts';
import { dumpYaml } from '../render/yaml.ts';
import type { Addon } from './addon.ts';
import { addonNames, findAddon, loadAddon } from './addon.ts';
import { evaluateCue } from './cue.ts';
import { contextMetadata } from './metadata.ts';
import { readParameters } from './parameters.ts';
import { renderAddon, withPublishVersion } from './render.ts';
import { shardsOf } from './shards.ts';
import { satisfies } from './version.ts';

const addonsDir = join(packageRoot(import.meta.dirname), 'addons');
const shardManager = await loadAddon(join(addonsDir, 'vela-core-shard-manager'));

function argsOf(...given: string[]): JsonObject {
  const reading = readSetValues(given);
  if (!reading.ok) throw new Error(reading.problems.join('; '));
  return reading.values;
}

const render = (...given: string[]) =>
  renderAddon(shardManager, readParameters(shardManager, argsOf(...given))).application;

describe('the shard manager', () => {
  test.each([
    { name: 'defaults', args: [] },
    { name: 'sized', args: ['shardNames=blue,green', 'cpu=1', 'memory=2Gi', 'replicas=2'] },
  ])('yields the Application of $name.golden.yaml', async ({ name, args }) => {
    const file = join(import.meta.dirname, 'testdata', `${name}.golden.yaml`);
    const text = dumpYaml(render(...args));
    if (process.env['UPDATE']) await writeFile(file, text);
    expect(text).toBe(await readFile(file, 'utf8'));
  });

  test.each([
    { args: [], want: ['shard-0'] },
    { args: ['nShards=3'], want: ['shard-0', 'shard-1', 'shard-2'] },
    { args: ['nShards=0'], want: [] },
    { args: ['nShards=3', 'shardNames=a,b'], want: ['a', 'b'] },
    { args: ['shardNames=a'], want: ['a'] },
    { args: ['shardNames={0,1}'], want: ['0', '1'] },
  ])('with $args brings shards $want', ({ args, want }) => {
    expect([...shardsOf(render(...args))]).toEqual(want);
  });

  test('stays with the master', () => {
    expect(render().metadata.labels?.[labels.scheduledShardId]).toBe('master');
  });

  test.each([
    { args: ['nShard=3'], says: 'parameter nShard: the addon has none of that name; did you mean "nShards"' },
    { args: ['nShards=many'], says: 'parameter nShards: must be integer' },
    { args: ['nShards=-1'], says: 'parameter nShards: must be >= 0' },
    { args: ['shardNames=A_b'], says: 'parameter shardNames[0]: must match pattern' },
    { args: ['shardNames=master'], says: 'parameter shardNames[0]: must NOT be valid' },
    { args: ['shardNames=a,a'], says: 'must NOT have duplicate items' },
    { args: ['instanceName=kubevela'], says: 'parameter instanceName' },
  ])('refuses $args', ({ args, says }) => {
    expect(() => render(...args)).toThrow(says);
  });

  test('reports every problem', () => {
    expect(() => render('nShard=3', 'replicas=x')).toThrow(/nShard:.*replicas:/);
  });
});

const deployment = (image: string, more: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'kubevela-vela-core',
    resourceVersion: '1',
    annotations: { 'deployment.kubernetes.io/revision': '1' },
  },
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'kubevela', image }] } } },
  ...more,
});

const versionOf = (app: KubeObject): string => app.metadata.annotations?.[annotations.publishVersion] ?? '';

describe('the publish version', () => {
  const base = versionOf(withPublishVersion(render(), [deployment('a:1')]));

  test.each([
    { name: 'the same', app: render(), original: deployment('a:1'), same: true },
    { name: 'a changed status', app: render(), original: deployment('a:1', { status: { replicas: 1 } }), same: true },
    { name: 'another parameter', app: render('nShards=2'), original: deployment('a:1'), same: false },
    { name: 'another image of the master', app: render(), original: deployment('a:2'), same: false },
  ])('of $name is the same: $same', ({ app, original, same }) => {
    expect(versionOf(withPublishVersion(app, [original])) === base).toBe(same);
  });

  test('does not depend on how often the master was scaled', () => {
    const scaled = deployment('a:1', { spec: { ...(deployment('a:1')['spec'] as object), replicas: 5 } });
    expect(versionOf(withPublishVersion(render(), [scaled]))).toBe(base);
  });
});

async function withFolder<T>(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'addon-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const metadata = 'name: demo\nversion: 1.0.0\nneedNamespace: [vela-system, demo]\n';

describe('an addon of plain manifests', () => {
  const files = {
    'metadata.yaml': metadata,
    'resources/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n---\n',
    'resources/a/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    'definitions/t.yaml':
      'apiVersion: core.oam.dev/v1beta1\nkind: TraitDefinition\nmetadata: {name: tee, namespace: x}\n',
  };

  test('becomes one Application with its resources, and definitions beside it', async () => {
    const addon: Addon = await withFolder(files, loadAddon);
    const { application, definitions } = renderAddon(addon, {});
    expect(application.metadata).toMatchObject({
      name: 'addon-demo',
      namespace: 'vela-system',
      labels: { [labels.addonName]: 'demo', [labels.addonVersion]: '1.0.0', [labels.addonRegistry]: 'local' },
      annotations: { 'addon.oam.dev/traitDefinitions': 'tee' },
    });
    expect(application.spec.components.map(({ name, type }) => [name, type])).toEqual([
      ['demo-namespace', 'k8s-objects'],
      ['demo-resources', 'k8s-objects'],
    ]);
    expect(definitions[0]?.metadata.namespace).toBe('vela-system');
  });

  test.each([
    { name: 'no metadata', files: {}, says: 'metadata.yaml is missing' },
    { name: 'no version', files: { 'metadata.yaml': 'name: demo' }, says: 'metadata.yaml: version is missing' },
    {
      name: 'two templates',
      files: { 'metadata.yaml': metadata, 'template.yaml': 'a: 1', 'template.yaml.hbs': 'a: 1' },
      says: 'has template.yaml.hbs and template.yaml; keep one',
    },
    { name: 'a broken manifest', files: { 'metadata.yaml': metadata, 'resources/a.yaml': '{' }, says: 'a.yaml' },
  ])('with $name is refused', async ({ files: odd, says }) => {
    await expect(withFolder(odd as Record<string, string>, loadAddon)).rejects.toThrow(says);
  });

  test('with a template that is no Application is refused', async () => {
    const addon = await withFolder({ 'metadata.yaml': metadata, 'template.yaml': 'kind: Pod' }, loadAddon);
    expect(() => renderAddon(addon, {})).toThrow('it does not yield an Application');
  });
});

describe('an addon in CUE', () => {
  const files = {
    'metadata.yaml': metadata,
    'parameter.cue':
      'parameter: {\n  // +usage=How many\n  replicas: *1 | int\n  clusters?: [...string]\n  user: string\n}',
    'template.cue': `package main
output: {
  apiVersion: "core.oam.dev/v1beta1"
  kind: "Application"
  spec: {
    components: [web]
    if parameter.clusters == _|_ {policies: [{type: "shared-resource", name: "s", properties: rules: []}]}
  }
}
outputs: {
  later: {apiVersion: "v1", kind: "ConfigMap", metadata: {name: "later", namespace: "vela-system"}}
  never: {
    apiVersion: "v1", kind: "ConfigMap"
    metadata: {name: "never", namespace: "vela-system", annotations: "addon.oam.dev/bind-component": "gone"}
  }
}`,
    'resources/web.cue': `package main
import "strconv"
web: {name: "web", type: "worker", properties: {image: "nginx", env: [{name: "N", value: strconv.FormatInt(parameter.replicas, 10)}]}}`,
    'resources/other.part.cue':
      'output: {type: "worker", properties: image: "\\(context.metadata.name):\\(context.metadata.version)"}',
    'resources/none.cue': 'unused: 1',
    'definitions/tee.cue': 'tee: {type: "trait", attributes: podDisruptive: true}\ntemplate: patch: {}\n',
    'schemas/trait-uischema-tee.yaml': '- jsonKey: a\n  a: <b>\n',
    'config-templates/repo.cue': `import "vela/config"
metadata: {name: "repo", scope: "project", sensitive: true}
template: {
  validation: config.#HelmRepository & {$params: parameter}
  parameter: {
    // +usage=Where
    url: string
  }
}
`,
    'views/v.cue': 'parameter: app: string\nstatus: parameter.app\n',
    'NOTES.cue': 'notes: "Hello \\(parameter.user)"',
  };
  test('yields the Application, its components, definitions and objects beside it', async () => {
    const addon = await withFolder(files, loadAddon);
    const parameter = { replicas: 3, user: 'you' };
    const cue = await evaluateCue(addon, parameter);
    expect(cue?.notes).toBe('Hello you');
    const { application, definitions, auxiliaries } = renderAddon(addon, parameter, cue);
    expect(application.metadata).toMatchObject({
      name: 'addon-demo',
      annotations: { 'addon.oam.dev/traitDefinitions': 'tee' },
    });
    expect(application.spec.components).toMatchObject([
      { name: 'web', properties: { env: [{ name: 'N', value: '3' }] } },
      { name: 'demo-namespace' },
      { name: 'other-part', properties: { image: 'demo:1.0.0' } },
    ]);
    expect(application.spec.policies).toHaveLength(1);
    expect(definitions).toMatchObject([
      { kind: 'TraitDefinition', metadata: { name: 'tee', namespace: 'vela-system' } },
    ]);
    expect(auxiliaries).toMatchObject([
      { metadata: { name: 'later', labels: { 'addons.oam.dev/auxiliary-name': 'later', [labels.addonName]: 'demo' } } },
      {
        metadata: { name: 'config-template-repo', labels: { 'config.oam.dev/scope': 'project' } },
        data: {
          'expanded-writer': 'nacos: null\n',
          schema: expect.stringMatching(/^properties:\n {2}url:\n {4}description: Where\n {4}title: url/),
        },
      },
      { metadata: { name: 'trait-uischema-tee' }, data: { 'ui-schema': '[{"a":"<b>","jsonKey":"a"}]' } },
      { metadata: { name: 'v' }, data: { template: expect.stringContaining('status: parameter.app') } },
    ]);
  }, 60_000);

  test('reports problems of its arguments with their file', async () => {
    const addon = await withFolder(files, loadAddon);
    await expect(evaluateCue(addon, { replicas: 'many' })).rejects.toThrow(
      /parameter replicas: must be integer[^]*parameter user: is required|parameter user: is required[^]*parameter replicas/,
    );
    const broken = { ...files, 'resources/none.cue': 'output: missing', 'definitions/tee.cue': 'tee: {}' };
    await expect(evaluateCue(await withFolder(broken, loadAddon), { user: 'you' })).rejects.toThrow(
      /resources\/none\.cue: line 1: reference "missing" not found[^]*definitions\/tee\.cue: template is missing/,
    );
  }, 60_000);

  test('without any CUE nothing is evaluated', async () => {
    expect(await evaluateCue(shardManager, {})).toBeUndefined();
  });
});

describe('an addon as people write them', () => {
  const renderFolder = async (files: Readonly<Record<string, string>>, parameter: JsonObject = {}) => {
    const addon = await withFolder({ 'metadata.yaml': metadata, ...files }, loadAddon);
    return renderAddon(addon, parameter);
  };

  test('may have an Application without kind, and fields that no Application has are left out with a warning', async () => {
    const template =
      'spec:\n  components: [{name: a, type: worker, image: x, traits: [{type: t, on: true}]}]\n  extra: 1\n';
    const { application, warnings } = await renderFolder({ 'template.yaml': template });
    expect(application).toMatchObject({ apiVersion: 'core.oam.dev/v1beta1', kind: 'Application' });
    expect(application.spec).toEqual({
      components: [
        { name: 'a', type: 'worker', traits: [{ type: 't' }] },
        expect.objectContaining({ name: 'demo-namespace' }),
      ],
    });
    expect(warnings).toEqual([
      'template: spec.components[0].image is no field of an Application and is left out',
      'template: spec.components[0].traits[0].true is no field of an Application and is left out',
      'template: spec.extra is no field of an Application and is left out',
    ]);
  });

  test.each(['spec:\n', 'kind: Application\nspec:\n  components:\n  policies:\n', 'metadata: {name: x}\n'])(
    'may leave fields of its template empty: %j',
    async (template) => {
      const { application } = await renderFolder({ 'template.yaml': template });
      expect(application.spec).toEqual({ components: [expect.objectContaining({ name: 'demo-namespace' })] });
    },
  );

  test('may name a key of its metadata twice, with a warning', async () => {
    const twice = `${metadata}dependencies: [{name: a}]\nlabel: x\ndependencies: [{name: b}]\n`;
    const addon = await withFolder({ 'metadata.yaml': twice }, loadAddon);
    expect(addon.metadata.dependencies).toEqual([{ name: 'b' }]);
    expect(addon.metadata).not.toHaveProperty('label');
    expect(addon.warnings).toEqual([expect.stringMatching(/^metadata\.yaml: duplicated mapping key \(6:1\)/)]);
  });

  test.each<{ name: string; files?: Record<string, string>; parameter?: JsonObject; want: unknown }>([
    {
      name: 'to all clusters',
      want: [{ name: 'deploy-addon-to-all-clusters', type: 'topology', properties: { clusterLabelSelector: {} } }],
    },
    {
      name: 'to those of its arguments',
      parameter: { clusters: [' paris ', ''] },
      want: [
        { name: 'deploy-addon-to-specified-clusters', type: 'topology', properties: { clusters: ['paris', 'local'] } },
      ],
    },
    {
      name: 'as its template says',
      files: {
        'template.yaml':
          'spec: {components: [], policies: [{name: p, type: topology, properties: {clusters: [local]}}]}',
      },
      want: [{ name: 'p', type: 'topology', properties: { clusters: ['local'] } }],
    },
  ])('is delivered $name when it is for runtime clusters', async ({ files, parameter, want }) => {
    const forClusters = `${metadata}deployTo: {runtimeCluster: true}\n`;
    const { application } = await renderFolder({ 'metadata.yaml': forClusters, ...files }, parameter);
    expect(application.spec.policies).toEqual(want);
  });

  test.each([
    {
      name: 'a version that is no text',
      metadata: 'name: demo\nversion: 1.0\n',
      says: 'metadata.yaml: version: must be string',
    },
    { name: 'a manifest that is no object', resource: '- a', says: 'an object with apiVersion and kind is expected' },
    { name: 'an Application of another kind', template: 'kind: Pod', says: 'it does not yield an Application' },
  ])('with $name is refused', async ({ metadata: own, resource, template, says }) => {
    const files = {
      ...(own !== undefined && { 'metadata.yaml': own }),
      ...(resource !== undefined && { 'resources/a.yaml': resource }),
      ...(template !== undefined && { 'template.yaml': template }),
    };
    await expect(renderFolder(files)).rejects.toThrow(says);
  });

  test('sees in its context what every addon has', () => {
    const own = { name: 'a', version: '1.0.0', deployTo: { runtimeCluster: true } };
    expect(contextMetadata(own)).toEqual({
      ...own,
      description: '',
      icon: '',
      invisible: false,
      deployTo: { disableControlPlane: false, runtimeCluster: true },
    });
  });
});

describe('addons of a folder', () => {
  test('are found by name', async () => {
    expect(await addonNames(addonsDir)).toContain('vela-core-shard-manager');
    expect((await findAddon(addonsDir, 'vela-core-shard-manager')).metadata.name).toBe('vela-core-shard-manager');
    await expect(findAddon(addonsDir, 'vela-core-shard-manger')).rejects.toThrow(
      'did you mean "vela-core-shard-manager"',
    );
  });
});

describe('satisfies', () => {
  test.each([
    { version: '1.8.0', constraint: '>=1.8.0', want: true },
    { version: 'v1.7.9', constraint: '>=v1.8.0', want: false },
    { version: '1.9.0-beta.1', constraint: '>=1.8.0', want: true },
    { version: '1.8.0-beta.1', constraint: '>=1.8.0', want: false },
    { version: '1.8.0-beta.11', constraint: '>=1.8.0-beta.2', want: true },
    { version: '1.36.0', constraint: '>=1.19.0-0, <1.26', want: false },
    { version: '1.25.3', constraint: '>=1.19.0-0 <1.26', want: true },
    { version: '2.1.5', constraint: '~1.2 || ^2.1', want: true },
    { version: '2.0.0', constraint: '~1.2 || ^2.1', want: false },
    { version: '0.2.0', constraint: '^0.1.3', want: false },
    { version: '1.2.3', constraint: '1.2.3', want: true },
    { version: '1.2.3', constraint: '!=1.2.3', want: false },
    { version: '1.2.3', constraint: '!=1.2.4, >=1', want: true },
    { version: '1.2.3', constraint: '1.x', want: true },
    { version: '1.6.0-alpha.5', constraint: '>= v1.6.0-alpha.6', want: false },
    { version: '1.2.3', constraint: 'nonsense', want: false },
    { version: 'master', constraint: '>=9', want: true },
    { version: '1.0.0', constraint: '', want: true },
  ])('$version meets "$constraint": $want', ({ version, constraint, want }) => {
    expect(satisfies(version, constraint)).toBe(want);
  });
});
