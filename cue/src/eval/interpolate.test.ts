import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('an interpolation', () => {
  it.each([
    [String.raw`"\(1)"`, '"1"'],
    [String.raw`"\(1.50)"`, '"1.50"'],
    [String.raw`"\(1e3)"`, '"1E+3"'],
    [String.raw`"\(true)"`, '"true"'],
    [String.raw`"\("a")"`, '"a"'],
    [String.raw`"\('a')"`, '"a"'],
    [String.raw`"a\(1)b\(2)c"`, '"a1b2c"'],
    [String.raw`'\(1)a'`, '"MWE="'],
  ])('writes scalars: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    [String.raw`"\(null)"`, 'eval'],
    [String.raw`"\([])"`, 'eval'],
    [String.raw`"\({})"`, 'eval'],
    [String.raw`"\(int)"`, 'incomplete'],
    [String.raw`"\(1 | 2)"`, 'incomplete'],
    [String.raw`"\(*1 | 2)"`, '"1"'],
    [String.raw`"\(1 / 0)"`, 'eval'],
  ])('refuses other values: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    [String.raw`"<\([for x in _ {x}])>"`, '"<>"'],
    [String.raw`"<\([if bool {1}])>"`, '"<>"'],
  ])('writes nothing for an inner value that is not known: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
