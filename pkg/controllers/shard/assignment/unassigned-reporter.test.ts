import { beforeEach, describe, expect, test } from '@jest/globals';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Condition, KubeObject } from '../../../apis/meta.ts';
import { FakeClock } from '../../../clock/fake.ts';
import { apiError, FakeCluster } from '../../../../test/support/fake-kube-client.ts';
import type { Obstacle } from '../../../scheduling/bounds.ts';
import { Waiting } from './unassigned-reporter.ts';

const { signal } = new AbortController();
let clock: FakeClock;
let cluster: FakeCluster;
let api: KubeClient;
let events: string[];
let obstacle: Obstacle;
let waiting: Waiting;
let app: KubeObject;

beforeEach(async () => {
  clock = new FakeClock();
  cluster = new FakeCluster({ resources: [applicationResource], now: () => clock.now() });
  api = cluster.client();
  events = [];
  obstacle = { reason: 'NoShardAvailable', message: 'no shard is available: a is Suspect' };
  waiting = new Waiting({
    resource: applicationResource,
    why: () => Promise.resolve(obstacle),
    events: { event: (_object, type, reason) => events.push(`${type} ${reason}`) },
    clock,
  });
  app = await api.create(applicationResource, {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'default' },
  });
  waiting.update([app]);
});

const live = (): Promise<KubeObject> => api.get(applicationResource, { name: 'web', namespace: 'default' });

async function conditions(): Promise<readonly Condition[]> {
  return (((await live())['status'] ?? {}) as { conditions?: readonly Condition[] }).conditions ?? [];
}

async function tellAfter(seconds: number): Promise<void> {
  await clock.advance(seconds * 1000);
  waiting.update([app]);
  await waiting.tell(api, app, signal);
}

describe('an Application that nobody takes', () => {
  test('is told of after a minute, once, and again when the reason changes', async () => {
    await tellAfter(59);
    expect([events, await conditions()]).toEqual([[], []]);
    await tellAfter(1);
    expect(events).toEqual(['Warning NoShardAvailable']);
    expect(await conditions()).toMatchObject([{ type: 'Covered', status: 'False', reason: 'NoShardAvailable' }]);
    expect(waiting.oldestMs).toBe(60_000);
    const { version } = cluster;
    await tellAfter(60);
    expect([events.length, cluster.version]).toEqual([1, version]);
    obstacle = { ...obstacle, message: 'no shard is available: a is cordoned' };
    await tellAfter(1);
    expect(events).toHaveLength(2);
    expect(await conditions()).toMatchObject([{ message: 'no shard is available: a is cordoned' }]);
  });

  test('is told of sooner when the fault is its own', async () => {
    obstacle = { reason: 'UnknownPartition', message: 'shardpartition "x" does not exist' };
    await tellAfter(9);
    expect(events).toEqual([]);
    await tellAfter(1);
    expect(events).toEqual(['Warning UnknownPartition']);
  });

  test('begins anew after it was gone, and what has a shard no longer counts', async () => {
    await clock.advance(50_000);
    waiting.update([]);
    expect(waiting.oldestMs).toBe(0);
    await tellAfter(0);
    await tellAfter(59);
    expect(events).toEqual([]);
  });

  test('another process that looks at the same writes nothing new', async () => {
    await tellAfter(60);
    const { version } = cluster;
    const other = new Waiting({
      resource: applicationResource,
      why: () => Promise.resolve(obstacle),
      events: { event: () => undefined },
      clock,
    });
    other.update([app]);
    await clock.advance(60_000);
    await other.tell(api, app, signal);
    expect(cluster.version).toBe(version);
  });

  test('a write that is refused is tried again, one that comes too late is not', async () => {
    let answer = apiError(500, 'InternalError', 'no');
    cluster.intercept = () => {
      throw answer;
    };
    await expect(tellAfter(60)).rejects.toThrow('no');
    expect(events).toEqual([]);
    answer = apiError(409, 'Conflict', 'changed');
    await tellAfter(1);
    expect(events).toEqual(['Warning NoShardAvailable']);
  });
});

test('the condition is taken back before a shard is given, and only where it was written', async () => {
  await waiting.end(api, app, 'a', signal);
  expect(await conditions()).toEqual([]);
  await tellAfter(60);
  await waiting.end(api, await live(), 'a', signal);
  expect(await conditions()).toMatchObject([{ type: 'Covered', status: 'True', reason: 'ShardChosen' }]);
});
