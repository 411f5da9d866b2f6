import { describe, expect, test } from '@jest/globals';
import { shardView } from '../../test/support/shard-views.ts';
import { leastLoaded, planDrain, withArrivals } from './drain.ts';

const master = shardView('master');
const rules = { lastResort: 'master' };
const ids = (views: readonly { readonly id: string }[]): string[] => views.map(({ id }) => id);

describe('targets for the Applications of a draining shard', () => {
  const source = shardView('a', { draining: true });
  test.each([
    { name: 'available shards', views: [master, source, shardView('b'), shardView('c')], want: ['b', 'c'] },
    { name: 'not cordoned ones', views: [master, source, shardView('b', { cordoned: true })], want: ['master'] },
    {
      name: 'not those of another class',
      views: [master, source, shardView('b', { className: 'x' })],
      want: ['master'],
    },
    { name: 'not those that leave too', views: [master, source, shardView('gone')], want: ['master'] },
    { name: 'the master when no other shard is left', views: [master, source], want: ['master'] },
    {
      name: 'the master although it is cordoned',
      views: [shardView('master', { cordoned: true }), source],
      want: ['master'],
    },
    { name: 'none while the master is dead too', views: [shardView('master', { phase: 'Gone' }), source], want: [] },
  ])('$name: $want', ({ views, want }) => {
    const { targets, isLastResort } = planDrain(views, 'a', new Set(['gone']), rules);
    expect(ids(targets)).toEqual(want);
    expect(isLastResort).toBe(want[0] === 'master');
  });

  test('others, when the master itself is drained', () => {
    const views = [shardView('master', { draining: true }), shardView('b')];
    expect(ids(planDrain(views, 'master', new Set(), rules).targets)).toEqual(['b']);
    expect(planDrain(views.slice(0, 1), 'master', new Set(), rules).targets).toEqual([]);
  });

  test('any available shard, when nothing is known of the source', () => {
    expect(ids(planDrain([master, shardView('b')], 'unknown', new Set(), rules).targets)).toEqual(['b']);
  });
});

describe('the least loaded shard', () => {
  test('weighs and respects capacity', () => {
    const a = shardView('a', { applications: 4 });
    const b = shardView('b', { applications: 6, weight: 2 });
    const full = shardView('full', { applications: 1, capacity: 1 });
    expect(leastLoaded([a, b, full])?.id).toBe('b');
    expect(leastLoaded(withArrivals([a, b, full], new Map([['b', 5]])))?.id).toBe('a');
    expect(leastLoaded([full])).toBeUndefined();
  });
});

test('arrivals count as what a shard has, up to its capacity', () => {
  const views = [shardView('a', { applications: 4 }), shardView('b', { applications: 1, capacity: 2 })];
  expect(withArrivals(views, new Map([['b', 1]]))).toMatchObject([
    { id: 'a', applications: 4, isAvailable: true },
    { id: 'b', applications: 2, isAvailable: false },
  ]);
});
