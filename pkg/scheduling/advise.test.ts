import { describe, expect, test } from '@jest/globals';
import { shardView } from '../../test/support/shard-views.ts';
import { advise } from './advise.ts';
import type { ShardView } from './shards.ts';

const busy = (id: string, part: number, given: Partial<ShardView> = {}): ShardView =>
  shardView(id, { applications: 10, load: { applications: 10, backlog: 0, busy: part }, ...given });
const behind = (id: string): ShardView => busy(id, 0.5, { load: { applications: 10, backlog: 11, busy: 0.5 } });

describe('the advice', () => {
  test.each([
    { name: 'there is none', views: [busy('master', 0.9)], want: 'add' },
    { name: 'all are busy', views: [busy('a', 0.8), busy('b', 0.75)], want: 'add' },
    { name: 'all are full', views: [busy('a', 0.1, { capacity: 10 }), busy('b', 0.1, { capacity: 9 })], want: 'add' },
    { name: 'most lag behind', views: [behind('a'), behind('b'), busy('c', 0.5)], want: 'add' },
    { name: 'one is much busier', views: [busy('a', 0.9), busy('b', 0.2)], want: 'rebalance' },
    { name: 'fewer would do', views: [busy('a', 0.1), busy('b', 0.1)], want: 'remove' },
    { name: 'fewer would not do', views: [busy('a', 0.3), busy('b', 0.3)], want: 'keep' },
    { name: 'only one is left', views: [busy('a', 0.1)], want: 'keep' },
    { name: 'one is ill', views: [busy('a', 0.9), busy('b', 0.9, { phase: 'Suspect' })], want: 'repair' },
  ])('when $name: $want', ({ views, want }) => {
    expect(advise(views).advice).toBe(want);
  });
});
