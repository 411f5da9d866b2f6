import { expect, test } from '@jest/globals';
import { annotations, labels } from '../apis/names.ts';
import type { Lease } from '../lease/record.ts';
import { shardFactsOf } from './shard-facts.ts';

const leaseOf = (shard: string, holder: string, notes: Record<string, string> = {}): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: `kubevela-${shard}`, labels: { [labels.shardId]: shard }, annotations: notes },
  spec: { holderIdentity: holder, leaseDurationSeconds: 15, leaseTransitions: 3, renewTime: 't' },
});

test('the facts of a fleet come from its pods, Leases and Shard objects', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { [labels.shardId]: 'b' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const shard = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Shard', metadata: { name: 'c' }, spec: { weight: 2 } };
  const leases = [
    leaseOf('a', 'x_1', { [annotations.homeShard]: 'x', [annotations.shardDraining]: 'true' }),
    leaseOf('b', ''),
  ];
  const facts = shardFactsOf({ pods: [pod], leases, shards: [shard] }, () => 1_000);
  expect(facts).toMatchObject([
    {
      id: 'a',
      lease: { holder: 'x_1', durationMs: 15_000, epoch: 3, unchangedMs: 1_000, homeShard: 'x', isDraining: true },
      pods: [],
      spec: undefined,
    },
    { id: 'b', lease: { holder: undefined, isDraining: false }, pods: [{ name: 'p', ready: true }] },
    { id: 'c', lease: undefined, pods: [], spec: { weight: 2 } },
  ]);
});

test('objects without a shard id are left out', () => {
  const lease = { ...leaseOf('a', 'x'), metadata: { name: 'other' } };
  expect(shardFactsOf({ pods: [], leases: [lease], shards: [] }, () => 0)).toEqual([]);
});
