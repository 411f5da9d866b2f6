import { describe, expect, test } from '@jest/globals';
import { canonicalQuantity, parseQuantity } from './quantity.ts';

describe('the canonical text of a quantity', () => {
  test.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Ki', '1Mi'],
    ['1025Ki', '1025Ki'],
    ['1e9', '1e9'],
    ['1000', '1k'],
    ['1500Mi', '1500Mi'],
    ['0.5Gi', '512Mi'],
    ['0.3Gi', '322122547200m'],
    ['512', '512'],
    ['0', '0'],
    ['-1.5', '-1500m'],
    ['100k', '100k'],
    ['.5', '500m'],
    ['1.', '1'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  test('a number is as good as a text', () => {
    expect(canonicalQuantity(2)).toBe('2');
  });

  test.each(['lots', '', '1 Gi', '1mi', 'm', '--1', '1e', '1e999'])('"%s" is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});
