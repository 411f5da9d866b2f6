import { expect, test } from '@jest/globals';
import { levelled, readSlots, slotCount, slotData, slotOf, slotTable } from './slots.ts';

const shares = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `shard-${i}`, weight: 1 }));

function counts(ids: readonly string[]): readonly number[] {
  const found = new Map<string, number>();
  for (const id of ids) found.set(id, (found.get(id) ?? 0) + 1);
  return [...found.values()];
}

test.each([1, 2, 3, 5, 20, 200])('%i shards get slots within one of even', (n) => {
  const table = slotTable(shares(n));
  expect(table).toHaveLength(slotCount);
  expect(Math.max(...counts(table)) - Math.min(...counts(table))).toBeLessThanOrEqual(1);
});

test('weights count, weight zero gets nothing, and no shards give an empty table', () => {
  const table = slotTable([...shares(2), { id: 'big', weight: 2 }, { id: 'none', weight: 0 }]);
  expect(table.filter((id) => id === 'big').length).toBeGreaterThanOrEqual(510);
  expect(table).not.toContain('none');
  expect(slotTable([])).toEqual([]);
  expect(slotTable([{ id: 'none', weight: 0 }])).toEqual([]);
});

test.each([1, 3, 10])('a shard that joins %i takes its share and nothing else changes', (n) => {
  const before = slotTable(shares(n));
  const after = slotTable(shares(n + 1), before);
  const changed = after.filter((id, i) => id !== before[i]);
  expect(new Set(changed)).toEqual(new Set([`shard-${n}`]));
  expect(changed.length).toBeLessThanOrEqual(Math.ceil(slotCount / (n + 1)));
  const back = slotTable(shares(n), after);
  expect(back.filter((id, i) => id !== after[i])).toHaveLength(changed.length);
  expect(slotTable(shares(n + 1), after)).toEqual(after);
});

const filled = (...applications: number[]) =>
  applications.map((count, i) => ({ id: `shard-${i}`, weight: 1, applications: count }));
const weights = (shards: Parameters<typeof levelled>[0]): readonly number[] => levelled(shards).map((s) => s.weight);

test('a shard that has less than its share gets more of what comes, in steps and within bounds', () => {
  expect(weights(filled(100, 100))).toEqual([1, 1]);
  expect(weights(filled(99, 101))).toEqual([1, 1]);
  expect(weights(filled(90, 110))).toEqual([1.375, 0.625]);
  expect(weights(filled(100, 100, 0))).toEqual([0.5, 0.5, 2]);
  expect(
    weights([
      { id: 'a', weight: 1, applications: 100 },
      { id: 'b', weight: 2, applications: 200 },
    ]),
  ).toEqual([1, 2]);
  expect(weights(filled(3, 0))).toEqual([1, 1]);
  expect(weights([])).toEqual([]);
  expect(weights(filled(500, 500).map((share) => ({ ...share, weight: 0 })))).toEqual([0, 0]);
});

test.each([3, 20])('names that come while the table is kept level end within 3 %% of even on %i shards', (n) => {
  const counted = new Map(shares(n).map(({ id }) => [id, 0]));
  let table: readonly string[] = [];
  for (let i = 0; i < 20_000; i += 1) {
    const now = shares(n).map((share) => ({ ...share, applications: counted.get(share.id) ?? 0 }));
    if (i % 500 === 0) table = slotTable(levelled(now), table);
    const id = table[slotOf(`team-${i % 37}/app-${i}`)] ?? '';
    counted.set(id, (counted.get(id) ?? 0) + 1);
  }
  expect((Math.max(...counted.values()) * n) / 20_000).toBeLessThan(1.03);
});

test('comes back from the ConfigMap that it is written to', () => {
  const table = slotTable(shares(50));
  const data = slotData(table);
  expect(readSlots(data)).toEqual(table);
  expect(JSON.stringify(data).length).toBeLessThan(4000);
  expect(readSlots({})).toEqual([]);
  expect(readSlots(slotData([]))).toEqual([]);
});

test.each([5, 20])('names fall evenly on %i shards', (n) => {
  const table = slotTable(shares(n));
  const names = Array.from({ length: 20_000 }, (_, i) => `team-${i % 37}/app-${i}`);
  const found = counts(names.map((name) => table[slotOf(name)] ?? ''));
  expect(found).toHaveLength(n);
  expect((Math.max(...found) * n) / 20_000).toBeLessThan(n === 5 ? 1.05 : 1.12);
});
