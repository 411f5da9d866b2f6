import { expect, test } from '@jest/globals';
import { shardView } from '../../test/support/shard-views.ts';
import type { ShardPartition } from '../apis/shard-partition.ts';
import { groupOf } from './partition-group.ts';

const partition = (name: string, selector: ShardPartition['spec']['selector']): ShardPartition => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'ShardPartition',
  metadata: { name },
  spec: { selector },
});
const eu = partition('eu', { matchLabels: { region: 'eu' } });
const all = partition('all', {});
const broken = partition('broken', { matchExpressions: [{ key: 'region', operator: 'In' }] });
const view = (region: string, className = '') => shardView(`${region}-0`, { className, labels: { region } });

test.each([
  {
    name: 'class and partitions are the same',
    a: view('eu'),
    b: shardView('x', { labels: { region: 'eu' } }),
    same: true,
  },
  { name: 'one is in a partition', a: view('eu'), b: view('us'), same: false },
  { name: 'classes differ', a: view('eu'), b: view('eu', 'canary'), same: false },
  { name: 'neither is in a partition that separates them', a: view('us'), b: view('ap'), same: true },
])('shards stand in for each other when $name: $same', ({ a, b, same }) => {
  const partitions = [all, eu, broken];
  expect(groupOf(a, partitions) === groupOf(b, partitions)).toBe(same);
  expect(groupOf(a, []) === groupOf(b, [])).toBe(a.className === b.className);
});
