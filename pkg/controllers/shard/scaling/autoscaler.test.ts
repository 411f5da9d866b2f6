import { beforeEach, expect, test } from '@jest/globals';
import { FakeCluster } from '../../../../test/support/fake-kube-client.ts';
import { shardView } from '../../../../test/support/shard-views.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import type { ShardFleet } from '../../../fleet/shard-fleet.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { Autoscaler } from './autoscaler.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import { FleetSize } from './fleet-size.ts';

const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fleet', namespace: 'default' } };
const rules = { min: 1, max: 3, addAfterMs: 4_000, removeAfterMs: 20_000 };

let clock: FakeClock;
let registry: MetricsRegistry;
let shards: string[];
let busy: number;
let events: string[];
let problem: string | undefined;
let isConfigurable: boolean;

/** A fleet that has the requested shards at once. */
const fleet: ShardFleet = {
  wanted: () => Promise.resolve(isConfigurable ? { ids: new Set(shards), object } : undefined),
  resize: (_client, count) => {
    if (problem === undefined) shards = Array.from({ length: count }, (_, i) => `shard-${i}`);
    return Promise.resolve(problem);
  },
};

beforeEach(() => {
  clock = new FakeClock();
  registry = newRegistry();
  [shards, busy, events, problem, isConfigurable] = [['shard-0'], 0.5, [], undefined, true];
});

async function after(seconds: number): Promise<void> {
  const views = (): ShardView[] =>
    shards.map((id) => shardView(id, { load: { applications: 1, backlog: 0, busy: busy / shards.length } }));
  const parts = { logger: silentLogger(), metrics: registry };
  const sink: EventSink = {
    event: (about, type, reason, text) => events.push(`${about.metadata.name} ${type} ${reason} ${text}`),
  };
  const autoscaler = new Autoscaler({
    view: { whenSynced: () => Promise.resolve(), shards: views },
    size: new FleetSize({ ...parts, fleet, events: sink }),
    rules,
    clock,
    ...parts,
  });
  const end = new AbortController();
  const client = new FakeCluster({ resources: [], now: () => clock.now() }).client();
  const running = autoscaler.run(client, end.signal);
  for (let second = 0; second < seconds; second += 1) await clock.advance(1_000);
  end.abort();
  await clock.advance(1_000);
  await running;
}

const metric = async (name: string): Promise<string | undefined> =>
  (await registry.metrics()).split('\n').find((line) => line.startsWith(name));

test('requests more shards, with the reason, and counts it', async () => {
  busy = 0.9;
  await after(6);
  expect(shards).toEqual(['shard-0', 'shard-1']);
  expect(events).toEqual(['fleet Normal ShardsAdded 2 shards instead of 1: workers are busy for 90% of their time']);
  expect(await metric('flotilla_shards_wanted ')).toBe('flotilla_shards_wanted 2');
  expect(await metric('flotilla_shards_autoscaled_total{direction="up"}')).toMatch(/ 1$/);
});

test('requests fewer one by one, the next after the whole time again', async () => {
  shards = ['shard-0', 'shard-1', 'shard-2'];
  busy = 0.1;
  await after(24);
  expect(shards).toEqual(['shard-0', 'shard-1']);
  await after(24);
  expect(shards).toEqual(['shard-0']);
  expect(events.map((text) => text.split(' ').slice(2, 8).join(' '))).toEqual([
    'ShardsRemoved 2 shards instead of 3:',
    'ShardsRemoved 1 shard instead of 2:',
  ]);
});

test('reports a failed change, and retries', async () => {
  [busy, problem] = [0.9, 'cpu: must be text'];
  await after(12);
  expect(shards).toEqual(['shard-0']);
  expect(events.length).toBeGreaterThan(1);
  expect(new Set(events)).toEqual(
    new Set([
      'fleet Warning ShardsNotChanged 2 shards instead of 1: workers are busy for 90% of their time; not possible: cpu: must be text',
    ]),
  );
});

test('does nothing where the number of shards is not configurable', async () => {
  [busy, isConfigurable] = [1, false];
  await after(12);
  expect([shards, events]).toEqual([['shard-0'], []]);
});
