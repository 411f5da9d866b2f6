import { describe, expect, test } from '@jest/globals';
import { shardView } from '../../test/support/shard-views.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { fairShares } from './fair-share.ts';
import { planRebalance } from './rebalance.ts';
import type { RebalancePlan, RebalanceRules } from './rebalance.ts';
import type { ShardView } from './shards.ts';

const calm = { underWay: 0, isActive: false };
const now: RebalanceRules = { mode: 'now' };

function plan(views: readonly ShardView[], rules: RebalanceRules = now, moment = calm): RebalancePlan {
  return planRebalance(views, new Map(views.map((view) => [view.id, view.applications])), rules, moment);
}
const total = ({ moves }: RebalancePlan): number => moves.reduce((sum, { count }) => sum + count, 0);
const fleet = (...counts: readonly number[]): ShardView[] =>
  counts.map((applications, i) => shardView(`shard-${i}`, { applications }));

describe('fair shares', () => {
  test.each([
    { name: 'by weight', weights: [1, 2, 1], caps: [Infinity, Infinity, Infinity], total: 40, want: [10, 20, 10] },
    { name: 'inside a capacity', weights: [1, 1, 1], caps: [4, Infinity, Infinity], total: 40, want: [4, 18, 18] },
    { name: 'inside two capacities', weights: [1, 1, 1], caps: [4, 10, Infinity], total: 40, want: [4, 10, 26] },
    { name: 'none without weight', weights: [0, 1], caps: [Infinity, Infinity], total: 5, want: [0, 5] },
    { name: 'less than there is when all are full', weights: [1, 1], caps: [2, 3], total: 10, want: [2, 3] },
    { name: 'nothing when no shard has a weight', weights: [0, 0], caps: [9, 9], total: 10, want: [0, 0] },
  ])('are divided $name', ({ weights, caps, total: all, want }) => {
    const sharers = weights.map((weight, i) => ({ id: String(i), weight, capacity: caps[i] ?? Infinity }));
    expect([...fairShares(all, sharers).values()]).toEqual(want);
  });
});

describe('a plan to rebalance', () => {
  test.each([
    { name: 'nothing when it is even', views: fleet(10, 10, 10), want: [] },
    { name: 'nothing inside the tolerance', views: fleet(104, 100, 96), want: [] },
    { name: 'nothing for what cannot be divided', views: fleet(3, 3, 4), want: [] },
    { name: 'a share to a new shard', views: fleet(20, 20, 0), want: ['0>2 7', '1>2 6'] },
    { name: 'only what is beyond the tolerance', views: fleet(1000, 1000, 900), want: ['0>2 10', '1>2 9'] },
    {
      name: 'by weight',
      views: [shardView('shard-0', { applications: 30 }), shardView('shard-1', { weight: 2 })],
      want: ['0>1 20'],
    },
    {
      name: 'no more than fits',
      views: [shardView('shard-0', { applications: 30 }), shardView('shard-1', { capacity: 4 })],
      want: ['0>1 4'],
    },
    {
      name: 'nothing between classes',
      views: [shardView('shard-0', { applications: 30 }), shardView('shard-1', { className: 'canary' })],
      want: [],
    },
    {
      name: 'nothing to or from cordoned and draining shards',
      views: [
        shardView('shard-0', { applications: 30 }),
        shardView('shard-1', { cordoned: true }),
        shardView('shard-2', { draining: true }),
        shardView('shard-3', { phase: 'Adopted' }),
      ],
      want: [],
    },
  ])('moves $name', ({ views, want }) => {
    const { moves } = plan(views);
    const text = ({ from, to, count }: { from: string; to: string; count: number }): string =>
      `${from.slice(6)}>${to.slice(6)} ${count}`;
    expect(moves.map(text).sort()).toEqual(want);
  });

  test.each([
    { name: 'one is suspect', views: [...fleet(20, 0), shardView('x', { phase: 'Suspect' })], says: 'x is Suspect' },
    {
      name: 'one is evacuated',
      views: [...fleet(20, 0), shardView('x', { phase: 'Evacuating' })],
      says: 'x is Evacuating',
    },
  ])('is held back while $name', ({ views, says }) => {
    const { moves, held } = plan(views);
    expect(moves).toEqual([]);
    expect(held).toBe(says);
  });

  test('does not wait for a shard that was given up', () => {
    const facts = { id: 'x', lease: undefined, pods: [], spec: undefined };
    expect(plan([...fleet(20, 0), shardView('x', { phase: 'Suspect', facts })]).held).toBeUndefined();
  });

  test('is held back while many moves are under way, and when it is off', () => {
    expect(plan(fleet(20, 0), now, { underWay: 20, isActive: true })).toMatchObject({
      moves: [],
      held: '20 moves are under way',
    });
    expect(plan(fleet(20, 0), { mode: 'off' })).toMatchObject({ moves: [], held: 'rebalancing is off' });
  });

  test('begins later than it ends', () => {
    const views = fleet(108, 100, 92);
    expect(total(plan(views, { mode: 'continuous' }))).toBe(0);
    expect(total(plan(views, { mode: 'continuous' }, { underWay: 0, isActive: true }))).toBeGreaterThan(0);
    expect(total(plan(fleet(120, 100, 80), { mode: 'continuous' }))).toBeGreaterThan(0);
  });

  test('on join, begins only for a shard with less than half of its share', () => {
    expect(total(plan(fleet(130, 100, 70), { mode: 'on-join' }))).toBe(0);
    expect(total(plan(fleet(100, 100, 100, 10), { mode: 'on-join' }))).toBeGreaterThan(0);
  });

  test('leaves out shards that neither give nor take', () => {
    const views = [shardView('master', { applications: 40 }), ...fleet(10, 10)];
    expect(plan(views, { mode: 'now', leaveOut: new Set(['master']) }).moves).toEqual([]);
  });

  test('moves about one part in n+1 when a shard joins', () => {
    for (const shards of [2, 5, 20]) {
      const moved = total(plan(fleet(...Array.from({ length: shards }, () => 500), 0)));
      expect(moved).toBeLessThanOrEqual(Math.ceil((shards * 500) / (shards + 1)));
      expect(moved).toBeGreaterThan(((shards * 500) / (shards + 1)) * 0.9);
    }
  });
});

describe('measured load', () => {
  const busy = (id: string, applications: number, part: number): ShardView =>
    shardView(id, { applications, load: { applications, backlog: 0, busy: part } });

  test('moves a few from the busiest to the idlest, whatever their number', () => {
    const { moves } = plan([busy('a', 100, 0.9), busy('b', 100, 0.1), busy('c', 100, 0.5)], { mode: 'continuous' });
    expect(moves).toEqual([{ from: 'a', to: 'b', count: 15 }]);
  });

  test('moves nothing while no shard is much busier than the others', () => {
    expect(plan([busy('a', 150, 0.6), busy('b', 50, 0.55)], { mode: 'continuous' }).moves).toEqual([]);
  });
});

describe('for any fleet, a plan', () => {
  const random = seededRandom(7);
  const int = (n: number): number => Math.floor(random() * n);
  const fleets = Array.from({ length: 300 }, () =>
    Array.from({ length: 1 + int(12) }, (_, i) =>
      shardView(`shard-${i}`, {
        applications: int(60),
        weight: int(6) === 0 ? 3 : 1,
        capacity: int(8) === 0 ? 10 + int(40) : Infinity,
        className: int(5) === 0 ? 'other' : '',
        cordoned: int(10) === 0,
      }),
    ),
  );

  test('keeps the sum, stays inside classes and capacities, and goes one way', () => {
    for (const views of fleets) {
      const { moves, standings } = plan(views);
      const byId = new Map(views.map((view) => [view.id, view]));
      const givers = new Set(moves.map(({ from }) => from));
      for (const { from, to, count } of moves) {
        expect(count).toBeGreaterThan(0);
        expect(byId.get(from)?.className).toBe(byId.get(to)?.className);
        expect(givers.has(to)).toBe(false);
      }
      const sum = (key: 'applications' | 'after'): number => standings.reduce((all, one) => all + one[key], 0);
      expect(sum('after')).toBe(sum('applications'));
      for (const { shard, applications, after } of standings) {
        const { capacity = Infinity } = byId.get(shard) ?? {};
        expect(after).toBeLessThanOrEqual(Math.max(capacity, applications));
      }
    }
  });

  test('leaves nothing to do when it is carried out', () => {
    for (const views of fleets) {
      const { standings } = plan(views);
      const after = new Map(standings.map((one) => [one.shard, one.after]));
      const moved = views.map((view) => ({ ...view, applications: after.get(view.id) ?? view.applications }));
      expect(plan(moved).moves).toEqual([]);
    }
  });

  test('moves no more than is needed to make it even', () => {
    for (const views of fleets) {
      const result = plan(views);
      const excess = result.standings.reduce(
        (sum, { applications, share }) => sum + Math.max(0, applications - share),
        0,
      );
      expect(total(result)).toBeLessThanOrEqual(Math.ceil(excess) + views.length);
    }
  });
});
