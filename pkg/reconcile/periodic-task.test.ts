import { expect, test } from '@jest/globals';
import { TransportError } from '../apis/api-error.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { PeriodicTask } from './periodic-task.ts';
import type { RunOnce } from './periodic-task.ts';
import { done } from './result.ts';

function start(runOnce: RunOnce, retryMs?: number) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const task = new PeriodicTask({ name: 'test', clock, logger: silentLogger(), periodMs: 1_000, retryMs });
  const times: number[] = [];
  const running = task.run((signal) => {
    times.push(clock.monotonic());
    return runOnce(signal);
  }, stop.signal);
  return { clock, stop, task, times, running };
}

test('runs at once, then after each period, or after the delay that a run returns', async () => {
  const delays: (number | undefined)[] = [undefined, undefined];
  const { clock, stop, times, running } = start(() =>
    Promise.resolve({ requeueAfterMs: delays.length > 0 ? delays.shift() : 100 }),
  );
  await clock.advance(2_200);
  expect(times).toEqual([0, 1_000, 2_000, 2_100, 2_200]);
  stop.abort();
  await running;
});

test('a wake during a run starts the next one right after it', async () => {
  const open: (() => void)[] = [];
  const { clock, stop, task, times, running } = start(
    () =>
      new Promise((resolve) => {
        open.push(() => {
          resolve(done);
        });
      }),
  );
  await clock.advance(10);
  task.wake();
  open.shift()?.();
  await clock.advance(10);
  expect(times).toEqual([0, 10]);
  stop.abort();
  open.shift()?.();
  await running;
});

test('a failed request is retried after its own delay', async () => {
  const fails = () => Promise.reject(new TransportError('Unreachable', 'no'));
  const { clock, stop, times, running } = start(fails, 300);
  await clock.advance(600);
  expect(times).toEqual([0, 300, 600]);
  stop.abort();
  await running;
});

test('another error ends the task', async () => {
  const { running } = start(() => Promise.reject(new Error('a mistake')));
  await expect(running).rejects.toThrow('a mistake');
});
