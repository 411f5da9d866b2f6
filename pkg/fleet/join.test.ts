import { expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { fleetName, fleetResource, newFleet } from '../apis/fleet.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { leases } from '../lease/record.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newFleetMembership } from './join.ts';

const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

test('a conflict is an Event on the pod, the Fleet and the master Lease of the other fleet', async () => {
  const clock = new FakeClock();
  const client = new FakeCluster({
    resources: [fleetResource, leases, namespaces],
    now: () => clock.now(),
  }).client();
  await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
  await client.create(fleetResource, newFleet({ namespace: 'other', sharded: true }));
  const events: string[] = [];
  const conflicts: (string | undefined)[] = [];
  const membership = newFleetMembership(
    {
      client,
      clock,
      logger: silentLogger(),
      events: {
        event: ({ kind, metadata }, type, reason) =>
          events.push(`${kind} ${metadata.namespace ?? ''}/${metadata.name ?? ''} ${type} ${reason}`),
      },
      pod: { name: 'pod-1', namespace: 'vela-system' },
      leases: { namespace: 'vela-system', masterName: 'kubevela', durationMs: 15_000 },
      elects: true,
      onConflict: (message) => conflicts.push(message),
    },
    'shard-0',
  );
  const stop = new AbortController();
  const admitted = membership.admitted(stop.signal);
  await clock.advance(5_000);
  expect(events).toEqual([
    'Pod vela-system/pod-1 Warning FleetConflict',
    `Fleet /${fleetName} Warning FleetConflict`,
    'Lease other/kubevela Warning FleetConflict',
  ]);
  expect(conflicts).toEqual([expect.stringContaining('namespace other')]);
  await client.delete(namespaces, { name: 'other' });
  await clock.advance(5_000);
  await admitted;
  expect(conflicts.at(-1)).toBeUndefined();
});
