import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../clock/clock.ts';
import type { KubeObject } from '../apis/meta.ts';
import { labels } from '../apis/names.ts';
import { scheduledShard, shardAtAdmission, shardOfFamily } from './assign.ts';
import { availableShards, shardPods } from './available.ts';
import { newRoundRobinScheduler, newStaticScheduler, pickRoundRobin, pickStatic } from './pick.ts';

describe('pickStatic', () => {
  test.each([
    { shards: [], random: 0.5, want: undefined },
    { shards: ['a', 'b'], random: 0, want: 'a' },
    { shards: ['a', 'b'], random: 0.999, want: 'b' },
  ])('of $shards at $random it is $want', ({ shards, random, want }) => {
    expect(pickStatic(shards, () => random)).toBe(want);
  });

  test('uses every listed shard, the master too', () => {
    const scheduler = newStaticScheduler(['master', 'a', 'b'], seededRandom(1));
    expect(new Set(Array.from({ length: 50 }, () => scheduler.pick()))).toEqual(new Set(['master', 'a', 'b']));
  });
});

describe('pickRoundRobin', () => {
  test.each([
    { name: 'nobody is available', available: [], turn: 1, want: undefined },
    { name: 'only the master is there', available: ['master'], turn: 1, want: 'master' },
    { name: 'a slave is ready', available: ['master', 'shard-0'], turn: 1, want: 'shard-0' },
    { name: 'it is the first turn of two shards', available: ['b', 'a'], turn: 1, want: 'b' },
    { name: 'it is the second turn of two shards', available: ['b', 'a'], turn: 2, want: 'a' },
    { name: 'a shard is named twice', available: ['a', 'a', 'b'], turn: 2, want: 'a' },
  ])('when $name it is $want', ({ available, turn, want }) => {
    expect(pickRoundRobin(available, turn)).toBe(want);
  });

  test('spreads sixty within one of even', () => {
    const scheduler = newRoundRobinScheduler(() => ['master', 's-2', 's-0', 's-1', 's-3', 's-4', 's-5', 's-6']);
    const counts = new Map<string, number>();
    for (let i = 0; i < 60; i += 1) {
      const shard = scheduler.pick() ?? '';
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    const sizes = [...counts.values()];
    expect(counts.size).toBe(7);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
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

describe('availableShards', () => {
  test.each([
    { name: 'a ready pod', pods: [pod('p', 'a')], want: ['a'] },
    { name: 'a pod that is not ready', pods: [pod('p', 'a', { ready: false })], want: [] },
    { name: 'one ready pod of two', pods: [pod('p', 'a', { ready: false }), pod('q', 'a')], want: ['a'] },
    { name: 'a pod that is being deleted', pods: [pod('p', 'a', { deleted: true })], want: [] },
    { name: 'a pod that failed', pods: [pod('p', 'a', { phase: 'Failed' })], want: [] },
    { name: 'a pod without an id', pods: [pod('p', undefined), pod('q', '')], want: [] },
    { name: 'several shards', pods: [pod('p', 'b'), pod('q', 'a'), pod('r', 'master')], want: ['a', 'b', 'master'] },
  ])('$name makes $want', ({ pods, want }) => {
    expect(availableShards(shardPods(pods))).toEqual(want);
  });

  test('a shard whose pods are not ready is known all the same', () => {
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
