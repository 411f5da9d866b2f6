import { describe, expect, test } from '@jest/globals';
import { patternOf } from './pattern.ts';

describe('patterns in RE2 syntax', () => {
  test.each<[string, string, boolean]>([
    ['^a+$', 'aaa', true],
    ['^a+$', 'aab', false],
    ['b', 'abc', true],
    ['', '', true],
    ['\\A\\d+\\z', '42', true],
    ['a\\z', 'a\n', false],
    ['a$', 'a\n', false],
    ['(?m)a$', 'a\nb', true],
    ['(?i)abc', 'xABCx', true],
    ['a(?i)b', 'aB', true],
    ['a(?i:b)c', 'aBC', false],
    ['(?s)a.b', 'a\nb', true],
    ['a.b', 'a\nb', false],
    ['(?U)a+', 'aa', true],
    ['(?P<name>x)y', 'xy', true],
    ['(?<name>x)y', 'xy', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['[[:alpha:]]+', '42', false],
    ['^[[:word:]]+$', 'a_1', true],
    ['^\\p{Greek}+$', 'αβγ', true],
    ['^\\pL$', 'é', true],
    ['^\\PL$', 'é', false],
    ['^.$', '😀', true],
    ['^\\x{1F600}$', '😀', true],
    ['^\\s$', '\u00a0', false],
    ['^\\w$', 'é', false],
    ['^\\d$', '٣', false],
    ['\\bfoo\\b', 'a foo b', true],
    ['^[^a]$', '\n', true],
    ['x{0,3}$', 'xx', true],
  ])('%j on %j: %j', (pattern, text, matches) => {
    expect(patternOf(pattern)?.test(text)).toBe(matches);
  });

  test.each([
    '[',
    '(',
    '*a',
    'a**',
    '(?!a)',
    '(?=a)',
    '(?<=a)b',
    '(?<!a)b',
    '\\1',
    '(a)\\1',
    'x{1001}',
    'x{2,1}',
    '\\p{Nope}',
    '[b-a]',
    '\\u0041',
    '(?P<a>x)(?P<a>y)',
    '\\',
    '\\Z',
    '[[:nope:]]',
  ])('%j is refused', (pattern) => {
    expect(patternOf(pattern)).toBeUndefined();
  });

  test.each<{ pattern: string; text: string; limit?: number; want: readonly string[] }>([
    { pattern: '[0-9]+', text: 'a-1-b-22', want: ['1', '22'] },
    { pattern: '[0-9]+', text: 'a-1-b-22', limit: 1, want: ['1'] },
    { pattern: '[0-9]+', text: 'a-1-b-22', limit: 0, want: [] },
    { pattern: 'a*', text: 'baab', want: ['', 'aa', ''] },
    { pattern: '', text: '😀a', want: ['', '', ''] },
    { pattern: 'x', text: 'abc', want: [] },
  ])('all matches of $pattern in $text', ({ pattern, text, limit, want }) => {
    expect(patternOf(pattern)?.all(text, limit)).toEqual(want);
  });

  test('the first match is the leftmost', () => {
    expect(patternOf('b|abc')?.first('xabc')).toBe('abc');
    expect(patternOf('q')?.first('xabc')).toBeUndefined();
  });

  test('a pattern with nested repetitions takes a time linear in the text', () => {
    const before = performance.now();
    expect(patternOf('^(a|a?)+$')?.test(`${'a'.repeat(20_000)}b`)).toBe(false);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
