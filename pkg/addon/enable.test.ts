import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { failure } from '../../test/support/memory-api.ts';
import { SteppingClock } from '../../test/support/stepping-clock.ts';
import { applicationResource } from '../apis/application.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { annotations, labels } from '../apis/names.ts';
import { traitDefinitionResource } from '../apis/trait-definition.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Addon } from './addon.ts';
import type { AddonMetadata } from './metadata.ts';
import { disableAddon } from './disable.ts';
import type { DisableOptions } from './disable.ts';
import { enableAddon, previewAddon } from './enable.ts';
import type { AddonProgress, EnableOptions } from './enable.ts';
import { readArguments } from './store.ts';

const core = (kind: string, plural: string): Resource => ({ group: '', version: 'v1', kind, plural, namespaced: true });
const configMaps = core('ConfigMap', 'configmaps');
const secrets = core('Secret', 'secrets');
const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const system = { namespace: 'vela-system' };
const { signal } = new AbortController();

let cluster: FakeCluster;
let clock: SteppingClock;
let progress: string[];
let version = 'v1.36.0';

beforeEach(() => {
  clock = new SteppingClock();
  cluster = new FakeCluster({
    resources: [applicationResource, traitDefinitionResource, configMaps, secrets, deployments],
    now: () => clock.now(),
  });
  progress = [];
  version = 'v1.36.0';
});

const client = (): KubeClient =>
  Object.assign(cluster.client(), { raw: () => Promise.resolve({ gitVersion: version }) });

const trait = (name: string, more: object = {}): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'TraitDefinition',
  metadata: { name },
  spec: {},
  ...more,
});

/** An addon of one component, one definition and one object beside it. */
const addon = (metadata: Partial<AddonMetadata> = {}, more: Partial<Addon> = {}): Addon => ({
  folder: '/nonexistent',
  registry: 'local',
  metadata: { name: 'demo', version: '1.0.0', ...metadata },
  template: {
    text: 'spec: {components: [{name: web, type: webservice, properties: {image: "{{parameter.image}}"}}]}',
    isHandlebars: true,
  },
  parameters: {
    type: 'object',
    properties: { image: { type: 'string', default: 'nginx' } },
    additionalProperties: false,
  },
  resources: [],
  definitions: [trait('expose')],
  views: [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'view', namespace: 'vela-system' }, data: { a: '1' } },
  ],
  cue: {
    parameter: undefined,
    template: undefined,
    notes: undefined,
    resources: [],
    definitions: [],
    configTemplates: [],
    views: [],
  },
  uiSchemas: {},
  warnings: [],
  ...more,
});

function wordsOf(one: AddonProgress): string {
  if ('notice' in one) return one.notice;
  return 'waitingFor' in one ? 'waiting' : `${one.object.kind} ${one.object.metadata.name ?? ''} ${one.did}`;
}

const enable = (one: Addon, args: JsonObject = {}, options: Partial<EnableOptions> = {}) =>
  enableAddon(client(), one, args, {
    clock,
    ownVersion: '0.1.0',
    wait: false,
    signal,
    onProgress: (what) => progress.push(wordsOf(what)),
    ...options,
  });

const disable = (options: Partial<DisableOptions> = {}): Promise<void> =>
  disableAddon(client(), 'demo', {
    clock,
    wait: false,
    signal,
    onProgress: (what) => progress.push(wordsOf(what)),
    ...options,
  });

const app = (): Application => cluster.get(applicationResource, { name: 'addon-demo', ...system }) as Application;
const definition = (): KubeObject => cluster.get(traitDefinitionResource, { name: 'expose', ...system });

describe('enabling an addon', () => {
  test('writes its definitions, its Application, and what goes with it', async () => {
    const { did } = await enable(addon());
    expect(did).toBe('created');
    expect(progress).toEqual([
      'TraitDefinition expose created',
      'Application addon-demo created',
      'ConfigMap view created',
    ]);
    expect(app().metadata.labels).toMatchObject({
      [labels.addonName]: 'demo',
      [labels.addonVersion]: '1.0.0',
      [labels.addonRegistry]: 'local',
    });
  });

  test('gives all of it the Application for an owner, so that it goes with it', async () => {
    await enable(addon());
    const { uid } = app().metadata;
    for (const object of [definition(), cluster.get(configMaps, { name: 'view', ...system })])
      expect(object.metadata.ownerReferences).toEqual([expect.objectContaining({ uid, controller: true })]);
  });

  test('again with the same arguments changes nothing', async () => {
    await enable(addon(), { image: 'a' });
    const before = cluster.version;
    const { did } = await enable(addon(), { image: 'a' });
    expect({ did, version: cluster.version }).toEqual({ did: 'unchanged', version: before });
  });

  test('with others publishes another version of the Application', async () => {
    await enable(addon(), { image: 'a' });
    const first = app().metadata.annotations?.[annotations.publishVersion];
    const { did } = await enable(addon(), { image: 'b' });
    expect(did).toBe('configured');
    expect(app().metadata.annotations?.[annotations.publishVersion]).not.toBe(first);
  });

  test('keeps its arguments in a Secret, and none where there are none', async () => {
    await enable(addon(), { image: 'a' });
    expect(await readArguments(cluster.client(), 'demo', signal)).toEqual({ image: 'a' });
    await enable(addon());
    expect(cluster.list(secrets, {})).toEqual([]);
    expect(await readArguments(cluster.client(), 'demo', signal)).toEqual({});
  });

  test('shows the warnings of the addon first', async () => {
    await enable(addon({}, { warnings: ['godef/ is ignored'] }));
    expect(progress[0]).toBe('godef/ is ignored');
  });

  test('is previewed without a write', async () => {
    const objects = await previewAddon(client(), addon(), {}, { signal });
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ''}`)).toEqual([
      'TraitDefinition expose',
      'Application addon-demo',
      'ConfigMap view',
    ]);
    expect(cluster.changes).toEqual([]);
  });
});

describe('enabling an addon is refused before anything is written', () => {
  test.each<{ name: string; one: Addon; args?: JsonObject; reason: string; says: string }>([
    {
      name: 'an unknown parameter',
      one: addon(),
      args: { imge: 'a' },
      reason: 'BadParameters',
      says: 'addon demo: parameter imge: the addon has none of that name; did you mean "image"',
    },
    {
      name: 'a later KubeVela',
      one: addon({ system: { vela: '>=9.0.0' } }),
      reason: 'Requirement',
      says: 'addon demo requires KubeVela >=9.0.0; Flotilla 0.1.0 is compatible with KubeVela',
    },
    {
      name: 'another Kubernetes',
      one: addon({ system: { kubernetes: '<1.20' } }),
      reason: 'Requirement',
      says: 'addon demo requires Kubernetes <1.20; the cluster runs v1.36.0',
    },
    {
      name: 'a constraint that is none',
      one: addon({ system: { vela: 'new' } }),
      reason: 'Requirement',
      says: 'metadata.yaml: system.vela: "new" is no constraint',
    },
    {
      name: 'an absent dependency',
      one: addon({ dependencies: [{ name: 'fluxcd' }] }),
      reason: 'Dependency',
      says: 'addon demo depends on fluxcd; enable it first: vela addon enable fluxcd',
    },
  ])('with $name', async ({ one, args = {}, reason, says }) => {
    await expect(enable(one, args)).rejects.toMatchObject({ reason, message: expect.stringContaining(says) });
    expect(cluster.changes).toEqual([]);
  });

  test('with a dependency in another version', async () => {
    const fluxcd = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name: 'addon-fluxcd', ...system, labels: { [labels.addonVersion]: '1.0.0' } },
    };
    cluster.create(applicationResource, fluxcd);
    await expect(enable(addon({ dependencies: [{ name: 'fluxcd', version: '>=2.0.0' }] }))).rejects.toThrow(
      'addon demo depends on fluxcd >=2.0.0, but 1.0.0 is enabled',
    );
    await expect(enable(addon({ dependencies: [{ name: 'fluxcd', version: '>=1' }] }))).resolves.toMatchObject({
      did: 'created',
    });
  });

  test('but not for its versions where these are not checked', async () => {
    await expect(enable(addon({ system: { vela: '>=9.0.0' } }), {}, { skipVersionCheck: true })).resolves.toMatchObject(
      { did: 'created' },
    );
  });

  test.each([
    {
      name: 'belongs to another',
      owner: { apiVersion: 'v1', kind: 'Application', name: 'addon-other', uid: 'u', controller: true },
      says: 'TraitDefinition expose exists already and belongs to Application addon-other; --override-definitions replaces it',
    },
    {
      name: 'has no owner',
      owner: undefined,
      says: 'TraitDefinition expose exists already and has no owner; --override-definitions replaces it',
    },
  ])('with a definition that $name, unless it is overridden', async ({ owner, says }) => {
    cluster.create(traitDefinitionResource, {
      ...trait('expose'),
      metadata: { name: 'expose', ...system, ...(owner && { ownerReferences: [owner] }) },
    });
    await expect(enable(addon())).rejects.toMatchObject({ reason: 'Conflict', message: says });
    expect(cluster.changes).toEqual([]);
    await expect(enable(addon(), {}, { overrideDefinitions: true })).resolves.toMatchObject({ did: 'created' });
  });

  test('where consent to the removal of shards is not given', async () => {
    const shard = (id: string) =>
      `{name: ${id}, type: raw, traits: [{type: t, properties: {spec: {template: {metadata: {labels: {"${labels.shardId}": ${id}}}}}}}]}`;
    const fleet = (...ids: readonly string[]) =>
      addon({}, { template: { text: `spec: {components: [${ids.map(shard).join(', ')}]}`, isHandlebars: false } });
    await enable(fleet('a', 'b'));
    const before = cluster.version;
    const plans: (readonly string[])[] = [];
    const confirmRemovals = (plan: readonly string[]): Promise<void> => {
      plans.push(plan);
      return Promise.reject(new Error('not done'));
    };
    await expect(enable(fleet('a'), {}, { confirmRemovals })).rejects.toThrow('not done');
    expect({ plans, version: cluster.version }).toEqual({
      plans: [['shard b is removed; it has no applications']],
      version: before,
    });
    await expect(disable({ confirmRemovals })).rejects.toThrow('not done');
    expect(app().metadata.deletionTimestamp).toBeUndefined();
  });
});

describe('where the API server refuses an object', () => {
  const refuse = (name: string): void => {
    cluster.intercept = (write, moment) => {
      if (moment === 'before' && write.verb === 'apply' && write.name === name)
        throw failure(422, 'Invalid', `${name} is invalid`);
    };
  };

  test.each(['expose', 'addon-demo', 'view'])('%s, what was created before is removed', async (name) => {
    refuse(name);
    await expect(enable(addon())).rejects.toThrow(`${name} is invalid`);
    expect(cluster.all().map(({ kind, metadata }) => `${kind} ${metadata.name ?? ''}`)).toEqual([]);
  });

  test('what was changed before is put back', async () => {
    await enable(addon());
    refuse('view');
    const changed = addon({}, { definitions: [trait('expose', { spec: { podDisruptive: true } })] });
    await expect(enable(changed, { image: 'b' })).rejects.toThrow('view is invalid');
    expect(definition()['spec']).toEqual({});
    expect(app().spec.components[0]?.properties).toEqual({ image: 'nginx' });
  });

  test('the first failure is reported, whatever fails afterwards', async () => {
    cluster.intercept = ({ verb, name }, moment) => {
      if (moment === 'before' && (verb === 'delete' || name === 'view'))
        throw failure(500, 'InternalError', `${verb} ${name}`);
    };
    await expect(enable(addon())).rejects.toThrow('apply view');
  });

  test('a definition that an interrupted attempt left is taken over', async () => {
    const managedFields = [{ manager: 'vela-addon', operation: 'Apply' }];
    cluster.create(traitDefinitionResource, {
      ...trait('expose'),
      metadata: { name: 'expose', ...system, managedFields },
    });
    await expect(enable(addon())).resolves.toMatchObject({ did: 'created' });
  });
});

describe('waiting for an addon', () => {
  /** The controller works on the Application after so many pauses. */
  function work(after: number, status: (publish: string) => object): void {
    const sleep = clock.sleep.bind(clock);
    let pauses = 0;
    clock.sleep = async (ms, own) => {
      pauses += 1;
      if (pauses === after) {
        const { metadata } = app();
        const publish = metadata.annotations?.[annotations.publishVersion] ?? '';
        cluster.replace(
          applicationResource,
          { ...app(), status: { observedGeneration: metadata.generation, ...status(publish) } },
          'status',
        );
      }
      await sleep(ms, own);
    };
  }
  const workflow = (appRevision: string) => ({
    mode: '',
    appRevision,
    finished: true,
    terminated: false,
    suspend: false,
  });

  test('ends when it runs in the version that was published', async () => {
    work(3, (publish) => ({ status: 'running', workflow: workflow(publish) }));
    const { application } = await enable(addon(), {}, { wait: true });
    expect(application.status?.status).toBe('running');
    expect(progress.filter((line) => line === 'waiting')).toHaveLength(3);
  });

  test('is not over while another version runs', async () => {
    work(1, () => ({ status: 'running', workflow: workflow('addon-before') }));
    await expect(enable(addon(), {}, { wait: true, timeoutMs: 1_000 })).rejects.toMatchObject({
      reason: 'NotReady',
      message: 'application vela-system/addon-demo does not run yet: phase running',
    });
  });

  test.each(['workflowFailed', 'workflowTerminated'])('ends at the phase %s with the reason', async (status) => {
    const conditions = [{ type: 'Workflow', status: 'False', message: 'no rights' }];
    work(1, (publish) => ({ status, conditions, workflow: workflow(publish) }));
    await expect(enable(addon(), {}, { wait: true })).rejects.toMatchObject({
      reason: 'Failed',
      message: 'application vela-system/addon-demo failed: no rights',
    });
  });

  test('names the service that is not healthy when the time is over', async () => {
    work(1, (publish) => ({
      status: 'unhealthy',
      services: [{ name: 'web', healthy: false, message: 'Ready:0/1' }],
      workflow: workflow(publish),
    }));
    await expect(enable(addon(), {}, { wait: true, timeoutMs: 2_000 })).rejects.toThrow('does not run yet: Ready:0/1');
  });

  test('begins anew where the workflow had failed and nothing else changed', async () => {
    await enable(addon());
    cluster.replace(
      applicationResource,
      {
        ...app(),
        status: { status: 'workflowFailed', workflow: { ...workflow('x'), terminated: true } },
      },
      'status',
    );
    await enable(addon());
    expect(progress.at(-1)).toBe('Application addon-demo: the workflow had failed and is restarted');
    expect(app().status?.workflow).toBeUndefined();
  });
});

describe('disabling an addon', () => {
  const use = (spec: object, more: object = {}): void => {
    cluster.create(applicationResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name: 'user', namespace: 'apps', ...more },
      spec,
    });
  };

  test('deletes its Application', async () => {
    await enable(addon());
    progress = [];
    await disable();
    expect(cluster.find(applicationResource, { name: 'addon-demo', ...system })).toBeUndefined();
    expect(progress).toEqual(['Application addon-demo deleted']);
  });

  test('is refused where it is not enabled', async () => {
    await expect(disable()).rejects.toMatchObject({ reason: 'NotEnabled', message: 'addon demo is not enabled' });
  });

  test.each([
    { spec: { components: [{ name: 'a', type: 'x', traits: [{ type: 'expose' }] }] }, uses: true },
    { spec: { components: [{ name: 'a', type: 'x', traits: [{ type: 'expose@v2' }] }] }, uses: true },
    {
      spec: {
        components: [{ name: 'a', type: 'expose' }],
        policies: [{ name: 'p', type: 'expose' }],
        workflow: { steps: [{ name: 's', type: 'g', subSteps: [{ name: 't', type: 'expose' }] }] },
      },
      uses: false,
    },
  ])('is refused while its definitions are used: $spec uses them: $uses', async ({ spec, uses }) => {
    await enable(addon());
    use(spec);
    if (!uses) return expect(disable()).resolves.toBeUndefined();
    await expect(disable()).rejects.toMatchObject({
      reason: 'InUse',
      message: 'addon demo: 1 applications use its definitions (apps/user); change or delete them, or force it',
    });
    await disable({ force: true });
    expect(cluster.find(applicationResource, { name: 'addon-demo', ...system })).toBeUndefined();
  });

  test('is not refused because of its own Applications', async () => {
    await enable(addon());
    use(
      { components: [{ name: 'a', type: 'x', traits: [{ type: 'expose' }] }] },
      { labels: { [labels.addonName]: 'demo' } },
    );
    await expect(disable()).resolves.toBeUndefined();
  });

  test('waits until it is gone, and ends with what keeps it when the time is over', async () => {
    await enable(addon());
    cluster.replace(
      applicationResource,
      { ...app(), metadata: { ...app().metadata, finalizers: ['example.com/wait'] } },
      undefined,
    );
    cluster.replace(
      applicationResource,
      {
        ...app(),
        status: { conditions: [{ type: 'Deleted', status: 'False', message: 'Deployment web remains' }] },
      },
      'status',
    );
    await expect(disable({ wait: true, timeoutMs: 1_000 })).rejects.toMatchObject({
      reason: 'NotReady',
      message: 'addon demo is not gone yet: Deployment web remains',
    });
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, own) => {
      const live = cluster.find(applicationResource, { name: 'addon-demo', ...system });
      if (live)
        cluster.replace(applicationResource, { ...live, metadata: { ...live.metadata, finalizers: [] } }, undefined);
      await sleep(ms, own);
    };
    await expect(disable({ wait: true })).resolves.toBeUndefined();
  });
});
