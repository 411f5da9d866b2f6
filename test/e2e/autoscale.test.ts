import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import type { Shard } from '../../pkg/apis/shard.ts';
import { assertAllRunning, createNamespace, sampleApplication, shardsDeployed } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

const namespace = 'autoscale';
const names = Array.from({ length: 10 }, (_, i) => `app-${i}`);
const late = ['late-0', 'late-1'];
const eventResource: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
const flags = ['max=2', 'add-after=1s', 'remove-after=4s'].map((flag) => `--shard-autoscale-${flag}`);

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '100');
  const extraArgs = `extraArgs={${[...flags, '--shard-rebalance=on-join'].join(',')}}`;
  const values = ['sharding.enabled=true', 'concurrentReconciles=1', extraArgs];
  await cluster.must('install', ...values.flatMap((value) => ['--set', value]));
  await cluster.must('addon', 'enable', 'vela-core-shard-manager', 'nShards=1');
  await createNamespace(cluster.client, namespace);
  for (const name of names) await create(name);
}, 120_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

const create = (name: string): Promise<unknown> =>
  cluster.client.create(applicationResource, sampleApplication(name, namespace));

const whenRunning = (count: number): Promise<unknown> =>
  eventually('all Applications to run', () => assertAllRunning(cluster.client, namespace, count), 60);

const slaves = (): Promise<readonly string[]> => shardsDeployed(cluster.client);

async function owners(): Promise<ReadonlySet<string>> {
  const { items } = await cluster.client.list<Application>(applicationResource, { namespace });
  return new Set(items.map(({ metadata }) => metadata.labels?.[labels.scheduledShardId] ?? ''));
}

async function scaleEvents(): Promise<readonly string[]> {
  const { items } = await cluster.client.list(eventResource, { namespace: systemNamespace });
  const ours = items.filter((event: KubeObject) => String(event['reason']).startsWith('Shards'));
  return ours.map((event) => `${String(event['reason'])} ${String(event['message'])}`).sort();
}

/** Changes one Application after the other until the signal aborts: more work than one worker can do. */
async function keepBusy(signal: AbortSignal): Promise<void> {
  for (let round = 1; ; round += 1)
    for (const name of names) {
      if (signal.aborted) return;
      const labelsOfRound = { round: String(round) };
      const component = { ...sampleApplication(name, namespace).spec.components[0] };
      const properties = { ...component.properties, labels: labelsOfRound };
      const body = { spec: { components: [{ ...component, properties }] } } as never;
      await cluster.client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
    }
}

describe('the number of shards follows the work', () => {
  test('one more comes while the first has too much to do, and gets its share of what is new', async () => {
    await whenRunning(names.length);
    const calm = new AbortController();
    const changing = keepBusy(calm.signal);
    try {
      await eventually('a second shard', async () => {
        expect(await slaves()).toEqual(['shard-0', 'shard-1']);
      });
      await eventually('it to be ready', async () => {
        const shard = await cluster.client.get<Shard>(shardResource, { name: 'shard-1' });
        // it gets Applications once its pod is ready, too
        expect(shard.status).toMatchObject({ phase: 'Ready', readyPods: 1 });
      });
      for (const name of late) await create(name);
      expect([...(await owners())].sort()).toEqual(['shard-0', 'shard-1']);
    } finally {
      calm.abort();
      await changing;
    }
    await whenRunning(names.length + late.length);
    const [added] = await scaleEvents();
    expect(added).toMatch(/^ShardsAdded 2 shards instead of 1: workers are busy for \d+%/);
  }, 120_000);

  test('it goes again when one is enough, emptied first', async () => {
    await eventually('one shard', async () => {
      const there = await slaves();
      if (!there.includes('shard-1')) expect([...(await owners())]).toEqual(['shard-0']);
      expect(there).toEqual(['shard-0']);
    });
    await whenRunning(names.length + late.length);
    await eventually('the event', async () => {
      expect(await scaleEvents()).toEqual([
        expect.stringMatching(/^ShardsAdded/),
        expect.stringMatching(/^ShardsRemoved 1 shard instead of 2: with one shard fewer/),
      ]);
    });
  }, 120_000);
});
