import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('a disjunction', () => {
  it.each([
    ['*1 | 2', '1'],
    ['1 | *2', '2'],
    ['*1 | int', '1'],
    ['*{a: 1} | {b: 2}', '{"a":1}'],
    ['*[] | [...int]', '[]'],
  ])('takes its default: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['1 | 2', 'incomplete'],
    ['int | string', 'incomplete'],
    ['true | false', 'incomplete'],
  ])('without default is not concrete: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['1 | 1', '1'],
    ['*1 | 1', '1'],
    ['"a" | "a" | "a"', '"a"'],
    ['[1] | [1]', '[1]'],
    ['{a: 1} | {a: 1}', '{"a":1}'],
  ])('of equal alternatives is one: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['(1 | 2) & 2', '2'],
    ['(1 | "a") & string', '"a"'],
    ['({a: 1} | {b: 2}) & {a: 1, c: 3}', 'incomplete'],
    ['({k: "a", x: 1} | {k: "b", y: 2}) & {k: "b"}', '{"k":"b","y":2}'],
    ['(1 | 2) & 3', 'eval'],
    ['(1 | 2) & "a"', 'eval'],
  ])('leaves what does not fit: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['(*1 | 2) & (1 | 2)', '1'],
    ['(*1 | 2) & (1 | *2)', 'incomplete'],
    ['(*1 | 2 | 3) & (1 | *2 | 3)', 'incomplete'],
    ['(*1 | int) & (*2 | int)', 'incomplete'],
    ['(*1 | int) & 5', '5'],
    ['(*1 | 2) & (int | *3)', '1'],
    ['(*"a" | string) & ("a" | "b")', '"a"'],
    ['*(*1 | 2) | 3', '1'],
    ['*(1 | *2) | 3', '2'],
    ['(*1 | 2) | 3', '1'],
    ['(*"a" | (_ | 1)) & (int | *3)', '3'],
    ['(*{} | 1 | (_ | 1)) & (int | *3)', '3'],
  ])('combines defaults: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['*1 | *2', 'incomplete'],
    ['*1 | *1', '1'],
  ])('of marked alternatives only takes none: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['(*1 | 2) + 1', '2'],
    ['(1 | 2) + 1', 'incomplete'],
    [String.raw`"\(*"a" | string)"`, '"a"'],
    ['len(*"abc" | string)', '3'],
    ['[*1 | 2][0]', '1'],
  ])('in an operand is its default: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['1 | _|_', '1'],
    ['_|_ | _|_', 'user'],
    ['*_|_ | 1', '1'],
    ['(1 / 0) | 2', '2'],
  ])('drops errors: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
