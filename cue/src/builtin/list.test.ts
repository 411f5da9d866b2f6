import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('the package list', () => {
  it.each([
    ['list.Range(0, 5, 2)', '[0,2,4]'],
    ['list.Range(5, 0, -2)', '[5,3,1]'],
    ['list.Range(0, 1, 0.25)', '[0,0.25,0.50,0.75]'],
    ['list.Range(0, 5, 0)', 'eval'],
    ['list.Range(0, 0, 1)', '[]'],
    ['list.Repeat([1, 2], 2)', '[1,2,1,2]'],
    ['list.Repeat([1], 0)', '[]'],
    ['list.Repeat([1], -1)', 'eval'],
    ['list.Concat([[1], [], [2, 3]])', '[1,2,3]'],
    ['list.Concat([])', '[]'],
    ['list.Concat([1])', 'eval'],
  ])('builds lists: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['list.Slice([1, 2, 3, 4], 1, 3)', '[2,3]'],
    ['list.Slice([1], 1, 0)', 'eval'],
    ['list.Slice([1], 0, 2)', 'eval'],
    ['list.Slice([1], -1, 1)', 'eval'],
    ['list.Take([1, 2, 3], 2)', '[1,2]'],
    ['list.Take([1], 5)', '[1]'],
    ['list.Take([1], -1)', 'eval'],
    ['list.Drop([1, 2, 3], 2)', '[3]'],
    ['list.Drop([1], 5)', '[]'],
  ])('takes parts: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['list.FlattenN([1, [2, [3, [4]]]], -1)', '[1,2,3,4]'],
    ['list.FlattenN([1, [2, [3]]], 1)', '[1,2,[3]]'],
    ['list.FlattenN([[1]], 0)', '[[1]]'],
    ['list.FlattenN("a", 1)', 'eval'],
    ['list.Reverse([1, 2, 3])', '[3,2,1]'],
    ['list.Reverse([])', '[]'],
  ])('flattens and turns: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['list.Contains([1, "a", {b: 1}], "a")', 'true'],
    ['list.Contains([1, "a", {b: 1}], {b: 1})', 'true'],
    ['list.Contains([[1]], [1])', 'true'],
    ['list.Contains([1.0], 1)', 'false'],
    ['list.Contains([], 1)', 'false'],
  ])('contains: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['list.Sum([1, 2, 3.5])', '6.5'],
    ['list.Sum([])', '0'],
    ['list.Avg([1, 2, 3])', '2'],
    ['list.Avg([])', 'eval'],
    ['list.Max([1, 3, 2])', '3'],
    ['list.Max([])', 'eval'],
    ['list.Min([1, 3, 2])', '1'],
    ['list.Product([2, 3])', '6'],
    ['list.Product([])', '1'],
  ])('calculates: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['list.Sort([3, 1, 2], list.Ascending)', '[1,2,3]'],
    ['list.Sort([3, 1, 2], list.Descending)', '[3,2,1]'],
    ['list.Sort(["b", "a"], list.Ascending)', '["a","b"]'],
    ['list.Sort([{a: 2}, {a: 1}], {x: {}, y: {}, less: x.a < y.a})', '[{"a":1},{"a":2}]'],
    ['list.SortStable([{a: 1, b: 1}, {a: 1, b: 2}], {x: {}, y: {}, less: x.a < y.a})', '[{"a":1,"b":1},{"a":1,"b":2}]'],
    ['list.SortStrings(["b", "a"])', '["a","b"]'],
    ['list.SortStrings([1])', 'eval'],
    ['list.IsSorted([1, 2], list.Ascending)', 'true'],
    ['list.IsSorted([2, 1], list.Ascending)', 'false'],
    ['list.IsSortedStrings(["a", "b"])', 'true'],
  ])('sorts: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['[1, 2] & list.MinItems(2)', '[1,2]'],
    ['[1] & list.MinItems(2)', 'eval'],
    ['[1, 2] & list.MaxItems(1)', 'eval'],
    ['[1, 2] & list.UniqueItems()', '[1,2]'],
    ['[{a: 1}, {a: 1}] & list.UniqueItems()', 'incomplete'],
    ['[1, 2, "a"] & list.MatchN(2, int)', '[1,2,"a"]'],
    ['[1, "a"] & list.MatchN(>=2, int)', 'eval'],
  ])('validates: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
