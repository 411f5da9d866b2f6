import { describe, expect, it } from '@jest/globals';
import { scanNumber, toInt } from './number-literal.ts';

const scan = (text: string): { value: unknown; length: number } =>
  scanNumber(text, 0, (message) => {
    throw new Error(message);
  });

describe('a number literal', () => {
  it.each([
    ['0', 0],
    ['42', 42],
    ['1_000_000', 1_000_000],
    ['0xBad_Face', 0xbadface],
    ['0XfF', 255],
    ['0o755', 0o755],
    ['0b1010_0001', 0b1010_0001],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['12345678901234567890', 12345678901234567890n],
    ['0x1_0000_0000_0000_0000', 2n ** 64n],
  ])('is an int: %s', (text, value) => {
    expect(scan(text)).toEqual({ value, length: text.length });
  });

  it.each([
    ['1K', 1000],
    ['1Ki', 1024],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['0.5K', 500],
    ['2M', 2_000_000],
    ['1Ti', 2 ** 40],
    ['1P', 1e15],
    ['10Pi', 11258999068426240n],
    ['.5Mi', 524288],
  ])('may have a multiplier: %s', (text, value) => {
    expect(scan(text)).toEqual({ value, length: text.length });
  });

  it.each([
    ['1.50', '1.50'],
    ['.5', '0.5'],
    ['1.', '1.'],
    ['1e3', '1.e3'],
    ['1E-3', '1.e-3'],
    ['6.67428e+11', '6.67428e+11'],
    ['1_0.2_5', '10.25'],
    ['072.40', '072.40'],
  ])('is a float with the digits it is written with: %s', (text, float) => {
    expect(scan(text)).toEqual({ value: { float }, length: text.length });
  });

  it.each([
    ['1..2', 2],
    ['1...', 1],
    ['1_', 1],
    ['12ab', 2],
    ['1-2', 1],
    ['0x1g', 3],
  ])('ends where no digit follows: %s', (text, length) => {
    expect(scan(text).length).toBe(length);
  });

  it.each([
    ['01', 'illegal integer number'],
    ['0x', 'illegal number'],
    ['0b2', 'illegal number'],
    ['0o8', 'illegal number'],
    ['1e', 'illegal floating-point exponent'],
    ['1e+', 'illegal floating-point exponent'],
    ['0.3333Ki', 'number cannot be represented as int'],
    ['0.0001K', 'number cannot be represented as int'],
  ])('is refused: %s', (text, message) => {
    expect(() => scan(text)).toThrow(message);
  });
});

it('an int is a safe number where it fits', () => {
  expect(toInt(2n ** 53n - 1n)).toBe(9007199254740991);
  expect(toInt(2n ** 53n)).toBe(2n ** 53n);
  expect(toInt(-(2n ** 53n) + 1n)).toBe(-9007199254740991);
  expect(toInt(-(2n ** 53n))).toBe(-(2n ** 53n));
});
