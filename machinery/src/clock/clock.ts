/** Time as the rooms of pkg see it; `system.ts` is the real one, `fake.ts` is stepped by tests. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For stamps that people and other machines read. */
  now(): number;
  /** Milliseconds that never go back and know nothing of the calendar. For durations and deadlines. */
  monotonic(): number;
  /** Resolves after the given milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness as the rooms of pkg see it: a number in [0, 1). */
export type Random = () => number;

/** A delay grown or shrunk by at most `fraction` of itself. */
export function jitter(ms: number, fraction: number, random: Random): number {
  return ms * (1 + fraction * (2 * random() - 1));
}

/**
 * Returns a deterministic Random (mulberry32) for tests and reproducible schedules.
 *
 * @testonly
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
