import { describe, expect, test } from '@jest/globals';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { aborted, Background, runTogether, untilDone } from './tasks.ts';

describe('runTogether', () => {
  test('stops the other tasks after a failure, waits for their end, and throws it', async () => {
    const log: string[] = [];
    const fails = () => Promise.reject(new Error('broken'));
    const waits = async (signal: AbortSignal): Promise<void> => {
      await aborted(signal);
      log.push('stopped');
    };
    await expect(runTogether([waits, fails], new AbortController().signal)).rejects.toThrow('broken');
    expect(log).toEqual(['stopped']);
  });

  test('ends without an error when its signal aborts, also for tasks that reject then', async () => {
    const stop = new AbortController();
    const rejects = async (signal: AbortSignal): Promise<void> => {
      await aborted(signal);
      throw new Error('stopped');
    };
    const running = runTogether([rejects, aborted], stop.signal);
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});

test('Background reports failures before the end only', async () => {
  const failures: unknown[] = [];
  const background = new Background((error) => failures.push(error));
  background.start(
    () => Promise.reject(new Error('early')),
    async (signal) => {
      await aborted(signal);
      throw new Error('late');
    },
  );
  await new Promise(setImmediate);
  await background.end();
  expect(failures).toEqual([new Error('early')]);
});

test('untilDone repeats a step every two seconds, and rejects when its signal aborts', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const times: number[] = [];
  const parts = { clock, logger: silentLogger(), signal: stop.signal };
  const fails = (): Promise<string> => {
    times.push(clock.monotonic());
    return times.length < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve('done');
  };
  const step = untilDone(parts, 'a step', fails);
  await clock.advance(4_000);
  await expect(step).resolves.toBe('done');
  expect(times).toEqual([0, 2_000, 4_000]);
  const never = untilDone(parts, 'another', () => Promise.reject(new Error('never')));
  await clock.advance(0);
  stop.abort(new Error('stop'));
  await expect(never).rejects.toThrow('stop');
});
