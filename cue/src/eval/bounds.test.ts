import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('bounds', () => {
  it.each([
    ['5 & >=1', '5'],
    ['5 & >5', 'eval'],
    ['5 & <10 & >2', '5'],
    ['5 & !=5', 'eval'],
    ['5 & !=6', '5'],
    ['1.5 & >1', '1.5'],
    ['"b" & >"a"', '"b"'],
    ['"abc" & =~"^a"', '"abc"'],
    ['"abc" & !~"^a"', 'eval'],
    ["'b' & >='a'", '"Yg=="'],
    ['null & !=null', 'eval'],
    ['1 & !=null', '1'],
    ['"a" & >1', 'eval'],
  ])('admit a scalar or refuse it: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['int & >=1 & <=1', 'incomplete'],
    ['>=1 & <=1', 'incomplete'],
    ['int & >0 & <2', 'incomplete'],
    ['>0 & <2', 'incomplete'],
  ])('of an int that leave one value: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['>5 & <3', 'eval'],
    ['>5 & <5', 'eval'],
    ['>=5 & <5', 'eval'],
    ['>=5 & <=5', 'incomplete'],
    ['int & >1.2 & <1.8', 'eval'],
    ['!=1 & 1', 'eval'],
  ])('that contradict each other: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['>=1', 'incomplete'],
    ['>=1 & <=10', 'incomplete'],
    ['!=""', 'incomplete'],
    ['=~"a"', 'incomplete'],
  ])('are not concrete: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['>true', 'eval'],
    ['<null', 'eval'],
    ['>[1]', 'eval'],
    ['>{}', 'eval'],
  ])('of a kind that has no order are refused: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['200 & uint8', '200'],
    ['256 & uint8', 'eval'],
    ['-1 & uint', 'eval'],
    ['-128 & int8', '-128'],
    ['-129 & int8', 'eval'],
    ['0x10FFFF & rune', '1114111'],
    ['1.5 & int', 'eval'],
    ['1 & float', 'eval'],
    ['1.0 & float', '1.0'],
    ['1 & number', '1'],
    ['2147483648 & int32', 'eval'],
    ['18446744073709551615 & uint64', '18446744073709551615'],
    ['18446744073709551616 & uint64', 'eval'],
    ['1e400 & float64', 'eval'],
  ])('of predeclared types: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
