import { expect, test } from '@jest/globals';
import { failure, MemoryApi } from '../../test/support/memory-api.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { withoutManagedFields } from '../../machinery/src/managed-fields.ts';
import { Informer } from './informer.ts';
import type { InformerOptions } from './informer.ts';

const widgets: Resource = { group: '', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };
const widget = (name: string, size = 1, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Widget',
  metadata: { namespace: 'a', name, labels },
  size,
});

interface Setup {
  readonly api: MemoryApi;
  readonly clock: FakeClock;
  readonly informer: Informer;
  /** The calls of the handlers since the last call. */
  readonly events: () => string[];
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

function setup(options: Partial<InformerOptions<KubeObject>> = {}): Setup {
  const api = new MemoryApi();
  const clock = new FakeClock();
  const [random, logger] = [seededRandom(1), silentLogger()];
  const informer = new Informer({ client: api, resource: widgets, clock, random, logger, freeze: true, ...options });
  const events: string[] = [];
  informer.subscribe({
    added: (object) => events.push(`+${nameAndSize(object)}`),
    updated: (old, object) => events.push(`${nameAndSize(old)}>${nameAndSize(object)}`),
    deleted: (object) => events.push(`-${nameAndSize(object)}`),
  });
  const controller = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    api,
    clock,
    informer,
    events: () => events.splice(0),
    start: async () => {
      running = informer.run(controller.signal);
      await clock.advance(0);
    },
    stop: async () => {
      controller.abort(new Error('stopped'));
      await running;
    },
  };
}

const nameAndSize = (object: KubeObject): string => `${object.metadata.name ?? ''}${String(object['size'])}`;

test('lists, then watches, and reports every change once', async () => {
  const { api, informer, events, start, stop, clock } = setup();
  await api.create(widgets, widget('a'));
  await start();
  expect(informer.synced).toBe(true);
  expect(events()).toEqual(['+a1']);
  await api.create(widgets, widget('b'));
  await api.update(widgets, widget('a', 2));
  await api.delete(widgets, { namespace: 'a', name: 'b' });
  await clock.advance(0);
  expect(events()).toEqual(['+b1', 'a1>a2', '-b1']);
  expect(informer.get('a/a')).toMatchObject({ size: 2 });
  await stop();
  expect(api.watches).toBe(0);
});

test('an object that leaves the selection is deleted, one that enters is added', async () => {
  const { api, events, start, stop, clock } = setup({ labelSelector: 'shard=s' });
  await api.create(widgets, widget('a', 1, { shard: 's' }));
  await api.create(widgets, widget('b', 1, { shard: 't' }));
  await start();
  await api.update(widgets, widget('a', 2, { shard: 't' }));
  await api.update(widgets, widget('b', 2, { shard: 's' }));
  await clock.advance(0);
  expect(events()).toEqual(['+a1', '-a2', '+b2']);
  await stop();
});

test.each([
  {
    name: 'a dropped connection',
    disturb: (api: MemoryApi) => {
      api.dropWatches();
    },
  },
  {
    name: 'a dropped connection and a forgotten history',
    disturb: (api: MemoryApi) => {
      api.dropWatches();
      api.compact();
    },
  },
])('after $name nothing is missed or repeated', async ({ disturb }) => {
  const { api, events, start, stop, clock } = setup();
  for (const name of ['a', 'b', 'c']) await api.create(widgets, widget(name));
  await start();
  events();
  disturb(api);
  await api.update(widgets, widget('a', 2));
  await api.delete(widgets, { namespace: 'a', name: 'b' });
  await api.create(widgets, widget('d'));
  disturb(api);
  await clock.advance(60_000);
  expect(events().sort()).toEqual(['+d1', '-b1', 'a1>a2']);
  await stop();
});

test('a big kind resumes a dropped watch from where it was, without listing everything', async () => {
  const { api, events, start, stop, clock } = setup();
  for (let i = 0; i < 600; i += 1) await api.create(widgets, widget(`w${i}-`));
  await start();
  expect(events()).toHaveLength(600);
  api.log.length = 0;
  api.dropWatches();
  await api.update(widgets, widget('w5-', 2));
  await clock.advance(1_000);
  expect(events()).toEqual(['w5-1>w5-2']);
  expect(api.log.filter((line) => !line.startsWith('update'))).toEqual(['list Widget', 'watch Widget']);
  await stop();
});

test.each([{ count: 3 }, { count: 600 }])(
  'a server of $count objects that comes back older is noticed',
  async ({ count }) => {
    const { api, informer, events, start, stop, clock } = setup();
    for (let i = 0; i < count; i += 1) await api.create(widgets, widget(`w${i}-`));
    const before = api.snapshot();
    await api.create(widgets, widget('lost'));
    await api.update(widgets, widget('lost', 2));
    await start();
    events();
    api.restart(before);
    await api.create(widgets, widget('other'));
    await clock.advance(60_000);
    expect(events().sort()).toEqual(['+other1', '-lost2']);
    expect(informer.size).toBe(count + 1);
    await stop();
  },
);

test('an object with the same resourceVersion but another content, after the history went back, is updated', async () => {
  const { api, events, start, stop, clock } = setup();
  await api.create(widgets, widget('a'));
  const before = api.snapshot();
  await api.update(widgets, widget('a', 2));
  await api.create(widgets, widget('b'));
  await start();
  events();
  api.restart(before);
  await api.update(widgets, widget('a', 3));
  await clock.advance(60_000);
  expect(events().sort()).toEqual(['-b1', 'a2>a3']);
  await stop();
});

test('an object made anew under its name is deleted and added', async () => {
  const { api, events, start, stop, clock } = setup();
  await api.create(widgets, widget('a'));
  await start();
  api.dropWatches();
  api.compact();
  await api.delete(widgets, { namespace: 'a', name: 'a' });
  await api.create(widgets, widget('a', 7));
  await clock.advance(60_000);
  expect(events()).toEqual(['+a1', '-a1', '+a7']);
  await stop();
});

test('failures to list are tried again, ever more slowly', async () => {
  const { api, informer, start, stop, clock } = setup({ random: () => 0.5 });
  api.onRequest = () => {
    throw failure(500, 'InternalError', 'broken');
  };
  await start();
  await clock.advance(60_000);
  expect(api.log.length).toBeGreaterThan(5);
  expect(api.log.length).toBeLessThan(12);
  expect(informer.synced).toBe(false);
  api.onRequest = () => undefined;
  const synced = informer.whenSynced(new AbortController().signal);
  await clock.advance(15_000);
  await synced;
  await stop();
});

test('whenSynced gives up with the signal', async () => {
  const { informer } = setup();
  await expect(informer.whenSynced(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

test('a resync repeats every object', async () => {
  const { api, events, start, stop, clock } = setup({ resyncPeriodMs: 1_000 });
  await api.create(widgets, widget('a'));
  await start();
  events();
  await clock.advance(2_000);
  expect(events()).toEqual(['a1>a1', 'a1>a1']);
  await stop();
});

test('indexes follow the objects, and a transform decides what is stored', async () => {
  const { api, informer, start, stop, clock } = setup({
    transform: withoutManagedFields,
    indexers: { shard: (object) => [object.metadata.labels?.['shard'] ?? ''] },
  });
  const names = (shard: string): unknown[] => informer.byIndex('shard', shard).map(nameAndSize);
  const { metadata, ...rest } = widget('a', 1, { shard: 's' });
  await api.create(widgets, { ...rest, metadata: { ...metadata, managedFields: [{ manager: 'x' }] } });
  await start();
  expect(names('s')).toEqual(['a1']);
  expect(informer.get('a/a')?.metadata.managedFields).toBeUndefined();
  await api.update(widgets, widget('a', 2, { shard: 't' }));
  await clock.advance(0);
  expect([names('s'), names('t')]).toEqual([[], ['a2']]);
  expect(() => informer.byIndex('no', 'x')).toThrow('there is no index "no"');
  await stop();
});

test('a handler that throws does not affect the others', async () => {
  const { api, informer, events, start, stop } = setup();
  informer.subscribe({
    added: () => {
      throw new Error('bad handler');
    },
  });
  await api.create(widgets, widget('a'));
  await start();
  const late: string[] = [];
  informer.subscribe({ added: (object) => late.push(nameAndSize(object)) });
  expect([events(), late]).toEqual([['+a1'], ['a1']]);
  await stop();
});

test.each([1, 2, 3, 4, 5, 6])('the sum of all events is the present state (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const { api, informer, start, stop, clock } = setup();
  const replica = new Map<string, KubeObject>();
  informer.subscribe({
    added: (object) => {
      expect(replica.has(keyOf(object))).toBe(false);
      replica.set(keyOf(object), object);
    },
    updated: (old, object) => {
      expect(replica.get(keyOf(object))).toBe(old);
      replica.set(keyOf(object), object);
    },
    deleted: (object) => {
      expect(replica.delete(keyOf(object))).toBe(true);
    },
  });
  let backup = api.snapshot();
  const steps: (() => unknown)[] = [
    () => api.create(widgets, widget(`w${Math.floor(random() * 8)}-`)).catch(() => undefined),
    () =>
      api.update(widgets, widget(`w${Math.floor(random() * 8)}-`, Math.floor(random() * 99))).catch(() => undefined),
    () => api.delete(widgets, { namespace: 'a', name: `w${Math.floor(random() * 8)}-` }).catch(() => undefined),
    () => {
      api.dropWatches();
    },
    () => {
      api.compact();
    },
    () => clock.advance(random() * 3_000),
    () => void (backup = random() < 0.2 ? api.snapshot() : backup),
    () => {
      if (random() < 0.1) api.restart(backup);
    },
  ];
  await start();
  for (let i = 0; i < 400; i += 1) {
    api.onRequest = (what) => {
      if (/^(list|watch)/.test(what) && random() < 0.1) throw failure(500, 'InternalError', 'broken');
    };
    await steps[Math.floor(random() * steps.length)]?.();
  }
  api.onRequest = () => undefined;
  await clock.advance(120_000);
  const sorted = (objects: Iterable<KubeObject>): string[] =>
    [...objects].map((object) => JSON.stringify(object)).sort();
  expect(sorted(replica.values())).toEqual(sorted(api.objects));
  expect(sorted(informer.list())).toEqual(sorted(api.objects));
  await stop();
});
