import { describe, expect, test } from '@jest/globals';
import { shardView } from '../../test/support/shard-views.ts';
import { autoscale } from './autoscale.ts';
import type { AutoscaleMemory, AutoscaleRules } from './autoscale.ts';
import type { ShardView } from './shards.ts';

const rules: AutoscaleRules = { min: 1, max: 5, addAfterMs: 30_000, removeAfterMs: 600_000 };

const busy = (id: string, part: number, given: Partial<ShardView> = {}): ShardView =>
  shardView(id, { applications: 10, load: { applications: 10, backlog: 0, busy: part }, ...given });
const shards = (...parts: readonly number[]): ShardView[] => parts.map((part, i) => busy(`shard-${i}`, part));
const wanting = (count: number): ReadonlySet<string> => new Set(Array.from({ length: count }, (_, i) => `shard-${i}`));

/** The advised number after runs at these moments; the fleet does not change in between. */
function after(views: readonly ShardView[], size: number, moments: readonly number[]): number | undefined {
  let memory: AutoscaleMemory = { advice: undefined, sinceMs: 0 };
  let to: number | undefined;
  for (const nowMs of moments) {
    const step = autoscale([busy('master', 0.1), ...views], wanting(size), { memory, nowMs }, rules);
    ({ memory, to } = step);
    if (to !== undefined) break;
  }
  return to;
}

describe('more shards', () => {
  test('come when they have been needed for a while without a break', () => {
    expect(after(shards(0.9, 0.9), 2, [0, 29_999])).toBeUndefined();
    expect(after(shards(0.9, 0.9), 2, [0, 15_000, 30_000])).toBe(4);
  });

  test.each([
    { name: 'some, for a load between the limits', views: shards(0.75, 0.75, 0.75), to: 5 },
    { name: 'no more than allowed', views: shards(1, 1, 1, 1), to: 5 },
    { name: 'none where there are as many as allowed', views: shards(1, 1, 1, 1, 1), to: undefined },
  ])('as many as are needed: $name', ({ views, to }) => {
    expect(after(views, views.length, [0, 30_000])).toBe(to);
  });

  test('a calm moment in between begins the time anew', () => {
    const advise = (views: readonly ShardView[], memory: AutoscaleMemory, nowMs: number) =>
      autoscale(views, wanting(1), { memory, nowMs }, rules);
    const first = advise(shards(0.9), { advice: undefined, sinceMs: 0 }, 0);
    const calm = advise(shards(0.5), first.memory, 20_000);
    const again = advise(shards(0.9), calm.memory, 40_000);
    expect([first, calm, again].map(({ to }) => to)).toEqual([undefined, undefined, undefined]);
    expect(advise(shards(0.9), again.memory, 69_999).to).toBeUndefined();
    expect(advise(shards(0.9), again.memory, 70_000).to).toBe(2);
  });
});

describe('fewer shards', () => {
  test('remain one by one after a long time in which they would have been enough', () => {
    expect(after(shards(0.1, 0.1, 0.1), 3, [0, 599_999])).toBeUndefined();
    expect(after(shards(0.1, 0.1, 0.1), 3, [0, 600_000])).toBe(2);
  });

  test('never fewer than the least', () => {
    expect(after(shards(0), 1, [0, 600_000])).toBeUndefined();
  });
});

test.each([
  { name: 'fewer than the least are made that many at once', size: 0, views: [], to: 1 },
  { name: 'more than the most are as well', size: 7, views: shards(0, 0, 0, 0, 0, 0, 0), to: 5 },
])('$name', ({ size, views, to }) => {
  expect(after(views, size, [0])).toBe(to);
});

test.each([
  { name: 'a shard that was asked for is not there', views: shards(1), size: 2, says: 'shard-1 does not work yet' },
  {
    name: 'one is joining',
    views: [busy('shard-0', 1), busy('shard-1', 0, { phase: 'Joining' })],
    size: 2,
    says: 'shard-1 does not work yet',
  },
  {
    name: 'one that goes is being emptied',
    views: [busy('shard-0', 1), busy('shard-1', 0, { draining: true })],
    size: 1,
    says: 'shard-1 is being drained',
  },
  {
    name: 'one is in doubt',
    views: [busy('shard-0', 1), busy('shard-1', 1, { phase: 'Suspect' })],
    size: 2,
    says: 'shard-1 is Suspect',
  },
])('nothing changes while $name', ({ views, size, says }) => {
  const memory: AutoscaleMemory = { advice: 'add', sinceMs: 0 };
  const step = autoscale(views, wanting(size), { memory, nowMs: 10_000_000 }, rules);
  expect([step.to, step.because, step.memory.advice]).toEqual([undefined, says, undefined]);
});
