import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('the package strconv', () => {
  it.each([
    ['strconv.Atoi("42")', '42'],
    ['strconv.Atoi("-42")', '-42'],
    ['strconv.Atoi("4x")', 'eval'],
    ['strconv.Atoi("")', 'eval'],
    ['strconv.ParseInt("ff", 16, 64)', '255'],
    ['strconv.ParseInt("0xff", 0, 64)', '255'],
    ['strconv.ParseInt("300", 10, 8)', 'eval'],
    ['strconv.ParseInt("12", 1, 64)', 'eval'],
    ['strconv.ParseUint("42", 10, 64)', '42'],
    ['strconv.ParseUint("-1", 10, 64)', 'eval'],
    ['strconv.ParseFloat("1.5", 64)', '1.5'],
    ['strconv.ParseFloat("x", 64)', 'eval'],
    ['strconv.ParseBool("true")', 'true'],
    ['strconv.ParseBool("1")', 'true'],
    ['strconv.ParseBool("yes")', 'eval'],
  ])('reads numbers: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['strconv.FormatInt(255, 16)', '"ff"'],
    ['strconv.FormatInt(-5, 2)', '"-101"'],
    ['strconv.FormatInt(5, 37)', '"5"'],
    ['strconv.FormatUint(255, 10)', '"255"'],
    ['strconv.FormatFloat(1.5, 102, -1, 64)', '"1.5"'],
    ['strconv.FormatFloat(1234.5, 101, 2, 64)', '"1.23e+03"'],
    ['strconv.FormatBool(true)', '"true"'],
  ])('writes numbers: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    [String.raw`strconv.Quote("a\tb\"c")`, String.raw`"\"a\\tb\\\"c\""`],
    ['strconv.QuoteToASCII("é")', String.raw`"\"\\u00e9\""`],
    [String.raw`strconv.Unquote("\"a\"")`, '"a"'],
    ['strconv.Unquote("a")', 'eval'],
  ])('quotes: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
