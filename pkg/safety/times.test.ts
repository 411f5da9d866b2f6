import { describe, expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Step } from '../../test/support/explore.ts';
import { defaultTimes, minimumWriteMs, safetyTimesOf, timeProblems } from './times.ts';
import type { GivenTimes, SafetyTimes } from './times.ts';

const lease = { durationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const given = (changes: Partial<NonNullable<GivenTimes['lease']>>, writeTimeoutMs?: number): GivenTimes => ({
  lease: { ...lease, ...changes },
  writeTimeoutMs: writeTimeoutMs ?? 15_000,
  isWriteTimeoutGiven: writeTimeoutMs !== undefined,
});

describe('timeProblems', () => {
  test('finds nothing wrong with the defaults, nor with a short lease and the default write timeout', () => {
    expect(timeProblems(defaultTimes)).toEqual([]);
    expect(timeProblems(given({ durationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 }))).toEqual([]);
  });

  test.each<{ times: GivenTimes; says: RegExp }>([
    { times: given({}, 60_000), says: /write timeout 60s must not be longer than the lease duration 15s/ },
    { times: given({}, 0), says: /write timeout 0s must be at least 1s/ },
    { times: { ...given({}), lease: undefined, writeTimeoutMs: 61_000 }, says: /at which the API server ends/ },
    { times: given({ renewDeadlineMs: 14_000 }), says: /at most nine tenths of the lease duration 15s/ },
    { times: given({ renewDeadlineMs: 15_000 }), says: /must be longer than the renew deadline 15s/ },
    { times: given({ retryPeriodMs: 9_000 }), says: /longer than 1.2 retry periods of 9s/ },
    { times: given({ durationMs: 500 }), says: /must be at least 1s/ },
    {
      times: given({ durationMs: 1_000, renewDeadlineMs: 900, retryPeriodMs: 600 }),
      says: /leaves less than 0.5s to write between two renewals/,
    },
  ])('refuses $times', ({ times, says }) => {
    expect(timeProblems(times).map(({ problem }) => problem)).toContainEqual(expect.stringMatching(says));
  });
});

describe('safetyTimesOf', () => {
  test('shortens the default write timeout to the lease, and the late-write window follows it', () => {
    const short = { durationMs: 5_000, renewDeadlineMs: 3_000, retryPeriodMs: 1_000 };
    expect(safetyTimesOf(given(short))).toMatchObject({ writeTimeoutMs: 5_000, lateWriteMs: 5_000, trustedMs: 4_500 });
    expect(safetyTimesOf({ ...given({}), lease: undefined, writeTimeoutMs: 40_000 }).lateWriteMs).toBe(40_000);
  });
});

/*
 * One holder of a Lease, a standby, and one write, in half seconds: the holder renews and sends a write at any moment at
 * which it may, loses the answer at any moment, and acknowledges a move when the window for late writes is over. The write takes
 * effect in the API server at any moment until its own timeout. The standby acquires the Lease after its duration.
 */
interface World {
  /** Since the last renewal; the standby saw it at the same moment, which is the worst case. */
  readonly sinceRenewal: number;
  readonly renewals: number;
  /** How long the API server may still let the write take effect; undefined when there is none. */
  readonly write: number | undefined;
  readonly isAwaited: boolean;
  /** Until the holder may acknowledge. */
  readonly window: number;
  readonly state: 'held' | 'acknowledged' | 'acquired by the standby';
}

const tickMs = 500;

function stepsOf(world: World, times: SafetyTimes): Step<World>[] {
  const validMs = times.trustedMs - world.sinceRenewal;
  const isHolder = world.state === 'held' && validMs > 0;
  const steps: Step<World>[] = [];
  const next = (name: string, changes: Partial<World>, violation?: string): void => {
    steps.push({ name, next: { ...world, ...changes }, violation });
  };
  const left = world.write === undefined ? undefined : world.write - tickMs;
  const later = {
    window: Math.max(0, world.window - tickMs),
    write: left !== undefined && left > 0 ? left : undefined,
  };
  if (world.sinceRenewal <= times.leaseDurationMs)
    next('time goes by', { ...later, sinceRenewal: world.sinceRenewal + tickMs });
  if (isHolder && world.renewals > 0 && world.sinceRenewal < times.renewDeadlineMs)
    next('the holder renews', { sinceRenewal: 0, renewals: world.renewals - 1 });
  if (isHolder && world.write === undefined && world.window === 0 && validMs >= minimumWriteMs)
    next('the holder sends a write', { write: Math.min(times.writeTimeoutMs, validMs), isAwaited: true });
  if (world.isAwaited) next('the answer is lost', { isAwaited: false, window: times.lateWriteMs });
  if (world.write !== undefined) {
    const isLate = world.state !== 'held';
    next(
      'the write takes effect',
      { write: undefined, isAwaited: false },
      isLate ? `a write after: ${world.state}` : undefined,
    );
  }
  if (isHolder && !world.isAwaited && world.window === 0) next('the holder acknowledges', { state: 'acknowledged' });
  if (world.state === 'held' && world.sinceRenewal >= times.leaseDurationMs)
    next('the standby acquires the Lease', { state: 'acquired by the standby' });
  return steps;
}

function violationsOf(times: SafetyTimes): readonly string[] {
  const start: World = { sinceRenewal: 0, renewals: 2, write: undefined, isAwaited: false, window: 0, state: 'held' };
  const steps = (world: World): Step<World>[] => stepsOf(world, times);
  return [...explore({ start, steps, isGood: () => true }).violations.keys()];
}

describe('writes under a Lease, explored exhaustively', () => {
  const grid = [2_000, 5_000, 15_000].flatMap((durationMs) =>
    [1_000, 5_000, 15_000, 30_000].flatMap((writeTimeoutMs) =>
      [true, false].map((isWriteTimeoutGiven): GivenTimes => {
        const renewDeadlineMs = (durationMs * 2) / 3;
        return {
          lease: { durationMs, renewDeadlineMs, retryPeriodMs: durationMs / 8 },
          writeTimeoutMs,
          isWriteTimeoutGiven,
        };
      }),
    ),
  );

  test('no write takes effect after an acknowledgement or under the next holder, with all times that are accepted', () => {
    const accepted = grid.filter((times) => timeProblems(times).length === 0);
    expect(accepted.length).toBeGreaterThan(12);
    for (const times of accepted)
      expect({ times, broken: violationsOf(safetyTimesOf(times)) }).toMatchObject({ broken: [] });
  });

  test.each<{ name: string; changes: Partial<SafetyTimes>; breaks: string }>([
    {
      name: 'a window that is shorter than the write timeout',
      changes: { writeTimeoutMs: 15_000, lateWriteMs: 5_000 },
      breaks: 'a write after: acknowledged',
    },
    {
      name: 'a holder that trusts its Lease for longer than it lasts',
      changes: { trustedMs: 20_000 },
      breaks: 'a write after: acquired by the standby',
    },
  ])('with $name it breaks', ({ changes, breaks }) => {
    expect(violationsOf({ ...safetyTimesOf(defaultTimes), ...changes })).toContain(breaks);
  });
});
