import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Random } from './clock.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(Math.max(0, ms), undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

/** The process' own randomness; not for secrets. */
export const systemRandom: Random = () => Math.random();
