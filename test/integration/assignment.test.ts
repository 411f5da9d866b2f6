import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { applicationKind, applicationResource } from '../../pkg/apis/application.ts';
import { fleetKind, fleetName, fleetResource } from '../../pkg/apis/fleet.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { SlotTableController } from '../../pkg/controllers/shard/assignment/slot-table.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import type { ShardView } from '../../pkg/scheduling/shards.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { slotOf, slotTable } from '../../pkg/scheduling/slots.ts';
import { createNamespace, sampleApplication } from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import { shardView } from '../support/shard-views.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

jest.setTimeout(60_000);

let api: TestApi;
let client: ClosableKubeClient;
let views: readonly ShardView[] = ['master', 'a', 'b', 'c'].map((id) => shardView(id));
const { signal } = new AbortController();
const table = new SlotTableController({
  view: { shards: () => views, onChange: () => () => undefined, whenSynced: () => Promise.resolve() },
  known: () => views.map(({ id }) => id),
  namespace: systemNamespace,
  isUsed: true,
  masterToo: false,
  clock: systemClock,
  logger: silentLogger(),
  metrics: newRegistry(),
});
const expected = (ids: readonly string[], key: string): string | undefined =>
  slotTable(ids.map((id) => ({ id, weight: 1 })))[slotOf(key)];

/** An API server that has the policies, as an installation brings them, and nothing that serves webhooks. */
beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const limits = { qps: 1000, burst: 2000, userAgent: 'test' };
  client = newKubeClient(connection, { ...limits, clock: systemClock, random: systemRandom });
  for (const kind of [applicationKind, fleetKind])
    await client.create(crds, customResourceDefinition(kind) as KubeObject);
  await createNamespace(client, systemNamespace);
  const system = await renderSystem(
    { sharding: { enabled: true } },
    { templatesDir: join(packageRoot(), 'templates'), version: 'test' },
  );
  const policies = /-(assignment|unknown-shard)$/;
  for (const object of system.filter(({ metadata: { name = '' } }) => policies.test(name))) {
    await client.create(await client.resourceFor(object.apiVersion, object.kind), object);
  }
  await eventually('the Fleet to be served', () => table.reconcile(client, signal));
  await eventually('the policy to take effect', async () => {
    expect(await shardOf(await create('probe', {}, true))).toBeDefined();
  });
}, 120_000);

afterAll(async () => {
  await client.close();
  await api.stop();
});

const shardOf = (app: KubeObject): Promise<string | undefined> =>
  Promise.resolve(app.metadata.labels?.[labels.scheduledShardId]);

function create(name: string, metadata: Partial<KubeObject['metadata']> = {}, dryRun = false): Promise<KubeObject> {
  const app = sampleApplication(name, systemNamespace);
  return client.create(applicationResource, { ...app, metadata: { ...app.metadata, ...metadata } }, { dryRun });
}

test('the API server chooses shards by itself, just as the table has it', async () => {
  const names = Array.from({ length: 90 }, (_, i) => `app-${i}`);
  const apps = await Promise.all(names.map((name) => create(name)));
  const shards = await Promise.all(apps.map(shardOf));
  expect(shards).toEqual(names.map((name) => expected(['a', 'b', 'c'], `${systemNamespace}/${name}`)));
  for (const id of ['a', 'b', 'c']) expect(shards.filter((shard) => shard === id).length).toBeGreaterThan(15);
});

test('a generated name gets a shard, and not always the same', async () => {
  const app = sampleApplication('unused', systemNamespace);
  const create = (i: number): Promise<KubeObject> =>
    client.create(applicationResource, { ...app, metadata: { namespace: systemNamespace, generateName: `gen-${i}-` } });
  const shards = new Set<string | undefined>();
  for (let i = 0; i < 12; i += 1) shards.add(await shardOf(await create(i)));
  expect(shards.size).toBeGreaterThan(1);
  for (const shard of shards) expect(['a', 'b', 'c']).toContain(shard);
});

test('a label that is taken away comes back, one that is given stays', async () => {
  const target = { name: 'app-1', namespace: systemNamespace };
  const before = await client.get(applicationResource, target);
  const take = { metadata: { labels: { [labels.scheduledShardId]: null } } };
  const after = await client.patch(applicationResource, target, { type: 'merge', body: take });
  expect(await shardOf(after)).toBe(await shardOf(before));
  expect(await shardOf(await create('given', { labels: { [labels.scheduledShardId]: 'x' } }))).toBe('x');
});

test.each([
  { name: 'affinity', metadata: { annotations: { [annotations.shardAffinity]: 'team' } } },
  { name: 'partition', metadata: { labels: { [labels.shardPartition]: 'east' } } },
  { name: 'parent', metadata: { labels: { [labels.appName]: 'parent' } } },
])('what is bound by its $name is left to others', async ({ name, metadata }) => {
  expect(await shardOf(await create(`bound-by-${name}`, metadata))).toBeUndefined();
});

test('the table follows the shards, writes nothing when they are the same, and may be empty', async () => {
  const read = (): Promise<KubeObject> => client.get(fleetResource, { name: fleetName });
  const first = await read();
  await table.reconcile(client, signal);
  expect((await read()).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  views = ['a', 'b', 'c'].map((id) => shardView(id, { cordoned: id !== 'b' }));
  await table.reconcile(client, signal);
  await eventually('the new table to be used', async () => {
    for (let i = 0; i < 5; i += 1) expect(await shardOf(await create(`late-${i}`, {}, true))).toBe('b');
  });
  views = [];
  await table.reconcile(client, signal);
  await eventually('the empty table to be used', async () => {
    expect(await shardOf(await create('unassigned', {}, true))).toBeUndefined();
  });
});
