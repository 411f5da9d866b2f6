import { expect, test } from '@jest/globals';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { LoadMeter } from './load-meter.ts';

test('measures the busy fraction of workers between two readings', async () => {
  const clock = new FakeClock();
  const meter = new LoadMeter(clock, 4);
  const readBusy = (workedMs: number): number =>
    meter.read({ applications: 1, backlog: 0, workedMs, oldestMs: 1_400 }).busy;
  expect(readBusy(0)).toBe(0);
  await clock.advance(2_000);
  expect(readBusy(4_000)).toBe(0.5);
  await clock.advance(1_000);
  expect(readBusy(4_000)).toBe(0);
  // a new term counts from the beginning
  expect(readBusy(10)).toBe(0);
});
