import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import type { Resource } from '../../../../machinery/src/meta.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { Informer } from '../../../informer/informer.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { StrayWatch } from './stray-watch.ts';

const resource: Resource = { group: 'example.com', version: 'v1', kind: 'Site', plural: 'sites', namespaced: true };

let clock: FakeClock;
let api: MemoryApi;
let known: string[] | undefined;
let events: string[];
let watch: StrayWatch;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  clock = new FakeClock();
  api = new MemoryApi();
  [known, events, stop] = [['a'], [], new AbortController()];
  const parts = { client: api, clock, random: seededRandom(1), logger: silentLogger(), resource };
  watch = new StrayWatch({
    label: 'shard',
    known: () => known,
    newInformer: (labelSelector) => new Informer({ ...parts, labelSelector, metadataOnly: true }),
    clock,
    logger: silentLogger(),
    periodMs: 2_000,
  });
  watch.subscribe({
    added: ({ metadata }) => events.push(`+${metadata.name ?? ''}`),
    deleted: ({ metadata }) => events.push(`-${metadata.name ?? ''}`),
  });
  for (const [name, shard] of [
    ['one', 'a'],
    ['two', 'b'],
    ['three', 'c'],
  ] as const)
    await api.create(resource, {
      apiVersion: 'example.com/v1',
      kind: 'Site',
      metadata: { namespace: 'ns', name, labels: { shard } },
    });
  running = watch.run(stop.signal);
  await clock.advance(0);
});

afterEach(async () => {
  stop.abort();
  api.dropWatches();
  await running;
});

const names = (): readonly string[] => watch.list().map(({ metadata }) => metadata.name ?? '');

test('has the objects with the label of a shard that does not exist', () => {
  expect([names(), events]).toEqual([
    ['two', 'three'],
    ['+two', '+three'],
  ]);
});

test('reports an object as deleted when its shard becomes known, and keeps the others', async () => {
  events.length = 0;
  known = ['a', 'b'];
  await clock.advance(2_000);
  expect(names()).toEqual(['three']);
  expect(events).toEqual(['-two', '+three']);
});

test('keeps its objects until the watch for other shards is synced', async () => {
  let answer = (): void => undefined;
  api.onRequest = (request) =>
    request.startsWith('list') ? new Promise<void>((resolve) => (answer = resolve)) : undefined;
  known = ['a', 'b'];
  await clock.advance(2_000);
  expect(names()).toEqual(['two', 'three']);
  answer();
  await clock.advance(0);
  expect(names()).toEqual(['three']);
});

test('keeps the last watch while the shards are unknown', async () => {
  known = undefined;
  const requests = api.log.length;
  await clock.advance(10_000);
  expect([names(), api.log.length]).toEqual([['two', 'three'], requests]);
});

test('a later subscriber gets the present objects', () => {
  const late: string[] = [];
  watch.subscribe({ added: ({ metadata }) => late.push(metadata.name ?? '') });
  expect(late).toEqual(['two', 'three']);
});
