import { expect, test } from '@jest/globals';
import { seededRandom } from '../../../machinery/src/clock/clock.ts';
import { Sorted } from './sorted.ts';

interface Item {
  readonly key: string;
  readonly value: number;
}

test('holds the same as a plain map, in the order of the keys, through many random changes', () => {
  const random = seededRandom(11);
  const sorted = new Sorted<Item>();
  const plain = new Map<string, Item>();
  const expected = (prefix: string): Item[] =>
    [...plain.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
  for (let step = 0; step < 20_000; step++) {
    const key = `ns-${Math.floor(random() * 4)}/${Math.floor(random() * 3000)}`;
    // grows first, then shrinks to nearly nothing
    if (random() < (step < 10_000 ? 0.2 : 0.8)) {
      sorted.delete(key);
      plain.delete(key);
    } else {
      const item = { key, value: step };
      sorted.set(item);
      plain.set(key, item);
    }
    if (step % 1000 === 999) {
      for (const prefix of ['', 'ns-0/', 'ns-2/', 'ns-3/', 'ns-9/', 'a'])
        expect(sorted.scan(prefix)).toEqual(expected(prefix));
    }
  }
  for (const key of [...plain.keys()]) sorted.delete(key);
  expect(sorted.scan('')).toEqual([]);
  sorted.delete('ns-0/1');
});

test('takes over items in any order', () => {
  const items = Array.from({ length: 3000 }, (_, i) => ({ key: `k${(i * 7919) % 3000}`, value: i }));
  const sorted = new Sorted<Item>();
  sorted.reset(items);
  const keys = sorted.scan('').map(({ key }) => key);
  expect(keys).toEqual(items.map(({ key }) => key).sort());
  sorted.set({ key: 'k', value: -1 });
  sorted.set({ key: 'z', value: -1 });
  expect(sorted.scan('').map(({ key }) => key)).toEqual(['k', ...keys, 'z']);
});
