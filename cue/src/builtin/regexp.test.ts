import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('the package regexp', () => {
  it.each([
    ['regexp.Match("^a+$", "aaa")', 'true'],
    ['regexp.Match("^a+$", "ab")', 'false'],
    ['regexp.Match("a.c", "xabcx")', 'true'],
    ['regexp.Match("(", "a")', 'eval'],
    ['regexp.Valid("a(b)?")', 'true'],
    ['"a(" & regexp.Valid', 'eval'],
  ])('matches: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['regexp.Find("o+", "foo boo")', '"oo"'],
    ['regexp.Find("z", "foo")', 'eval'],
    ['regexp.FindAll("o.", "foo boa", -1)', '["oo","oa"]'],
    ['regexp.FindAll("o.", "foo boa", 1)', '["oo"]'],
    ['regexp.FindAll("z", "foo", -1)', 'eval'],
    [String.raw`regexp.FindSubmatch("(\\w)(\\d)", "a1 b2")`, '["a1","a","1"]'],
    [String.raw`regexp.FindAllSubmatch("(\\w)(\\d)", "a1 b2", -1)`, '[["a1","a","1"],["b2","b","2"]]'],
    [String.raw`regexp.FindNamedSubmatch("(?P<x>\\w)(?P<y>\\d)", "a1")`, '{"x":"a","y":"1"}'],
    [String.raw`regexp.FindAllNamedSubmatch("(?P<x>\\w)\\d", "a1 b2", -1)`, '[{"x":"a"},{"x":"b"}]'],
    ['regexp.FindNamedSubmatch("z", "a1")', 'eval'],
  ])('finds: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['regexp.ReplaceAll("a(x*)b", "-ab-axxb-", "${1}W")', '"-W-xxW-"'],
    ['regexp.ReplaceAllLiteral("a(x*)b", "-ab-axxb-", "${1}")', '"-${1}-${1}-"'],
    ['regexp.QuoteMeta("[a.b]")', String.raw`"\\[a\\.b\\]"`],
  ])('replaces: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['regexp.Match("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")', 'false'],
    ['regexp.Match("(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")', 'false'],
  ])('is of linear time: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    [String.raw`regexp.Match("(a)\\1", "aa")`, 'eval'],
    ['regexp.Match("(?=a)", "a")', 'eval'],
  ])('has no references back: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
