import { beforeEach, describe, expect, test } from '@jest/globals';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { keyOf } from '../../../../machinery/src/meta.ts';
import type { Condition, KubeObject } from '../../../../machinery/src/meta.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { apiError, FakeCluster } from '../../../../test/support/fake-kube-client.ts';
import type { Obstacle } from '../../../scheduling/bounds.ts';
import { UnassignedReporter } from './unassigned-reporter.ts';

const { signal } = new AbortController();
let clock: FakeClock;
let cluster: FakeCluster;
let api: KubeClient;
let events: string[];
let obstacle: Obstacle;
let reporter: UnassignedReporter;
let app: KubeObject;

beforeEach(async () => {
  clock = new FakeClock();
  cluster = new FakeCluster({ resources: [applicationResource], now: () => clock.now() });
  api = cluster.client();
  events = [];
  obstacle = { reason: 'NoShardAvailable', message: 'no shard is available: a is Suspect' };
  reporter = new UnassignedReporter({
    resource: applicationResource,
    obstacle: () => Promise.resolve(obstacle),
    events: { event: (_object, type, reason) => events.push(`${type} ${reason}`) },
    clock,
  });
  app = await api.create(applicationResource, {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'default' },
  });
  reporter.add(keyOf(app));
});

const live = (): Promise<KubeObject> => api.get(applicationResource, { name: 'web', namespace: 'default' });

async function conditions(): Promise<readonly Condition[]> {
  return (((await live())['status'] ?? {}) as { conditions?: readonly Condition[] }).conditions ?? [];
}

async function reportAfter(seconds: number): Promise<void> {
  await clock.advance(seconds * 1000);
  reporter.add(keyOf(app));
  await reporter.report(api, app, signal);
}

describe('an unassigned Application', () => {
  test('is reported after a minute, once, and again when the reason changes', async () => {
    await reportAfter(59);
    expect([events, await conditions()]).toEqual([[], []]);
    await reportAfter(1);
    expect(events).toEqual(['Warning NoShardAvailable']);
    expect(await conditions()).toMatchObject([{ type: 'Scheduled', status: 'False', reason: 'NoShardAvailable' }]);
    expect(reporter.oldestMs).toBe(60_000);
    const { version } = cluster;
    await reportAfter(60);
    expect([events.length, cluster.version]).toEqual([1, version]);
    obstacle = { ...obstacle, message: 'no shard is available: a is cordoned' };
    await reportAfter(1);
    expect(events).toHaveLength(2);
    expect(await conditions()).toMatchObject([{ message: 'no shard is available: a is cordoned' }]);
  });

  test('is reported sooner when its spec is invalid', async () => {
    obstacle = { reason: 'UnknownPartition', message: 'shardpartition "x" does not exist' };
    await reportAfter(9);
    expect(events).toEqual([]);
    await reportAfter(1);
    expect(events).toEqual(['Warning UnknownPartition']);
  });

  test('starts a new period after it was gone, and does not count once it is assigned', async () => {
    await clock.advance(50_000);
    reporter.remove(keyOf(app));
    expect(reporter.oldestMs).toBe(0);
    await reportAfter(0);
    await reportAfter(59);
    expect(events).toEqual([]);
  });

  test('another process with the same state writes nothing new', async () => {
    await reportAfter(60);
    const { version } = cluster;
    const other = new UnassignedReporter({
      resource: applicationResource,
      obstacle: () => Promise.resolve(obstacle),
      events: { event: () => undefined },
      clock,
    });
    other.add(keyOf(app));
    await clock.advance(60_000);
    await other.report(api, app, signal);
    expect(cluster.version).toBe(version);
  });

  test('retries a failed write, but not after a conflict', async () => {
    let answer = apiError(500, 'InternalError', 'no');
    cluster.intercept = () => {
      throw answer;
    };
    await expect(reportAfter(60)).rejects.toThrow('no');
    expect(events).toEqual([]);
    answer = apiError(409, 'Conflict', 'changed');
    await reportAfter(1);
    expect(events).toEqual(['Warning NoShardAvailable']);
  });
});

test('revokes the condition before the assignment, and only where it was written', async () => {
  await reporter.revoke(api, app, 'a', signal);
  expect(await conditions()).toEqual([]);
  await reportAfter(60);
  await reporter.revoke(api, await live(), 'a', signal);
  expect(await conditions()).toMatchObject([{ type: 'Scheduled', status: 'True', reason: 'ShardChosen' }]);
});
