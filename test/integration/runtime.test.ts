import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import { ApiError } from '../../pkg/apis/api-error.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { EventRecorder, eventResource } from '../../pkg/client/events.ts';
import { gated } from '../../pkg/client/gate.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { Informer } from '../../pkg/informer/informer.ts';
import { LeaderElector } from '../../pkg/lease/leader-elector.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { Controller } from '../../pkg/reconcile/controller.ts';
import { done } from '../../pkg/reconcile/result.ts';
import { changesOf } from '../../pkg/reconcile/source.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const logger = silentLogger();
const [clock, random] = [systemClock, systemRandom];
const stopping = new AbortController();
const tasks: Promise<unknown>[] = [];
const namespace = `runtime-${randomUUID().slice(0, 8)}`;

let api: TestApi;
let client: ClosableKubeClient;

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  client = newKubeClient(connection, { qps: 500, burst: 500, userAgent: 'runtime-test', clock, random });
  await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
}, 60_000);

afterAll(async () => {
  stopping.abort(new Error('over'));
  await Promise.all(tasks);
  await client.delete(namespaces, { name: namespace });
  await client.close();
  await api.stop();
});

const configMap = (name: string, data: Record<string, string> = {}, labels = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name, labels },
  data,
});

async function reasonOf(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => 'no failure',
    (error: unknown) => (error instanceof ApiError ? error.reason : String(error)),
  );
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}

test('the client writes, reads, lists in pages, patches, applies and deletes', async () => {
  const created = await client.create(configMaps, configMap('a', { x: '1' }));
  const updated = await client.update(configMaps, { ...created, data: { x: '2' } });
  expect(await reasonOf(client.update(configMaps, { ...created, data: { x: '3' } }))).toBe('Conflict');
  expect(await reasonOf(client.create(configMaps, configMap('a')))).toBe('AlreadyExists');
  expect(await reasonOf(client.create(configMaps, configMap('Not_A_Name')))).toBe('Invalid');
  const target = { namespace, name: 'a' };
  await client.patch(configMaps, target, { type: 'merge', body: { data: { y: '1' } } });
  await client.patch(configMaps, target, { type: 'json', body: [{ op: 'add', path: '/data/z', value: '1' }] });
  await client.patch(configMaps, target, { type: 'strategic', body: { metadata: { labels: { l: 'v' } } } });
  expect(await client.get(configMaps, target)).toMatchObject({ data: { x: '2', y: '1', z: '1' } });
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'a' }, data: { x: '9' } };
  expect(await reasonOf(client.apply(configMaps, applied, { fieldManager: 'm' }))).toBe('Conflict');
  expect(await client.apply(configMaps, applied, { fieldManager: 'm', force: true })).toMatchObject({
    data: { x: '9', y: '1' },
  });
  await client.apply(configMaps, { ...applied, data: { x: '10' } }, { fieldManager: 'm', dryRun: true });
  expect(await client.get(configMaps, target)).toMatchObject({ data: { x: '9' } });
  const wrong = { preconditions: { uid: 'other' } };
  expect(await reasonOf(client.delete(configMaps, target, wrong))).toBe('Conflict');
  await client.delete(configMaps, target, { preconditions: { uid: updated.metadata.uid ?? '' } });
  expect(await reasonOf(client.get(configMaps, target))).toBe('NotFound');
});

test('a gated write is sent while the gate is open, with a limit that the server knows, and not after', async () => {
  let leftMs = 3_000;
  const guarded = gated(client, { mayWrite: (forMs) => leftMs >= forMs, validForMs: () => leftMs });
  await guarded.create(configMaps, configMap('gated'));
  await guarded.apply(configMaps, configMap('gated', { x: '1' }), { fieldManager: 'gate' });
  leftMs = 0;
  await expect(guarded.delete(configMaps, { namespace, name: 'gated' })).rejects.toMatchObject({ reason: 'NotHolder' });
  expect(await guarded.get(configMaps, { namespace, name: 'gated' })).toMatchObject({ data: { x: '1' } });
});

test('lists come in pages, with selectors and as metadata alone', async () => {
  for (let i = 0; i < 7; i += 1) await client.create(configMaps, configMap(`p${i}`, { x: '1' }, { page: 'yes' }));
  const selection = { namespace, labelSelector: 'page=yes' };
  const first = await client.list(configMaps, { ...selection, limit: 3 });
  expect(first.items).toHaveLength(3);
  const rest = await client.list(configMaps, { ...selection, limit: 10, continue: first.metadata.continue });
  expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(['p3', 'p4', 'p5', 'p6']);
  const all = await client.list(configMaps, { ...selection, metadataOnly: true });
  expect(all.items).toHaveLength(7);
  expect(all.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'p0' } });
  expect(all.items[0]).not.toHaveProperty('data');
  const one = await client.list(configMaps, { namespace, fieldSelector: 'metadata.name=p3' });
  expect(one.items.map(({ metadata }) => metadata.name)).toEqual(['p3']);
  await client.deleteCollection(configMaps, selection);
  expect((await client.list(configMaps, selection)).items).toEqual([]);
});

test('discovery, versions, impersonation and gone histories answer as expected', async () => {
  expect(await client.resourceFor('apps/v1', 'Deployment')).toMatchObject({ plural: 'deployments', namespaced: true });
  expect(await reasonOf(client.resourceFor('no.such/v1', 'X'))).toBe('NotFound');
  expect(await client.raw('GET', '/version')).toHaveProperty('gitVersion');
  const stranger = client.impersonate({ username: 'stranger', groups: ['strangers'] });
  expect(await reasonOf(stranger.list(configMaps, { namespace }))).toBe('Forbidden');
  expect(await reasonOf(client.list(configMaps, { namespace, limit: 1, continue: 'nonsense' }))).toMatch(
    /BadRequest|Expired/,
  );
});

test.each([{ metadataOnly: false }, { metadataOnly: true }])(
  'an informer (metadata only: $metadataOnly) follows its selection',
  async ({ metadataOnly }) => {
    const selection = { namespace, labelSelector: `follow=${metadataOnly ? 'm' : 'f'}`, metadataOnly };
    const labels = { follow: metadataOnly ? 'm' : 'f' };
    const informer = new Informer({ client, resource: configMaps, clock, random, logger, freeze: true, ...selection });
    const changes: string[] = [];
    informer.subscribe({
      added: (object) => changes.push(`+${object.metadata.name ?? ''}`),
      updated: (_, object) => changes.push(`~${object.metadata.name ?? ''}`),
      deleted: (object) => changes.push(`-${object.metadata.name ?? ''}`),
    });
    const before = await client.create(configMaps, configMap(`before-${labels.follow}`, {}, labels));
    tasks.push(informer.run(stopping.signal));
    await informer.whenSynced(stopping.signal);
    await client.create(configMaps, configMap(`after-${labels.follow}`, {}, labels));
    await client.update(configMaps, { ...before, metadata: { ...before.metadata, labels: {} } });
    await until('three changes', () => changes.length >= 3);
    expect(changes).toEqual([`+before-${labels.follow}`, `+after-${labels.follow}`, `-before-${labels.follow}`]);
    expect(informer.list().map(keyOf)).toEqual([`${namespace}/after-${labels.follow}`]);
    expect(informer.list()[0]).toMatchObject({ kind: 'ConfigMap', metadata: { labels } });
  },
);

test('a controller brings every object where it should be, and its events are counted', async () => {
  const informer = new Informer({
    client,
    resource: configMaps,
    clock,
    random,
    logger,
    namespace,
    labelSelector: 'work',
  });
  const recorder = new EventRecorder({ client, component: 'test', instance: 'i', clock, random, logger });
  const controller = new Controller({
    name: 'doubler',
    sources: [changesOf(informer)],
    workers: 4,
    clock,
    logger,
    stopGraceMs: 1_000,
    reconcile: async (key) => {
      const object = informer.get(key) as (KubeObject & { data?: Record<string, string> }) | undefined;
      if (!object || object.data?.['done']) return done;
      recorder.event(object, 'Normal', 'Doubled', 'doubled it');
      await client.update(configMaps, { ...object, data: { ...object.data, done: 'yes' } });
      return done;
    },
  });
  tasks.push(informer.run(stopping.signal), controller.run(stopping.signal));
  for (let i = 0; i < 20; i += 1)
    await client.create(configMaps, configMap(`work-${i}`, { n: String(i) }, { work: 'x' }));
  await until(
    'all to be done',
    () => informer.list().filter((one) => JSON.stringify(one).includes('"done"')).length === 20,
  );
  await recorder.flush();
  const { items } = await client.list(eventResource, { namespace, fieldSelector: 'reason=Doubled' });
  expect(items.length).toBe(20);
});

test('of two electors one holds; when it stops, the other follows within a retry period', async () => {
  const stops = [new AbortController(), new AbortController()];
  const electors = stops.map(
    (_, i) =>
      new LeaderElector({
        client,
        namespace,
        name: 'election',
        identity: `elector-${i}`,
        leaseDurationMs: 3_000,
        renewDeadlineMs: 2_000,
        retryPeriodMs: 200,
        clock,
        random,
        logger,
        onStarted: (signal) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              resolve();
            });
          }),
      }),
  );
  const running = electors.map((elector, i) => elector.run(stops[i]?.signal ?? stopping.signal));
  await until('a holder', () => electors.some(({ isLeader }) => isLeader));
  const first = electors[0]?.isLeader ? 0 : 1;
  expect(electors[1 - first]?.isLeader).toBe(false);
  const stoppedAt = performance.now();
  stops[first]?.abort(new Error('stop'));
  await until('the other', () => electors[1 - first]?.isLeader === true);
  expect(performance.now() - stoppedAt).toBeLessThan(2_000);
  expect(electors[1 - first]?.epoch).toBe(1);
  stops[1 - first]?.abort(new Error('stop'));
  await Promise.all(running);
});
