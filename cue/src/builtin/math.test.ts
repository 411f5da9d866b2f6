import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('the package math', () => {
  it.each([
    ['math.Floor(2.7)', '2'],
    ['math.Floor(-2.7)', '-3'],
    ['math.Ceil(2.1)', '3'],
    ['math.Trunc(-2.7)', '-2'],
    ['math.Round(2.5)', '3'],
    ['math.Round(-2.5)', '-3'],
    ['math.RoundToEven(2.5)', '2'],
    ['math.Abs(-3)', '3'],
    ['math.Abs(-3.5)', '3.5'],
  ])('rounds: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['math.Pow(2, 10)', '1024'],
    ['math.Pow(10, -2)', '0.01000000000000000000000000000000000'],
    ['math.Pow(2, 0.5)', '1.414213562373095048801688724209698'],
    ['math.Pow(0, 0)', 'eval'],
    ['math.Sqrt(16)', '4'],
    ['math.Sqrt(2)', '1.4142135623730951'],
    ['math.Cbrt(27)', '3'],
    ['math.Exp(0)', '1'],
    ['math.Exp2(3)', '8'],
    ['math.Log(1)', '0'],
    ['math.Log10(1000)', '3'],
    ['math.Log2(8)', '3'],
  ])('calculates exactly with decimals: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['math.Hypot(3, 4)', '5'],
    ['math.Dim(3, 1)', '2'],
    ['math.Dim(1, 3)', '0'],
    ['math.Mod(7, 3)', '1'],
    ['math.Copysign(3, -1)', '-3'],
    ['math.Signbit(-1)', 'true'],
    ['math.Ldexp(0.5, 3)', '4'],
    ['math.Frexp(8)', 'eval'],
    ['math.Modf(3.5)', 'eval'],
  ])('calculates with doubles: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['math.MultipleOf(6, 3)', 'true'],
    ['math.MultipleOf(7, 3)', 'false'],
    ['6 & math.MultipleOf(3)', '6'],
    ['7 & math.MultipleOf(3)', 'eval'],
  ])('divides multiples: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['math.Pi', '3.14159265358979323846264338327950288419716939937510582097494459'],
    ['math.E', '2.71828182845904523536028747135266249775724709369995957496696763'],
    ['math.MaxExp', '2147483647'],
  ])('has constants: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([['math.Sqrt("a")', 'eval']])('refuses what it cannot use: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
