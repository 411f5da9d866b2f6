import { describe, expect, it } from '@jest/globals';
import { resultOf } from '../../test/result-of.ts';

// each result was recorded from cue 0.14.1
describe('a closed struct', () => {
  it.each([
    ['close({a: 1}) & {b: 2}', 'eval'],
    ['close({a: 1}) & {a: 1}', '{"a":1}'],
    ['close({a: int}) & {a: 2}', '{"a":2}'],
    ['close({a?: int}) & {a: 2}', '{"a":2}'],
    ['close({a: 1, ...}) & {b: 2}', '{"a":1,"b":2}'],
    ['close({[=~"^x"]: int}) & {xa: 1}', '{"xa":1}'],
    ['close({[=~"^x"]: int}) & {y: 1}', 'eval'],
    ['close({}) & {}', '{}'],
    ['close({}) & {a: 1}', 'eval'],
  ])('refuses other fields: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['close({a: {b: 1}}) & {a: c: 2}', '{"a":{"b":1,"c":2}}'],
    ['close({a: b: 1}) & {a: b: 1, c: 1}', 'eval'],
  ])('is closed at its level only: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['close({a: 1}) & {#b: 2}', '{"a":1}'],
    ['close({a: 1}) & {_b: 2}', '{"a":1}'],
  ])('lets definitions and hidden fields be added: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['{a!: int} & {a: 1}', '{"a":1}'],
    ['{a!: int}', 'incomplete'],
    ['{a!: int} & {}', 'incomplete'],
    ['{a!: int, a?: int}', 'incomplete'],
  ])('has required fields: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });

  it.each([
    ['{a?: int}', '{}'],
    ['{a?: int} & {a: "x"}', 'eval'],
    ['{a?: 1 & 2}', '{}'],
    ['{a?: int, b: 1}', '{"b":1}'],
  ])('has optional fields: %s', (expr, expected) => {
    expect(resultOf(expr)).toBe(expected);
  });
});
