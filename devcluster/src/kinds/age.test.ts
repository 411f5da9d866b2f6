import { expect, test } from '@jest/globals';
import { humanDuration, since } from './age.ts';

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

test.each([
  [0, '0s'],
  [119 * second, '119s'],
  [120 * second, '2m'],
  [303 * second, '5m3s'],
  [11 * 60 * second, '11m'],
  [179 * 60 * second, '179m'],
  [3 * hour, '3h'],
  [5 * hour + 10 * 60 * second, '5h10m'],
  [47 * hour, '47h'],
  [49 * hour, '2d1h'],
  [8 * day, '8d'],
  [800 * day, '2y70d'],
  [-1 * second, '0s'],
  [-5 * second, '<invalid>'],
])('%d ms are %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});

test('no time is unknown', () => {
  expect(since(null, 0)).toBe('<unknown>');
  expect(since('1970-01-01T00:00:05Z', 65 * second)).toBe('60s');
});
