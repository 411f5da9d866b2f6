import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { applicationResource } from '../apis/application.ts';
import type { Application } from '../apis/application.ts';
import { labels } from '../apis/names.ts';
import { shardRemovals, shardsOf, shardsToEmpty } from './shards.ts';

const { signal } = new AbortController();
let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster({ resources: [applicationResource], now: () => 0 });
});

/** The Application of an addon that brings these shards. */
const bringing = (...shards: readonly string[]): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'addon-fleet', namespace: 'vela-system' },
  spec: {
    components: shards.map((shard) => ({
      name: shard,
      type: 'ref-objects',
      traits: [
        {
          type: 'json-merge-patch',
          properties: { spec: { template: { metadata: { labels: { [labels.shardId]: shard } } } } },
        },
      ],
    })),
  },
});

function assign(shard: string, ...names: readonly string[]): void {
  for (const name of names)
    cluster.create(applicationResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name, namespace: 'apps', labels: { [labels.scheduledShardId]: shard } },
    });
}

type Change = Parameters<typeof shardRemovals>[1];
const removals = (change: Change) => shardRemovals(cluster.client(), change, signal);
const toEmpty = (change: Change) => shardsToEmpty(cluster.client(), change, signal);

describe('the shards of an addon', () => {
  test('are the ids that its patches put on pods', () => {
    expect([...shardsOf(bringing('a', 'b', 'a'))]).toEqual(['a', 'b']);
  });

  test('are none without the addon, without traits, and in other patches', () => {
    const other = {
      ...bringing(),
      spec: {
        components: [
          { name: 'c', type: 'x' },
          { name: 'd', type: 'x', traits: [{ type: 't', properties: { spec: 1 } }] },
        ],
      },
    } as Application;
    expect([undefined, bringing(), other].map((app) => shardsOf(app).size)).toEqual([0, 0, 0]);
  });
});

describe('a change that removes shards', () => {
  const change = { before: bringing('shard-0', 'shard-1', 'shard-2'), after: bringing('shard-0') };

  test('says for each what becomes of its Applications', async () => {
    assign('shard-1', 'a');
    assign('shard-2', 'b', 'c');
    expect(await removals(change)).toEqual([
      'shard shard-1 is removed; 1 application moves to shard-0',
      'shard shard-2 is removed; 2 applications move to shard-0',
    ]);
    expect(await toEmpty(change)).toEqual([
      'application apps/a is moved from shard shard-1 to the other shards; its Deployment goes when it is empty',
      '2 applications are moved from shard shard-2 to the other shards; its Deployment goes when it is empty',
    ]);
  });

  test('asks for consent also where a shard has no Application, and moves nothing', async () => {
    expect(await removals(change)).toEqual([
      'shard shard-1 is removed; it has no applications',
      'shard shard-2 is removed; it has no applications',
    ]);
    expect(await toEmpty(change)).toEqual([]);
  });

  test('moves to the master where no shard is left', async () => {
    assign('shard-0', 'a');
    const all = { before: bringing('shard-0'), after: undefined };
    expect(await removals(all)).toEqual(['shard shard-0 is removed; 1 application moves to the master']);
    expect(await toEmpty(all)).toEqual([expect.stringContaining('to the master')]);
  });

  test('names several goals', async () => {
    assign('c', 'x');
    expect(await removals({ before: bringing('a', 'b', 'c'), after: bringing('a', 'b') })).toEqual([
      'shard c is removed; 1 application moves to a, b',
    ]);
  });

  test.each([
    { name: 'none is removed', change: { before: bringing('a'), after: bringing('a', 'b') } },
    { name: 'the addon is enabled first', change: { before: undefined, after: bringing('a') } },
    { name: 'there are no shards', change: { before: bringing(), after: undefined } },
  ])('says nothing and asks nothing of the API server where $name', async ({ change: harmless }) => {
    expect([...(await removals(harmless)), ...(await toEmpty(harmless))]).toEqual([]);
    expect(cluster.requests).toBe(0);
  });
});
