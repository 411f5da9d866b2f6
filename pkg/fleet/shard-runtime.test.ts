import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { roleBindings } from '../apis/holder.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { annotations, labels } from '../apis/names.ts';
import { resourceTrackerResource } from '../apis/resource-tracker.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { leases } from '../lease/record.ts';
import type { Lease } from '../lease/record.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../metrics/registry.ts';
import { aborted } from '../reconcile/tasks.ts';
import { decodeLeaseReport } from './lease-report.ts';
import { ShardRuntime } from './shard-runtime.ts';
import type { Election, ShardProcess, ShardWork, TermRights } from './shard-runtime.ts';

const election: Election = {
  namespace: 'vela-system',
  lease: 'kubevela-a',
  identity: 'pod-1_1',
  podPrefix: 'pod-1_',
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
};

let clock: FakeClock;
let client: KubeClient;
let terms: TermRights[];
let log: string[];
let longestMs: number;
let stop: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  const cluster = new FakeCluster({
    resources: [leases, roleBindings, resourceTrackerResource],
    now: () => clock.now(),
  });
  const raw = () => Promise.resolve({ status: { userInfo: { username: 'pod' } } } as never);
  client = Object.assign(cluster.client(), { raw });
  [terms, log, longestMs, stop] = [[], [], 0, new AbortController()];
});

function start(work: Partial<ShardWork> = {}, process: Partial<ShardProcess> = {}): Promise<void> {
  const parts: ShardProcess = {
    client,
    leaseClient: client,
    clock,
    random: seededRandom(1),
    logger: silentLogger(),
    registry: newRegistry(),
    podName: 'pod-1',
    identity: { homeShard: 'a', version: '1.0.0' },
    crashes: { suspects: ['default/x'] },
    workers: 4,
    reconcileTimeoutMs: 60_000,
    join: () => Promise.resolve(),
    ...process,
  };
  const runtime = new ShardRuntime(parts, {
    shard: 'a',
    election,
    hooks: {},
    applications: { size: 3, list: () => [] },
    drainOnly: false,
    extras: [],
    newTerm: (rights) => {
      terms.push(rights);
      return {
        controller: { backlog: 2, workedMs: 0, longestMs, oldestMs: () => 4_000 },
        run: async (signal) => {
          log.push('starts');
          await aborted(signal);
          log.push('ends');
        },
      };
    },
    ...work,
  });
  return runtime.run(stop.signal);
}

const lease = (): Promise<Lease> => client.get(leases, { name: election.lease, namespace: election.namespace });

async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 1) await clock.advance(1_000);
}

describe('with an election', () => {
  test('works while it holds the Lease, and releases it after its work', async () => {
    const running = start();
    await pass(5);
    expect(log).toEqual(['starts']);
    expect(terms).toMatchObject([{ epoch: 0 }]);
    stop.abort();
    await pass(2);
    await running;
    expect(log).toEqual(['starts', 'ends']);
    expect((await lease()).spec?.holderIdentity).toBe('');
  });

  test('reports its load and its identity on the Lease', async () => {
    const running = start();
    await pass(15);
    const { metadata } = await lease();
    expect(metadata.labels).toMatchObject({ [labels.shardId]: 'a' });
    expect(decodeLeaseReport(metadata.annotations)).toMatchObject({
      homeShard: 'a',
      version: '1.0.0',
      suspects: ['default/x'],
      isDraining: false,
      load: { applications: 3, backlog: 2, busy: 0, oldestSeconds: 4 },
    });
    stop.abort();
    await pass(2);
    await running;
  });

  test('removes the request for its return with the next renewal', async () => {
    const running = start();
    await pass(5);
    const body = { metadata: { annotations: { [annotations.wantedBy]: 'other_1' } } };
    await client.patch(leases, { name: election.lease, namespace: election.namespace }, { type: 'merge', body });
    await pass(5);
    expect((await lease()).metadata.annotations?.[annotations.wantedBy]).toBeUndefined();
    stop.abort();
    await pass(2);
    await running;
  });

  test('does not work before it has joined the fleet', async () => {
    let join = (): void => undefined;
    const running = start({}, { join: () => new Promise((resolve) => (join = resolve)) });
    await pass(5);
    expect(log).toEqual([]);
    join();
    await pass(5);
    expect(log).toEqual(['starts']);
    stop.abort();
    await pass(2);
    await running;
  });

  test('gives up the Lease when a reconcile does not end', async () => {
    longestMs = 120_000;
    const running = start();
    await pass(60);
    expect(log.slice(0, 2)).toEqual(['starts', 'ends']);
    stop.abort();
    await pass(2);
    await running;
  });
});

test('without an election it works at once with the client of the process', async () => {
  const running = start({ shard: undefined, election: undefined });
  await clock.advance(0);
  expect(terms).toMatchObject([{ epoch: undefined }]);
  expect(terms[0]?.writer).toBe(client);
  stop.abort();
  await clock.advance(0);
  await running;
  expect(log).toEqual(['starts', 'ends']);
});

test('extra tasks of the holder get its writer and end with the term', async () => {
  const extras = [
    async (writer: KubeClient, signal: AbortSignal): Promise<void> => {
      log.push(writer === terms[0]?.writer ? 'extra with the writer' : 'extra with another client');
      await aborted(signal);
    },
  ];
  const running = start({ extras });
  await pass(5);
  expect(log).toEqual(['starts', 'extra with the writer']);
  stop.abort();
  await pass(2);
  await running;
});
