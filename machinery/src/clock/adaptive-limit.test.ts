import { expect, test } from '@jest/globals';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { FakeClock } from './fake.ts';

test('halves at once, then waits for the effect; rises by one in a window; stays within its bounds', async () => {
  const clock = new FakeClock();
  const limit = new AdaptiveLimit({ max: 10, clock });
  const values: number[] = [];
  const step = async (what: 'tooMuch' | 'well', ms: number): Promise<void> => {
    limit[what]();
    values.push(limit.value);
    await clock.advance(ms);
  };
  await step('well', 0); // at its maximum
  await step('tooMuch', 10);
  await step('tooMuch', 990); // an echo
  await step('tooMuch', 500);
  await step('well', 500); // too early
  await step('well', 0);
  await step('well', 1000);
  await step('tooMuch', 1000);
  await step('tooMuch', 1000);
  await step('tooMuch', 900); // at its minimum: the pause begins anew
  await step('well', 100);
  await step('well', 1000);
  expect(values).toEqual([10, 5, 5, 2, 2, 3, 3, 1, 1, 1, 1, 2]);
});

test('a maximum of nothing still lets one through', () => {
  expect(new AdaptiveLimit({ max: 0, clock: new FakeClock() }).value).toBe(1);
});
