import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import { TransportError } from '../../../apis/api-error.ts';
import type { KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { Families } from '../../family/families.ts';
import { Assigner } from './assigner.ts';

const resource: Resource = { group: 'example.com', version: 'v1', kind: 'Site', plural: 'sites', namespaced: true };
const keys = { shard: 'shard', move: 'move', epoch: 'epoch' };
const sites = new Families({ resource, keys, members: [] });
const graceMs = 30_000;

let clock: FakeClock;
let api: MemoryApi;
let events: string[];
let open: string | undefined;
let known: string[];
let assigner: Assigner;
/** The fleet has changed. */
let changed: () => void;
let stopping: AbortController;
let running: Promise<unknown>;

beforeEach(async () => {
  clock = new FakeClock();
  api = new MemoryApi();
  events = [];
  open = 'a';
  known = ['a', 'b'];
  stopping = new AbortController();
  assigner = new Assigner({
    families: sites,
    client: api,
    pick: () => Promise.resolve(open),
    known: () => known,
    fleet: {
      onChange: (listener) => {
        changed = listener;
        return () => undefined;
      },
      whenSynced: () => Promise.resolve(),
    },
    canPlace: () => open !== undefined,
    events: { event: (object, type, reason) => events.push(`${object.metadata.name ?? ''} ${type} ${reason}`) },
    clock,
    random: seededRandom(1),
    logger: silentLogger(),
    metrics: newRegistry(),
    strayGraceMs: graceMs,
  });
  running = Promise.all([assigner.watch(stopping.signal), assigner.run(api, stopping.signal)]);
  await clock.advance(0);
});

afterEach(async () => {
  stopping.abort();
  api.dropWatches();
  await running;
});

const site = (name: string, labels?: Record<string, string>): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Site',
  metadata: { namespace: 'ns', name, ...(labels && { labels }) },
});
const read = (name: string): KubeObject['metadata'] | undefined =>
  api.objects.find(({ metadata }) => metadata.name === name)?.metadata;
const shardOf = (name: string): string | undefined => read(name)?.labels?.['shard'];
const relabel = (name: string, shard: string | null) =>
  api.patch(resource, { namespace: 'ns', name }, { body: { metadata: { labels: { shard } } } });
const writes = (): number => api.log.filter((request) => request.startsWith('patch')).length;

test('assigns a new object at once', async () => {
  await api.create(resource, site('x'));
  await clock.advance(0);
  expect(shardOf('x')).toBe('a');
  expect(read('x')?.annotations?.['epoch'] ?? '0').toBe('0');
  expect(assigner.waiting).toBe(0);
});

test('sends no request for assigned objects, however many there are', async () => {
  for (let i = 0; i < 100; i += 1) await api.create(resource, site(`s${i}`, { shard: 'b' }));
  await clock.advance(10_000);
  api.log.length = 0;
  await clock.advance(60_000);
  expect(api.log).toEqual([]);
});

test('keeps an object without an eligible shard, and assigns it when the fleet changes', async () => {
  open = undefined;
  await api.create(resource, site('x'));
  await clock.advance(10_000);
  expect([shardOf('x'), assigner.waiting, writes()]).toEqual([undefined, 1, 0]);
  open = 'b';
  changed();
  await clock.advance(0);
  expect(shardOf('x')).toBe('b');
});

test('assigns again after the label was removed', async () => {
  await api.create(resource, site('x', { shard: 'b' }));
  await relabel('x', null);
  await clock.advance(0);
  expect(shardOf('x')).toBe('a');
});

test('leaves the label of an unknown shard for the grace, and then replaces it in a new epoch', async () => {
  await clock.advance(2_000);
  await api.create(resource, site('x', { shard: 'nowhere' }));
  await clock.advance(graceMs - 3_000);
  expect(shardOf('x')).toBe('nowhere');
  await clock.advance(6_000);
  expect([shardOf('x'), read('x')?.annotations?.['epoch']]).toEqual(['a', '1']);
  expect(events).toEqual(['x Warning ShardUnknown']);
});

test('keeps the label of a shard that becomes known within the grace', async () => {
  await clock.advance(2_000);
  await api.create(resource, site('x', { shard: 'late' }));
  await clock.advance(10_000);
  known = ['a', 'b', 'late'];
  await clock.advance(graceMs * 2);
  expect([shardOf('x'), events]).toEqual(['late', []]);
});

test('assigns an object with an empty label without a grace', async () => {
  await clock.advance(2_000);
  await api.create(resource, site('x', { shard: '' }));
  await clock.advance(2_000);
  expect(shardOf('x')).toBe('a');
});

test('does not change an assignment that another writer made in between', async () => {
  let once = true;
  api.onRequest = async (what) => {
    if (what !== 'patch Site' || !once) return;
    once = false;
    await relabel('x', 'b');
  };
  await api.create(resource, site('x'));
  await clock.advance(5_000);
  expect([shardOf('x'), read('x')?.annotations?.['epoch']]).toEqual(['b', undefined]);
});

test('does not repeat a write that succeeded without an answer', async () => {
  const patch = api.patch.bind(api);
  let lost = 0;
  api.patch = async (...args: Parameters<typeof api.patch>): Promise<never> => {
    await patch(...args);
    lost += 1;
    throw new TransportError('Timeout', 'no answer');
  };
  await api.create(resource, site('x'));
  await clock.advance(20_000);
  expect([shardOf('x'), lost]).toEqual(['a', 1]);
});

test('retries a failed write', async () => {
  let failures = 2;
  api.onRequest = (what) => {
    if (what === 'patch Site' && failures-- > 0) throw new TransportError('Unreachable', 'no');
  };
  await api.create(resource, site('x'));
  await clock.advance(0);
  expect(shardOf('x')).toBeUndefined();
  for (let i = 0; i < 3; i += 1) await clock.advance(2_000);
  expect(shardOf('x')).toBe('a');
});
