import { describe, expect, test } from '@jest/globals';
import { shardView } from '../../test/support/shard-views.ts';
import { annotations } from '../apis/names.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { place } from './policy.ts';
import type { Placement, Policy } from './policy.ts';
import type { ShardView } from './shards.ts';

const app = (name: string, namespace = 'default', notes: Record<string, string> = {}) => ({
  metadata: { name, namespace, annotations: notes },
});

function moment(policy: Policy, more: Partial<Placement> = {}): Placement {
  return { policy, masterToo: false, onTheWay: new Map(), turn: 1, random: seededRandom(1), ...more };
}

const shards = (n: number): readonly ShardView[] => Array.from({ length: n }, (_, i) => shardView(`shard-${i}`));

/** Places Applications one after another, as load reports that come late would have it. */
function placeMany(policy: Policy, views: readonly ShardView[], n: number): ReadonlyMap<string, string> {
  const onTheWay = new Map<string, number>();
  const random = seededRandom(7);
  const placed = new Map<string, string>();
  for (let i = 0; i < n; i += 1) {
    const key = `app-${i}`;
    const shard = place(app(key, `ns-${i % 97}`), views, moment(policy, { onTheWay, turn: i, random })) ?? '';
    onTheWay.set(shard, (onTheWay.get(shard) ?? 0) + 1);
    placed.set(key, shard);
  }
  return placed;
}

function countsOf(placed: ReadonlyMap<string, string>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const shard of placed.values()) counts[shard] = (counts[shard] ?? 0) + 1;
  return counts;
}

describe('constraints', () => {
  const views = [shardView('master'), shardView('a'), shardView('b', { cordoned: true }), shardView('c')];

  test('chooses available shards only, and the master while no other is available, or when it may', () => {
    const chosen = (given: readonly ShardView[], more: Partial<Placement> = {}): readonly (string | undefined)[] => [
      ...new Set([1, 2, 3, 4].map((turn) => place(app('x'), given, moment('round-robin', { turn, ...more })))),
    ];
    expect(chosen(views)).toEqual(['c', 'a']);
    expect(chosen(views, { masterToo: true })).toEqual(['c', 'master', 'a']);
    expect(chosen([shardView('master'), shardView('b', { cordoned: true })])).toEqual(['master']);
    expect(chosen([shardView('b', { draining: true })])).toEqual([undefined]);
    expect(chosen([])).toEqual([undefined]);
  });

  test('a shard is never filled above its capacity, not even between two reports', () => {
    const small = [shardView('a', { capacity: 3, applications: 2 }), shardView('b', { capacity: 3, applications: 2 })];
    const onTheWay = new Map([['a', 1]]);
    for (const policy of ['round-robin', 'least-loaded', 'consistent-hash', 'tenant'] as const) {
      expect(place(app('x'), small, moment(policy, { onTheWay }))).toBe('b');
      expect(place(app('x'), small, moment(policy, { onTheWay: new Map([...onTheWay, ['b', 1]]) }))).toBeUndefined();
    }
  });

  test('an affinity keeps together, in whatever policy', () => {
    const together = ['x', 'y', 'z'].map((name) =>
      place(app(name, name, { [annotations.shardAffinity]: 'team' }), shards(5), moment('round-robin')),
    );
    expect(new Set(together).size).toBe(1);
    expect(place(app('x', 'x', { [annotations.shardAffinity]: 'master' }), views, moment('tenant'))).toBe('master');
  });

  test('a serial group of a namespace goes to one shard', () => {
    const serial = (name: string, group: string): string | undefined =>
      place(app(name, 'team', { [annotations.serialGroup]: group }), shards(9), moment('round-robin'));
    expect(new Set(['x', 'y', 'z'].map((name) => serial(name, 'db'))).size).toBe(1);
    expect(new Set(['db', 'dns', 'dhcp', 'ntp'].map((group) => serial('x', group))).size).toBeGreaterThan(1);
  });

  test('a partition is never left', () => {
    const inPartition = ({ id }: ShardView): boolean => id === 'c';
    expect(place(app('x'), views, moment('least-loaded', { inPartition }))).toBe('c');
    expect(place(app('x'), views, moment('least-loaded', { inPartition: () => false }))).toBeUndefined();
  });

  test('a child follows its parent unless it says otherwise, or cannot', () => {
    const parentShard = 'a';
    expect(place(app('x'), views, moment('round-robin', { parentShard }))).toBe('a');
    const apart = app('x', 'x', { [annotations.shardInheritance]: 'disabled' });
    expect(place(apart, views, moment('round-robin', { parentShard }))).toBe('c');
    expect(place(app('x'), views, moment('round-robin', { parentShard: 'b' }))).toBe('c');
  });
});

describe('policies', () => {
  test.each<{ policy: Policy; atMost: number }>([
    { policy: 'round-robin', atMost: 1.001 },
    { policy: 'least-loaded', atMost: 1.02 },
    { policy: 'consistent-hash', atMost: 1.065 },
  ])('$policy is even over 20 shards', ({ policy, atMost }) => {
    const counts = Object.values(countsOf(placeMany(policy, shards(20), 6000)));
    expect(counts).toHaveLength(20);
    expect(Math.max(...counts) / 300).toBeLessThanOrEqual(atMost);
  });

  test.each<Policy>(['round-robin', 'least-loaded', 'consistent-hash'])('%s heeds weights', (policy) => {
    const views = [shardView('a'), shardView('b', { weight: 3 })];
    const { a = 0, b = 0 } = countsOf(placeMany(policy, views, 4000));
    expect(b / a).toBeGreaterThan(2.7);
    expect(b / a).toBeLessThan(3.3);
  });

  test.each([3, 5, 10])('consistent-hash moves about 1/(n+1) when a shard joins %i', (n) => {
    const before = placeMany('consistent-hash', shards(n), 3000);
    const after = placeMany('consistent-hash', shards(n + 1), 3000);
    const moved = [...before].filter(([key, shard]) => after.get(key) !== shard).length / 3000;
    expect(moved).toBeGreaterThan(0.8 / (n + 1));
    expect(moved).toBeLessThan(2 / (n + 1));
  });

  test('a tenant stays on its two shards, and few tenants share both', () => {
    const placed = (namespace: string): readonly string[] =>
      [
        ...new Set(
          [0, 1, 2, 3, 4, 5].map((i) => {
            const onTheWay = new Map([[`shard-${i}`, i]]);
            return place(app(`a-${i}`, namespace), shards(10), moment('tenant', { onTheWay })) ?? '';
          }),
        ),
      ].sort();
    const pairs = Array.from({ length: 200 }, (_, i) => placed(`ns-${i}`));
    expect(Math.max(...pairs.map((pair) => pair.length))).toBe(2);
    const alike = pairs.filter((pair) => pair.join() === pairs[0]?.join()).length;
    expect(alike).toBeLessThan(20);
  });

  test('what was chosen but not reported yet counts', () => {
    const views = [shardView('a', { applications: 5 }), shardView('b', { applications: 3 })];
    expect(place(app('x'), views, moment('least-loaded'))).toBe('b');
    expect(place(app('x'), views, moment('least-loaded', { onTheWay: new Map([['b', 4]]) }))).toBe('a');
  });
});
