import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('comparisons', () => {
  it.each([
    ['1 < 2', 'true'],
    ['1 == 1.0', 'true'],
    ['1 != 2', 'true'],
    ['2 >= 2.0', 'true'],
    ['1.0 <= 0.5', 'false'],
  ])('of numbers: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['"a" < "b"', 'true'],
    ['"a" == "a"', 'true'],
    ['"Z" < "a"', 'true'],
    ['"" < "a"', 'true'],
    ['"é" > "z"', 'true'],
    ["'a' < 'b'", 'true'],
  ])('of texts and bytes: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['true == true', 'true'],
    ['true != false', 'true'],
    ['null == null', 'true'],
    ['null != 1', 'true'],
    ['1 == null', 'false'],
    ['[1, 2] == [1, 2]', 'true'],
    ['[1, 2] == [1]', 'false'],
    ['[1, {a: 1}] == [1, {a: 1}]', 'true'],
    ['[1] != [2]', 'true'],
    ['true < false', 'eval'],
    ['null < 1', 'eval'],
    ['{} == {}', 'eval'],
    ['1 == "a"', 'eval'],
  ])('of booleans, null and lists: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['"abc" =~ "^a"', 'true'],
    ['"abc" !~ "b"', 'false'],
    ['"abc" =~ "("', 'eval'],
    ['1 =~ "a"', 'eval'],
    ['"é" =~ "^.$"', 'true'],
  ])('with patterns: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['true && false', 'false'],
    ['true || false', 'true'],
    ['false && true', 'false'],
    ['!true', 'false'],
    ['!(1 == 2)', 'true'],
    ['true && 1', 'eval'],
    ['1 && true', 'eval'],
    ['false && 1', 'false'],
  ])('joined by logic: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
