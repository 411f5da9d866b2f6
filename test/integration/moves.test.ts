import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { moveApplication } from '../../pkg/controllers/family/request-move.ts';
import { Mover } from '../../pkg/controllers/shard/moves/mover.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { ownershipOf } from '../../pkg/scheduling/ownership.ts';
import {
  assertAllRunning,
  assertNothingLeft,
  createNamespace,
  deploymentResource,
  sampleApplication,
} from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import { installDefinitions, startController } from '../support/live-controller.ts';
import type { LiveController } from '../support/live-controller.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

const namespace = 'moving';
const count = 20;
const names = Array.from({ length: count }, (_, i) => `app-${String(i).padStart(2, '0')}`);
const busy = names.slice(count / 2);
const stop = new AbortController();
const { signal } = stop;

/** A write to what belongs to one Application, from when it was sent to when it was answered. */
interface Write {
  readonly shard: string;
  readonly what: string;
  readonly from: number;
  to: number;
}

const writes = new Map<string, Write[]>();
let api: TestApi;
let client: ClosableKubeClient;
let controllers: readonly LiveController[] = [];
let moving: Promise<void>;

/** What the delivery of a Deployment waits for on its way to the API server. */
const held = new Map<string, Promise<void>>();

/** The client of a shard, with a record of its writes. */
function recorded(shard: string): KubeClient {
  const record = async <T>(what: string, isOwnership: boolean, send: () => Promise<T>): Promise<T> => {
    const name = /app-\d\d/.exec(what)?.[0];
    if (name === undefined) return send();
    const from = performance.now();
    const write: Write = { shard, what, from, to: Infinity };
    writes.set(name, [...(writes.get(name) ?? []), write]);
    try {
      if (what.startsWith('apply Deployment')) await held.get(name);
      return await send();
    } finally {
      // nothing waits for the answer to an acknowledgement: the next shard may begin before it comes
      write.to = isOwnership ? from : performance.now();
    }
  };
  const isOwner = (options: { readonly fieldManager?: string | undefined } | undefined): boolean =>
    options?.fieldManager === 'vela-shard-owner';
  const changes: Partial<KubeClient> = {
    create: (resource, object, options) =>
      record(`create ${resource.kind} ${object.metadata.name ?? ''}`, false, () =>
        client.create(resource, object, options),
      ),
    update: (resource, object, options) =>
      record(`update ${resource.kind} ${object.metadata.name ?? ''}`, false, () =>
        client.update(resource, object, options),
      ),
    patch: (resource, target, patch, options) =>
      record(`patch ${resource.kind} ${target.name}`, isOwner(options), () =>
        client.patch(resource, target, patch, options),
      ),
    apply: (resource, object, options) =>
      record(`apply ${resource.kind} ${object.metadata.name ?? ''}`, false, () =>
        client.apply(resource, object, options),
      ),
    delete: (resource, target, options) =>
      record(`delete ${resource.kind} ${target.name}`, false, () => client.delete(resource, target, options)),
  };
  return new Proxy(client, {
    get: (whole, key: keyof KubeClient) => changes[key] ?? (whole[key] as () => unknown).bind(whole),
  });
}

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const common = { clock: systemClock, random: systemRandom };
  client = newKubeClient(connection, { ...common, qps: 0, burst: 0, userAgent: 'test' });
  await installDefinitions(client);
  await createNamespace(client, namespace);
  controllers = ['s', 't'].map((shard) => startController(recorded(shard), { shard }));
  const mover = new Mover({
    ...common,
    client,
    exists: () => true,
    events: { event: () => undefined },
    logger: silentLogger(),
    metrics: newRegistry(),
  });
  moving = Promise.allSettled([mover.watch(signal), mover.run(client, signal)]).then(() => undefined);
}, 60_000);

afterAll(async () => {
  stop.abort();
  await Promise.all(controllers.map((controller) => controller.stop()));
  await moving;
  await client.close();
  await api.stop();
});

const create = (name: string): Promise<KubeObject> => {
  const app = sampleApplication(name, namespace);
  const metadata = { ...app.metadata, labels: { [labels.scheduledShardId]: 's' } };
  return client.create(applicationResource, { ...app, metadata });
};

async function move(name: string, to: string): Promise<void> {
  const wanted = { to, reason: 'test' };
  const asked = await moveApplication(client, { name, namespace }, wanted, { clock: systemClock });
  expect(asked).toMatchObject({ ok: true });
}

async function scale(name: string, replicas: number): Promise<void> {
  const [component] = sampleApplication(name, namespace).spec.components;
  const components = [{ ...component, traits: [{ type: 'scaler', properties: { replicas } }] }];
  const body = JSON.parse(JSON.stringify({ spec: { components } })) as never;
  await client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
}

const shardOf = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[labels.scheduledShardId];

async function assertAllAt(shard: string): Promise<readonly Application[]> {
  const apps = await assertAllRunning(client, namespace, count);
  for (const app of apps) {
    const { shardMove } = annotations;
    const isMoving = app.metadata.labels?.[labels.shardMove] ?? app.metadata.annotations?.[shardMove];
    if (shardOf(app) !== shard || isMoving) throw new Error(`${app.metadata.name ?? ''} is not at ${shard} yet`);
  }
  return apps;
}

/** Deployments of a few Applications, with the properties that a move must not change. */
async function delivered(which: readonly string[]): Promise<readonly unknown[]> {
  const { items } = await client.list(deploymentResource, { namespace });
  const ours = items.filter((item) => which.includes(item.metadata.name?.slice(0, 6) ?? ''));
  return ours.map(({ metadata }) => [metadata.name, metadata.uid, metadata.generation]);
}

test('twenty Applications move back and forth between two controllers, and never have two writers', async () => {
  await Promise.all(names.map(create));
  await eventually('all to run', () => assertAllAt('s'), 60);
  const idle = names.slice(0, count / 2);
  const [before, uids] = [await delivered(idle), await delivered(busy)];
  const rounds = ['t', 's', 't'];
  for (const [i, to] of rounds.entries()) {
    const disturbed = busy.map(async (name, n) => {
      // so that the request comes at another moment of the shard's work each time
      await scale(name, i + 2);
      await systemClock.sleep(50 * n);
      await move(name, to);
    });
    await Promise.all([...disturbed, ...idle.map((name) => move(name, to))]);
    await eventually(`all to be at ${to}`, () => assertAllAt(to), 60);
  }

  for (const [name, list] of writes) {
    const inOrder = [...list].sort((a, b) => a.from - b.from);
    const handovers = inOrder.flatMap((write, i) => {
      const last = inOrder[i - 1];
      return last && last.shard !== write.shard ? [{ last, write }] : [];
    });
    // a shard that receives an Application without a change has nothing to write for it
    if (busy.includes(name)) expect({ name, handovers: handovers.length }).toEqual({ name, handovers: rounds.length });
    else expect(handovers.length).toBeLessThanOrEqual(rounds.length);
    for (const { write } of handovers) {
      const open = inOrder.filter((other) => other.shard !== write.shard && other.from < write.from);
      expect({ name, overlap: open.filter((other) => other.to > write.from) }).toEqual({ name, overlap: [] });
    }
    const made = list.filter(({ what }) => what.startsWith('create ')).map(({ what }) => what);
    expect({ name, made: made.length }).toEqual({ name, made: new Set(made).size });
  }
  expect(writes.size).toBe(count);

  expect(await delivered(idle)).toEqual(before);
  const now = await delivered(busy);
  expect(now.map((entry) => (entry as unknown[]).slice(0, 2))).toEqual(
    uids.map((entry) => (entry as unknown[]).slice(0, 2)),
  );
  const members = [
    ...(await client.list(applicationRevisionResource, { namespace })).items,
    ...(await client.list(resourceTrackerResource, { labelSelector: `${labels.appNamespace}=${namespace}` })).items,
  ];
  expect(new Set(members.map(shardOf))).toEqual(new Set(['t']));
  const apps = await assertAllAt('t');
  const versions = new Map(apps.map((app) => [app.metadata.name ?? '', app.status?.latestRevision?.name]));
  expect(idle.map((name) => versions.get(name))).toEqual(idle.map((name) => `${name}-v1`));
  expect(busy.map((name) => versions.get(name))).toEqual(busy.map((name) => `${name}-v4`));

  await client.deleteCollection(applicationResource, { namespace });
  await eventually('everything to be gone', () => assertNothingLeft(client, namespace), 60);
}, 240_000);

test('a move waits for a delivery that is on its way', async () => {
  const name = 'app-99';
  await create(name);
  await eventually('it to run', () => assertAllRunning(client, namespace, 1), 60);
  let release = (): void => undefined;
  held.set(name, new Promise((resolve) => (release = resolve)));
  await scale(name, 2);
  const underWay = (): Write | undefined => writes.get(name)?.find(({ to }) => to === Infinity);
  await eventually('the delivery', () => {
    if (!underWay()) throw new Error('nothing is on its way');
    return Promise.resolve();
  });
  try {
    await move(name, 't');
    for (let i = 0; i < 10; i += 1) {
      await systemClock.sleep(100);
      const app = await client.get(applicationResource, { name, namespace });
      expect(ownershipOf(app)).toMatchObject({ shard: 's', move: { to: 't', quiesced: 'no' } });
    }
    expect(underWay()?.what).toBe(`apply Deployment ${name}-web`);
  } finally {
    held.delete(name);
    release();
  }
  await eventually('it to be at t', async () => {
    const [app] = await assertAllRunning(client, namespace, 1);
    expect(app && ownershipOf(app)).toEqual({ shard: 't', epoch: 1, move: undefined });
  });
  await client.delete(applicationResource, { name, namespace });
  await eventually('everything to be gone', () => assertNothingLeft(client, namespace), 60);
}, 120_000);

test('what another shard has delivered is heard of where the Application is now, and written there when it changes', async () => {
  const name = 'app-98';
  const target = { name: `${name}-web`, namespace };
  const deliverer = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[labels.deliveredBy];
  await create(name);
  await eventually('it to run', () => assertAllRunning(client, namespace, 1), 60);
  expect(deliverer(await client.get(deploymentResource, target))).toBe('s');
  await move(name, 't');
  await eventually('it to be at t', async () => {
    const [app] = await assertAllRunning(client, namespace, 1);
    expect(app && ownershipOf(app)).toEqual({ shard: 't', epoch: 1, move: undefined });
  });
  expect(deliverer(await client.get(deploymentResource, target))).toBe('s');
  // long before its resync
  for (let round = 0; round < 2; round += 1) {
    await client.patch(deploymentResource, target, { type: 'merge', body: { spec: { replicas: 7 + round } } });
    await eventually('the edit to be taken back', async () => {
      const live = await client.get<KubeObject & { spec: { replicas: number } }>(deploymentResource, target);
      expect([live.spec.replicas, deliverer(live)]).toEqual([1, 't']);
    });
  }
  await client.delete(applicationResource, { name, namespace });
  await eventually('everything to be gone', () => assertNothingLeft(client, namespace), 60);
}, 120_000);
