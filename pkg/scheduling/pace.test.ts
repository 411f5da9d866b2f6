import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { afterRequest, countMoves, mayRequest, newPace, noMoves, paceAt, pauseMs, withMove } from './pace.ts';
import type { Pace, PaceLimits } from './pace.ts';

const limits: PaceLimits = { perSecond: 8, burst: 2, perSource: 3, perTarget: 2 };
const ends = { from: 'a', to: 'b' };

describe('the pace of moves', () => {
  test('lets a burst pass, then one for each token', () => {
    let pace = newPace(limits, 0);
    let granted = 0;
    for (let at = 0; at <= 1000; at += 125) {
      pace = paceAt(pace, limits, at);
      if (mayRequest(pace, limits, noMoves, ends) !== 'yes') continue;
      pace = afterRequest(pace);
      granted += 1;
    }
    expect(granted).toBe(9);
  });

  test.each([
    { name: 'the source gives enough', moves: [ends, ends, { from: 'a', to: 'c' }], to: 'd', want: 'source' },
    { name: 'the target takes enough', moves: [ends, { from: 'c', to: 'b' }], to: 'b', want: 'target' },
    { name: 'nothing stands against it', moves: [ends], to: 'b', want: 'yes' },
  ])('answers $want when $name', ({ moves, to, want }) => {
    expect(mayRequest(newPace(limits, 0), limits, countMoves(moves), { from: 'a', to })).toBe(want);
    const counted = moves.reduce(withMove, noMoves);
    expect(mayRequest(newPace(limits, 0), limits, counted, { from: 'a', to })).toBe(want);
  });

  test('has a budget for an hour only where one is set', () => {
    const tight = { ...limits, burst: 100, perHour: 3 };
    let pace: Pace = newPace(tight, 0);
    for (let i = 0; i < 3; i += 1) pace = afterRequest(pace);
    expect(mayRequest(pace, tight, noMoves, ends)).toBe('budget');
    expect(mayRequest(paceAt(pace, tight, 1_200_000), tight, noMoves, ends)).toBe('yes');
    expect(mayRequest(paceAt(pace, limits, 0), limits, noMoves, ends)).toBe('yes');
  });

  test('pauses until the next token, spread, and never shorter than asked', () => {
    const empty = { tokens: 0, budget: Infinity, at: 0 };
    const random = seededRandom(1);
    for (let i = 0; i < 50; i += 1) {
      const ms = pauseMs(empty, { ...limits, perSecond: 2 }, 100, random);
      expect(ms).toBeGreaterThanOrEqual(400);
      expect(ms).toBeLessThanOrEqual(600);
    }
    expect(pauseMs({ ...empty, tokens: 5 }, limits, 100, () => 0.5)).toBe(100);
  });

  test('does not run backwards with the clock', () => {
    const pace = { tokens: 1, budget: 5, at: 1000 };
    expect(paceAt(pace, limits, 500)).toMatchObject({ tokens: 1, at: 1000 });
  });
});
