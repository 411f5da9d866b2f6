import { describe, expect, it } from '@jest/globals';
import { add, compare, divide, formatDecimal, multiply, parseDecimal, type Decimal } from './decimal.ts';

const d = (text: string): Decimal => {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(text);
  return value;
};

describe('decimal', () => {
  it.each([
    ['1.50', '1.50'],
    ['1e3', '1E+3'],
    ['0.0000001', '1E-7'],
    ['-0.05', '-0.05'],
    ['12.5e-3', '0.0125'],
  ])('prints %s as %s', (text, expected) => {
    expect(formatDecimal(d(text))).toBe(expected);
  });

  it.each([
    ['sum', add(d('1.00'), d('2')), '3.00'],
    ['product', multiply(d('1.5'), d('1.5')), '2.25'],
    ['quotient', divide(d('1'), d('3')), '0.3333333333333333333333333333333333'],
    ['exact quotient', divide(d('10'), d('4')), '2.5'],
  ])('%s', (_name, value, expected) => {
    expect(formatDecimal(value)).toBe(expected);
  });

  it('compares numbers of very different exponents', () => {
    expect(compare(d('1e1000000'), d('1e-1000000'))).toBe(1);
    expect(compare(d('-1e1000000'), d('5'))).toBe(-1);
    expect(compare(d('1.0'), d('1.00'))).toBe(0);
  });
});
