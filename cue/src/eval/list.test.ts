import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('a list', () => {
  it.each([
    ['[1, int] & [int, 2]', '[1,2]'],
    ['[1] & [1, 2]', 'eval'],
    ['[1, ...] & [1, 2]', '[1,2]'],
    ['[1, ...int] & [1, 2, 3]', '[1,2,3]'],
    ['[1, ...int] & [1, "a"]', 'eval'],
    ['[...int] & [1, 2]', '[1,2]'],
    ['[...{a: int}] & [{a: 1}, {a: 2}]', '[{"a":1},{"a":2}]'],
    ['[_, _, ...] & [1]', 'eval'],
    ['[...] & [...int]', '[]'],
    ['[1, 2, ...]', '[1,2]'],
  ])('is unified by element: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['[1, 2][0]', '1'],
    ['[1, 2][2]', 'eval'],
    ['[1, ...][1]', 'incomplete'],
    ['[1][-1]', 'eval'],
    ['[1]["a"]', 'eval'],
    ['[1][1.0]', 'eval'],
    ['[1].a', 'eval'],
  ])('has elements by index: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['[1, 2, 3][1:]', '[2,3]'],
    ['[1, 2, 3][:2]', '[1,2]'],
    ['[1, 2, 3][1:2]', '[2]'],
    ['[1, 2, 3][2:1]', 'eval'],
    ['[1, 2, 3][:4]', 'eval'],
    ['"abc"[1:2]', 'eval'],
    ["'abc'[1:2]", '"Yg=="'],
  ])('has slices: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['[for x in [1, 2, 3] if x > 1 {x * 2}]', '[4,6]'],
    [String.raw`[for i, x in ["a", "b"] {"\(i)\(x)"}]`, '["0a","1b"]'],
    ['[for k, v in {a: 1, b: 2} {k}]', '["a","b"]'],
    ['[for x in [1, 2] for y in [3, 4] {[x, y]}]', '[[1,3],[1,4],[2,3],[2,4]]'],
    ['[for x in [1, 2] let y = x + 1 if y > 2 {y}]', '[3]'],
    ['[if true {1}, if false {2}, 3]', '[1,3]'],
    ['[for x in [] {x}]', '[]'],
    ['[for x in 1 {x}]', 'eval'],
    ['[for x in "ab" {x}]', 'eval'],
    ['[for x in {a!: 1} {x}]', 'incomplete'],
  ])('has comprehensions: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['len([1, 2])', '2'],
    ['len([])', '0'],
    ['len({a: 1, #b: 2, c?: 3})', '1'],
    ['len("é")', '2'],
    ["len('é')", '2'],
    ['len([1, ...])', '1'],
    ['len(1)', 'eval'],
    ['len(int)', 'eval'],
  ])('has a length: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
