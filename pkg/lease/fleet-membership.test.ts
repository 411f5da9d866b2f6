import { beforeEach, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { fleetName, fleetResource, newFleet } from '../apis/fleet.ts';
import type { Fleet, FleetSpec } from '../apis/fleet.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { FleetMembership } from './fleet-membership.ts';
import type { FleetRole } from './fleet-membership.ts';
import { leases } from './record.ts';

const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
let clock: FakeClock;
let cluster: FakeCluster;
let conflicts: (string | undefined)[];

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster({ resources: [fleetResource, leases, namespaces], now: () => clock.now() });
  conflicts = [];
});

/** A process that tries to join; `joined` says whether it has. */
function joining(role: FleetRole, namespace = 'vela-system', othersElectBy?: string) {
  const end = new AbortController();
  const state = {
    joined: false,
    end: () => {
      end.abort();
    },
  };
  const membership = new FleetMembership({
    client: cluster.client(),
    namespace,
    role,
    leaseDurationMs: 15_000,
    othersElectBy,
    clock,
    logger: silentLogger(),
    onConflict: (conflict) => conflicts.push(conflict?.message),
  });
  membership.join(end.signal).then(
    () => {
      state.joined = true;
    },
    () => undefined,
  );
  return state;
}

const spec = (): FleetSpec => (cluster.get(fleetResource, { name: fleetName }) as Fleet).spec;
const create = (of: FleetSpec) => cluster.client().create(fleetResource, newFleet(of));
const newNamespace = (name: string) =>
  cluster.client().create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

test.each<{ role: FleetRole; sharded: boolean }>([
  { role: 'single', sharded: false },
  { role: 'master', sharded: true },
  { role: 'shard', sharded: true },
])('the first process of a cluster makes the Fleet: $role', async ({ role, sharded }) => {
  const process = joining(role);
  await clock.advance(100);
  expect([process.joined, spec()]).toEqual([true, { namespace: 'vela-system', sharded }]);
});

test('a fleet of another namespace keeps a process from its work until its namespace is gone', async () => {
  await newNamespace('vela-two');
  await create({ namespace: 'vela-two', sharded: true });
  const process = joining('shard');
  await clock.advance(60_000);
  expect(process.joined).toBe(false);
  expect(conflicts).toHaveLength(1);
  expect(conflicts[0]).toContain('the fleet of namespace vela-two works on the Applications of this cluster');
  await cluster.client().delete(namespaces, { name: 'vela-two' });
  await clock.advance(5_000);
  expect([process.joined, spec().namespace]).toEqual([true, 'vela-system']);
  expect(conflicts.at(-1)).toBeUndefined();
});

test('a shard waits while a controller without sharding works, until a master has taken over', async () => {
  await create({ namespace: 'vela-system', sharded: false });
  const shard = joining('shard');
  await clock.advance(30_000);
  expect([shard.joined, conflicts[0]]).toEqual([false, expect.stringContaining('without sharding works')]);
  joining('master');
  await clock.advance(5_000);
  expect([shard.joined, spec().sharded]).toEqual([true, true]);
});

test('a controller without sharding waits until the Leases of all shards have run out', async () => {
  await create({ namespace: 'vela-system', sharded: true });
  const lease = (renewTime: string) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'kubevela-s', namespace: 'vela-system', labels: { [labels.shardId]: 's' } },
    spec: { holderIdentity: 'p', leaseDurationSeconds: 15, renewTime, leaseTransitions: 1 },
  });
  await cluster.client().create(leases, lease('a'));
  const single = joining('single');
  for (let i = 0; i < 5; i += 1) {
    await clock.advance(10_000);
    const body = { spec: { renewTime: String(i) } };
    await cluster.client().patch(leases, { name: 'kubevela-s', namespace: 'vela-system' }, { type: 'merge', body });
  }
  expect([single.joined, conflicts[0]]).toEqual([
    false,
    expect.stringContaining('shards work on the Applications (s)'),
  ]);
  await clock.advance(20_000);
  expect([single.joined, spec().sharded]).toEqual([true, false]);
});

test('a controller without leader election waits until the Lease of one with it has run out', async () => {
  const metadata = { name: 'kubevela', namespace: 'vela-system' };
  const spec = { holderIdentity: 'kubevela-1', leaseDurationSeconds: 15, renewTime: 'a', leaseTransitions: 1 };
  await cluster.client().create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
  await create({ namespace: 'vela-system', sharded: false });
  const process = joining('single', 'vela-system', 'kubevela');
  for (let i = 0; i < 3; i += 1) {
    await clock.advance(10_000);
    await cluster.client().patch(leases, metadata, { type: 'merge', body: { spec: { renewTime: String(i) } } });
  }
  expect([process.joined, conflicts[0]]).toEqual([
    false,
    expect.stringMatching(/kubevela-1 works on the Applications under the Lease kubevela.*--enable-leader-election/),
  ]);
  await clock.advance(20_000);
  expect(process.joined).toBe(true);
});
