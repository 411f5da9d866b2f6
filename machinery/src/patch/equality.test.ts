import { expect, test } from '@jest/globals';
import { deepEqual } from './equality.ts';

test.each<{ name: string; a: unknown; b: unknown; want: boolean }>([
  { name: 'keys in another order', a: { x: 1, y: [1] }, b: { y: [1], x: 1 }, want: true },
  { name: 'undefined and absent', a: { x: undefined }, b: {}, want: true },
  { name: 'null and absent', a: { x: null }, b: {}, want: false },
  { name: 'lists in another order', a: [1, 2], b: [2, 1], want: false },
  { name: 'a list and an object', a: [], b: {}, want: false },
  { name: 'a number and its text', a: 1, b: '1', want: false },
  { name: 'an inherited name', a: { toString: 1 }, b: {}, want: false },
])('$name', ({ a, b, want }) => {
  expect(deepEqual(a, b)).toBe(want);
  expect(deepEqual(b, a)).toBe(want);
});

test('compares each pair once, however deep', () => {
  const deep = (depth: number): unknown => (depth === 0 ? {} : { x: deep(depth - 1) });
  expect(deepEqual(deep(500), deep(500))).toBe(true);
});
