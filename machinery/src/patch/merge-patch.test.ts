import { expect, test } from '@jest/globals';
import { seededRandom } from '../clock/clock.ts';
import { randomMap } from './fake-json.ts';
import { applyMergePatch, createMergePatch } from './merge-patch.ts';

test.each([
  { name: 'adds, changes and removes', target: { a: 1, b: 2 }, patch: { a: 9, b: null, c: 3 }, want: { a: 9, c: 3 } },
  { name: 'replaces lists', target: { l: [1, 2] }, patch: { l: [3] }, want: { l: [3] } },
  { name: 'removes nulls below what is new', target: {}, patch: { a: { b: null, c: 1 } }, want: { a: { c: 1 } } },
  { name: 'makes an object of a scalar', target: { a: 1 }, patch: { a: { b: 1 } }, want: { a: { b: 1 } } },
  { name: 'keeps null in a list', target: {}, patch: { a: [null] }, want: { a: [null] } },
  { name: 'replaces the whole by a scalar', target: { a: 1 }, patch: 'x', want: 'x' },
])('a merge patch $name', ({ target, patch, want }) => {
  const before = JSON.stringify(target);
  expect(applyMergePatch(target, patch)).toEqual(want);
  expect(JSON.stringify(target)).toBe(before);
});

test.each([
  { name: 'nothing for equal objects', from: { a: { b: [1] } }, to: { a: { b: [1] } }, want: {} },
  {
    name: 'only what differs',
    from: { a: { b: 1, c: 2 }, d: 1 },
    to: { a: { b: 1, c: 3 } },
    want: { a: { c: 3 }, d: null },
  },
])('a made patch holds $name', ({ from, to, want }) => {
  expect(createMergePatch(from, to)).toEqual(want);
});

test('applying a made patch gives the object it was made for', () => {
  const seed = 7;
  const random = seededRandom(seed);
  for (let i = 0; i < 500; i++) {
    const [from, to] = [randomMap(random, 4), randomMap(random, 4)];
    expect({ seed, i, got: applyMergePatch(from, createMergePatch(from, to)) }).toEqual({ seed, i, got: to });
  }
});
