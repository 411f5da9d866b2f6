import { expect, test } from '@jest/globals';
import { FakeClock } from '../../pkg/clock/fake.ts';
import { LoadMeter } from './report.ts';

test('the part of the time that workers worked is measured between two looks', async () => {
  const clock = new FakeClock();
  const meter = new LoadMeter(clock, 4);
  const look = (workedMs: number): number =>
    meter.read({ applications: 1, backlog: 0, workedMs, oldestMs: 1_400 }).busy;
  expect(look(0)).toBe(0);
  await clock.advance(2_000);
  expect(look(4_000)).toBe(0.5);
  await clock.advance(1_000);
  expect(look(4_000)).toBe(0);
  // a new term counts from the beginning
  expect(look(10)).toBe(0);
});
