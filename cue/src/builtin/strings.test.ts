import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('the package strings', () => {
  it.each([
    ['strings.Count("cheese", "e")', '3'],
    ['strings.Count("five", "")', '5'],
    ['strings.Contains("seafood", "foo")', 'true'],
    ['strings.Contains("", "")', 'true'],
    ['strings.ContainsAny("team", "i")', 'false'],
    ['strings.ContainsAny("fail", "ui")', 'true'],
    ['strings.HasPrefix("prefix", "pre")', 'true'],
    ['strings.HasSuffix("suffix", "ix")', 'true'],
    ['strings.Index("chicken", "ken")', '4'],
    ['strings.Index("chicken", "dmr")', '-1'],
    ['strings.Index("日本", "本")', '3'],
    ['strings.LastIndex("go gopher", "go")', '3'],
    ['strings.IndexAny("golang", "gy")', '0'],
    ['strings.LastIndexAny("golang", "go")', '5'],
    ['strings.IndexAny("x", "")', '-1'],
  ])('counts and finds: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['strings.Split("a,b,c", ",")', '["a","b","c"]'],
    ['strings.Split("abc", "")', '["a","b","c"]'],
    ['strings.Split("", ",")', '[""]'],
    ['strings.SplitN("a,b,c", ",", 2)', '["a","b,c"]'],
    ['strings.SplitN("a,b,c", ",", 0)', '[]'],
    ['strings.SplitN("a,b,c", ",", -1)', '["a","b","c"]'],
    ['strings.SplitAfter("a,b", ",")', '["a,","b"]'],
    ['strings.SplitAfterN("a,b,c", ",", 2)', '["a,","b,c"]'],
    ['strings.Fields("  foo bar  baz ")', '["foo","bar","baz"]'],
    ['strings.Join(["a", "b"], "-")', '"a-b"'],
    ['strings.Join([], "-")', '""'],
    ['strings.Join(["a", 1], "-")', 'eval'],
    ['strings.Join("ab", "-")', 'eval'],
  ])('splits and joins: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['strings.ToUpper("straße")', '"STRAßE"'],
    ['strings.ToLower("ÄB")', '"äb"'],
    ['strings.ToTitle("her royal")', '"Her Royal"'],
    ['strings.ToCamel("Foo Bar")', '"foo bar"'],
    ['strings.Trim("¡¡Hi!!", "!¡")', '"Hi"'],
    ['strings.TrimLeft("xxabc", "x")', '"abc"'],
    ['strings.TrimRight("abcxx", "x")', '"abc"'],
    ['strings.TrimPrefix("prefix", "pre")', '"fix"'],
    ['strings.TrimPrefix("prefix", "x")', '"prefix"'],
    ['strings.TrimSuffix("suffix", "fix")', '"suf"'],
    [String.raw`strings.TrimSpace(" \t a b \n")`, '"a b"'],
  ])('changes case and space: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['strings.Replace("oink oink oink", "k", "ky", 2)', '"oinky oinky oink"'],
    ['strings.Replace("oink", "o", "0", -1)', '"0ink"'],
    ['strings.Replace("ab", "", "-", -1)', '"-a-b-"'],
    ['strings.Repeat("na", 2)', '"nana"'],
    ['strings.Repeat("na", 0)', '""'],
    ['strings.Repeat("na", -1)', 'eval'],
  ])('replaces and repeats: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['strings.Runes("aé")', '[97,233]'],
    ['strings.SliceRunes("日本語", 0, 2)', '"日本"'],
    ['strings.SliceRunes("日本", 1, 3)', 'eval'],
    ['strings.ByteAt("abc", 1)', '98'],
    ['strings.ByteSlice("abc", 1, 2)', '"Yg=="'],
    ['len("é")', '2'],
    ['len(strings.Runes("é"))', '1'],
  ])('counts runes and bytes: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['"abc" & strings.MinRunes(3)', '"abc"'],
    ['"ab" & strings.MinRunes(3)', 'eval'],
    ['"日本語" & strings.MaxRunes(3)', '"日本語"'],
    ['"abcd" & strings.MaxRunes(3)', 'eval'],
    ['strings.MinRunes("abc", 3)', 'true'],
  ])('validates: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['strings.Compare("a", "b")', '-1'],
    ['strings.Compare("b", "a")', '1'],
    ['strings.Compare("a", "a")', '0'],
  ])('compares: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['strings.ToUpper(1)', 'eval'],
    ['strings.ToUpper()', 'eval'],
    ['strings.ToUpper("a", "b")', 'eval'],
    ['strings.ToUpper(string)', 'incomplete'],
    ['strings.Nope("a")', 'eval'],
  ])('refuses what it cannot use: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
