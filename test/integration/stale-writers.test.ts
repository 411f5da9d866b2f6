import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { applicationResource } from '../../pkg/apis/application.ts';
import { holderExtra } from '../../pkg/apis/holder.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { fieldManager } from '../../pkg/dispatch/field-manager.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { sampleApplication } from '../support/applications.ts';
import { FenceBed, outcomeOf } from '../support/fence-bed.ts';
import { eventually } from '../support/fleet.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const outside = ['Deployment', 'Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const shard = 'stale';
let api: TestApi;
let bed: FenceBed;
let objects: readonly KubeObject[];
/** The credentials of a process that held the shard in term 1; another one holds it in term 2. */
let stale: Readonly<Record<string, KubeClient>>;
let holder: KubeClient;
let serial = 0;

const metadata = (name: string, fence: string): KubeObject['metadata'] => ({
  name,
  labels: {
    [labels.appName]: 'app',
    [labels.appNamespace]: 'default',
    [labels.deliveredBy]: shard,
    [labels.scheduledShardId]: shard,
  },
  annotations: { [annotations.shardFence]: fence },
});
const configMap = (name: string, fence: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...metadata(name, fence), namespace: 'default' },
  data: { fence },
});
const tracker = (name: string, fence: string): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'ResourceTracker',
  metadata: metadata(name, fence),
  spec: { type: 'root', applicationGeneration: 0 },
});
const apply = (client: KubeClient, object: KubeObject): Promise<unknown> =>
  client.apply(object.kind === 'ConfigMap' ? configMaps : resourceTrackerResource, object, {
    fieldManager,
    force: true,
  });

interface Write {
  readonly what: string;
  /** Whether the fleet does it with the rights of an author. */
  readonly asAuthor: boolean;
  /** Done by the holder beforehand. */
  readonly before?: (name: string) => Promise<unknown>;
  readonly write: (client: KubeClient, name: string) => Promise<unknown>;
}

const writes: readonly Write[] = [
  {
    what: 'creation of a delivered resource',
    asAuthor: true,
    write: (client, name) => apply(client, configMap(name, '0.1')),
  },
  {
    what: 'creation of a resource that its owner has just deleted',
    asAuthor: true,
    before: async (name) => {
      await apply(holder, configMap(name, '0.2'));
      await holder.delete(configMaps, { name, namespace: 'default' });
    },
    write: (client, name) => apply(client, configMap(name, '0.1')),
  },
  {
    what: 'update of a delivered resource',
    asAuthor: true,
    before: (name) => apply(holder, configMap(name, '0.2')),
    write: (client, name) => apply(client, configMap(name, '0.1')),
  },
  {
    what: 'deletion of a delivered resource',
    asAuthor: true,
    before: (name) => apply(holder, configMap(name, '0.2')),
    write: (client, name) => client.delete(configMaps, { name, namespace: 'default' }),
  },
  { what: 'creation of a tracker', asAuthor: false, write: (client, name) => apply(client, tracker(name, '0.1')) },
  {
    what: 'update of a tracker',
    asAuthor: false,
    before: (name) => apply(holder, tracker(name, '0.2')),
    write: (client, name) => apply(client, tracker(name, '0.1')),
  },
  {
    what: 'deletion of a tracker',
    asAuthor: false,
    before: (name) => apply(holder, tracker(name, '0.2')),
    write: (client, name) => client.delete(resourceTrackerResource, { name }),
  },
  {
    what: 'status of an Application',
    asAuthor: false,
    before: (name) => {
      const app = sampleApplication(name, 'default');
      return bed.person.create(applicationResource, {
        ...app,
        metadata: { ...app.metadata, ...metadata(name, '0.2') },
      });
    },
    write: (client, name) =>
      client.patch(
        applicationResource,
        { name, namespace: 'default' },
        { type: 'merge', body: { status: { status: 'running', shardFence: '0.1' } } },
        { fieldManager, subresource: 'status' },
      ),
  },
];

const table = writes.flatMap(({ asAuthor, ...write }) =>
  ['bound', 'unbound', ...(asAuthor ? ['impersonated'] : [])].map((credentials) => ({ ...write, credentials })),
);

beforeAll(async () => {
  api = await startTestApi();
  bed = new FenceBed(await loadConnection({ kubeconfig: api.kubeconfig, env: {} }));
  const templatesDir = join(packageRoot(), 'templates');
  const given = { sharding: { enabled: true }, rights: 'admin' };
  objects = (await renderSystem(given, { templatesDir, version: '0.0.0' })).filter((o) => !outside.includes(o.kind));
  await installSystem(bed.person, objects, { clock: systemClock, wait: false }, new AbortController().signal);
  const [old, next, unbound] = [await bed.bound('old'), await bed.bound('next'), await bed.unbound()];
  const extra = { [holderExtra]: `1.epoch.${shard}` };
  const impersonated = bed.person.impersonate({ username: 'author', groups: ['system:masters'], extra });
  stale = { bound: old.client, unbound: unbound.client, impersonated };
  holder = next.client;
  // each of them held the shard, so that only the record distinguishes them from the holder
  for (const { process } of [old, unbound]) await bed.hand(shard, process, 1);
  await bed.hand(shard, next.process, 2);
  await eventually('the fences to judge', async () => {
    expect(await outcomeOf(apply(old.client, tracker('probe', '0.1')))).not.toBe('done');
    expect(await outcomeOf(apply(old.client, configMap('probe', '0.1')))).not.toBe('done');
  });
}, 120_000);

afterAll(async () => {
  await bed.close();
  await api.stop();
});

type Row = (typeof table)[number];

async function attempt({ before, write, credentials }: Row): Promise<string> {
  const name = `stale-${serial++}`;
  await before?.(name);
  const client = stale[credentials];
  if (!client) throw new Error(`no credentials ${credentials}`);
  return outcomeOf(write(client, name));
}

describe('a writer that lost its shard is refused', () => {
  test.each(table)('$what, $credentials', async (row) => {
    expect(await attempt(row)).toMatch(/^(holder|epoch|family|delivered)$/);
  });

  test('and the holder is not, whether its token names a pod or not', async () => {
    const process = await bed.unbound();
    await bed.hand('other', process.process, 7);
    const own = (object: KubeObject): KubeObject => ({
      ...object,
      metadata: {
        ...object.metadata,
        labels: { ...object.metadata.labels, [labels.deliveredBy]: 'other', [labels.scheduledShardId]: 'other' },
      },
    });
    for (const object of [configMap('of-other', '0.7'), tracker('of-other', '0.7')])
      expect(await outcomeOf(apply(process.client, own(object)))).toBe('done');
    expect(await outcomeOf(process.client.delete(configMaps, { name: 'of-other', namespace: 'default' }))).toBe('done');
    const extra = { [holderExtra]: '7.epoch.other' };
    const author = bed.person.impersonate({ username: 'author', groups: ['system:masters'], extra });
    expect(await outcomeOf(apply(author, own(configMap('of-author', '0.7'))))).toBe('done');
  });
});

describe('with the bindings of the fences deleted and made again, on the same API server', () => {
  const bindings = (): readonly KubeObject[] =>
    objects.filter(({ kind, metadata: { name = '' } }) => kind.endsWith('PolicyBinding') && name.includes('-fence-'));

  test('every one of these writes does harm until they are back', async () => {
    const resource = await bed.person.resourceFor(
      'admissionregistration.k8s.io/v1',
      'ValidatingAdmissionPolicyBinding',
    );
    for (const {
      metadata: { name = '' },
    } of bindings())
      await bed.person.delete(resource, { name });
    for (const row of table)
      await eventually(`${row.what}, ${row.credentials}, to pass`, async () => {
        expect(await attempt(row)).toBe('done');
      });
    for (const binding of bindings()) await bed.person.create(resource, binding);
    const since = systemClock.monotonic();
    for (const row of table)
      await eventually(`${row.what}, ${row.credentials}, to be refused`, async () => {
        expect(await attempt(row)).not.toBe('done');
      });
    expect(systemClock.monotonic() - since).toBeLessThan(30_000);
  }, 120_000);

  test('every one is refused again after the policies were deleted and installed again', async () => {
    const resource = await bed.person.resourceFor('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy');
    const policies = objects.filter(({ kind }) => kind === resource.kind);
    for (const {
      metadata: { name = '' },
    } of policies)
      await bed.person.delete(resource, { name });
    await eventually('the fences to be down', async () => {
      for (const row of table.slice(0, 1)) expect(await attempt(row)).toBe('done');
    });
    await installSystem(bed.person, objects, { clock: systemClock, wait: false }, new AbortController().signal);
    for (const row of table)
      await eventually(`${row.what}, ${row.credentials}, to be refused`, async () => {
        expect(await attempt(row)).not.toBe('done');
      });
  }, 120_000);
});
