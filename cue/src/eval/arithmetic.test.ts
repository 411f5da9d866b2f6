import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('arithmetic', () => {
  it.each([
    ['1 + 2', '3'],
    ['9007199254740991 + 1', '9007199254740992'],
    ['12345678901234567890 * 98765432109876543210', '1.219326311370217952237463801111264E+39'],
    ['-7 - 3', '-10'],
    ['1 / 2', '0.5'],
    ['6 / 3', '2.0'],
    ['-(3)', '-3'],
    ['+5', '5'],
    ['2 * 3 + 4', '10'],
    ['2 + 3 * 4', '14'],
    ['(2 + 3) * 4', '20'],
  ])('of ints is exact: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['1.5 + 2', '3.5'],
    ['0.1 + 0.2', '0.3'],
    ['1.0 * 3', '3.0'],
    ['1 / 3', '0.3333333333333333333333333333333333'],
    ['1e100 * 1e100', '1E+200'],
    ['5.0 - 5', '0.0'],
  ])('of floats keeps 34 digits: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['div(7, 2)', '3'],
    ['div(-7, 2)', '-4'],
    ['div(7, -2)', '-3'],
    ['mod(7, 2)', '1'],
    ['mod(-7, 2)', '1'],
    ['quo(7, 2)', '3'],
    ['quo(-7, 2)', '-3'],
    ['rem(7, 2)', '1'],
    ['rem(-7, 2)', '-1'],
    ['mod(1, 0)', 'eval'],
    ['div(1, 0)', 'eval'],
    ['quo(1, 0)', 'eval'],
    ['rem(1, 0)', 'eval'],
    ['1 / 0', 'eval'],
    ['mod(1.5, 1)', 'eval'],
  ])('divides ints: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['"a" + "b"', '"ab"'],
    ["'a' + 'b'", '"YWI="'],
    ['"ab" * 3', '"ababab"'],
    ['3 * "ab"', '"ababab"'],
    ["'ab' * 2", '"YWJhYg=="'],
    ['"ab" * 0', '""'],
    ['"ab" * -1', 'eval'],
    [`"a" + 'b'`, 'eval'],
    ['"a" + 1', 'eval'],
  ])('of texts joins and repeats: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['[1] + [2]', 'eval'],
    ['[1] * 2', 'eval'],
  ])('of lists is refused: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['int + 1', 'compile'],
    ['_ + 1', 'compile'],
    ['null + 1', 'eval'],
    ['true + 1', 'eval'],
    ['{} + 1', 'eval'],
    ['-"a"', 'eval'],
    ['!1', 'eval'],
  ])('needs concrete numbers: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
