import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { scheduledShard, shardAtAdmission, shardOfFamily } from './assign.ts';
import { shardPods } from './available.ts';
import { pickStatic } from './pick.ts';

describe('pickStatic', () => {
  test.each([
    { shards: [], random: 0.5, want: undefined },
    { shards: ['a', 'b'], random: 0, want: 'a' },
    { shards: ['a', 'b'], random: 0.999, want: 'b' },
  ])('of $shards at $random it is $want', ({ shards, random, want }) => {
    expect(pickStatic(shards, () => random)).toBe(want);
  });

  test('uses every listed shard, the master too', () => {
    const random = seededRandom(1);
    const picked = Array.from({ length: 50 }, () => pickStatic(['master', 'a', 'b'], random));
    expect(new Set(picked)).toEqual(new Set(['master', 'a', 'b']));
  });
});

function pod(
  name: string,
  shard: string | undefined,
  more: { ready?: boolean; phase?: string; deleted?: boolean } = {},
): KubeObject {
  const { ready = true, phase = 'Running', deleted } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(shard !== undefined && { labels: { [labels.shardId]: shard } }),
      ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

describe('shardPods', () => {
  test.each([
    { name: 'a ready pod', pods: [pod('p', 'a')], want: ['a'] },
    { name: 'a pod that is not ready', pods: [pod('p', 'a', { ready: false })], want: [] },
    { name: 'one ready pod of two', pods: [pod('p', 'a', { ready: false }), pod('q', 'a')], want: ['a'] },
    { name: 'a pod that is being deleted', pods: [pod('p', 'a', { deleted: true })], want: [] },
    { name: 'a pod that failed', pods: [pod('p', 'a', { phase: 'Failed' })], want: [] },
    { name: 'a pod without an id', pods: [pod('p', undefined), pod('q', '')], want: [] },
    { name: 'several shards', pods: [pod('p', 'b'), pod('q', 'a'), pod('r', 'master')], want: ['a', 'b', 'master'] },
  ])('$name makes $want', ({ pods, want }) => {
    const ready = [...shardPods(pods)].filter(([, own]) => [...own.values()].includes(true));
    expect(ready.map(([shard]) => shard).sort()).toEqual(want);
  });

  test('a shard without ready pods is known all the same', () => {
    expect([...shardPods([pod('p', 'a', { ready: false })]).keys()]).toEqual(['a']);
  });
});

const labelled = (shard?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: shard === undefined ? {} : { labels: { [labels.scheduledShardId]: shard } },
});

describe('assignment', () => {
  test.each([
    { name: 'given', given: labelled('a'), before: labelled('b'), want: 'a' },
    { name: 'taken away', given: labelled(), before: labelled('b'), want: 'b' },
    { name: 'emptied', given: labelled(''), before: labelled('b'), want: 'b' },
    { name: 'never there', given: labelled(), before: labelled(), want: 'picked' },
    { name: 'new', given: labelled(), before: undefined, want: 'picked' },
  ])('a label that is $name becomes $want', ({ given, before, want }) => {
    expect(shardAtAdmission(given, before, () => 'picked')).toBe(want);
  });

  test.each([
    { name: 'no family', members: [], want: 'picked' },
    { name: 'a family on one shard', members: [labelled('a'), labelled('a')], want: 'a' },
    { name: 'a family that carries it in part', members: [labelled(), labelled('a')], want: 'a' },
    { name: 'a family without any', members: [labelled()], want: 'picked' },
    { name: 'a family on two shards', members: [labelled('b'), labelled('a')], want: 'picked' },
  ])('an application with $name goes to $want', ({ members, want }) => {
    expect(shardOfFamily(members, () => 'picked')).toBe(want);
  });

  test('an empty label is none', () => {
    expect(scheduledShard(labelled(''))).toBeUndefined();
  });
});
