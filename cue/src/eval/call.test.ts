import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('a call', () => {
  it.each([
    ['len("a")', '1'],
    ['close({a: 1})', '{"a":1}'],
    ['and([int, 1])', '1'],
    ['and([])', 'incomplete'],
    ['or([1, 2])', 'incomplete'],
    ['or([])', 'incomplete'],
    ['or([1])', '1'],
    ['and([1, 2])', 'eval'],
    ['error("x")', 'user'],
    ['error("x") | 1', '1'],
  ])('of a core function: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['len()', 'eval'],
    ['len(1, 2)', 'eval'],
    ['and()', 'eval'],
  ])('checks its number of arguments: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['1()', 'eval'],
    ['"a"(1)', 'eval'],
    ['_(1)', 'eval'],
    ['strings.Nope("a")', 'eval'],
    ['{}.a(1)', 'eval'],
  ])('checks what is called: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['matchN(1, [int, string]) & 1', '1'],
    ['matchN(2, [int, >0]) & 1', '1'],
    ['matchN(2, [int, string]) & 1', 'eval'],
    ['matchN(0, [int]) & 1', 'eval'],
    ['matchN(>=1, [int, >0]) & 1', '1'],
    ['matchIf(int, >0, string) & 1', '1'],
    ['matchIf(int, >1, string) & 1', 'eval'],
    ['matchIf(int, >0, =~"a") & "a"', '"a"'],
    ['matchIf(int, >0, =~"a") & "b"', 'eval'],
  ])('matches schemas: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['"abc" & strings.MinRunes(2)', '"abc"'],
    ['"a" & strings.MinRunes(2)', 'eval'],
    ['{a: 1} & struct.MinFields(2)', 'incomplete'],
    ['[1] & list.MaxItems(0)', 'eval'],
  ])('is a validator where the first argument is missing: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
