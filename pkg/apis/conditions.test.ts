import { describe, expect, test } from '@jest/globals';
import { withCondition, withoutCondition } from './conditions.ts';
import type { Condition } from '../../machinery/src/meta.ts';

const old: readonly Condition[] = [
  { type: 'Ready', status: 'True', reason: 'Fine', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
  { type: 'Other', status: 'False', reason: 'No', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
];
const nowMs = Date.UTC(2026, 1, 1, 0, 0, 0, 123);

describe('withCondition', () => {
  test('returns the same list where nothing changes', () => {
    expect(withCondition(old, { type: 'Ready', status: 'True', reason: 'Fine', message: 'm' }, nowMs)).toBe(old);
  });

  test.each([
    { name: 'another status', status: 'False', message: 'm', time: '2026-02-01T00:00:00Z' },
    { name: 'another message alone', status: 'True', message: 'n', time: '2026-01-01T00:00:00Z' },
  ] as const)('keeps other conditions and sets the transition time for $name', ({ status, message, time }) => {
    const next = withCondition(old, { type: 'Ready', status, reason: 'Fine', message }, nowMs);
    expect(next).toHaveLength(2);
    expect(next.find(({ type }) => type === 'Other')).toBe(old[1]);
    expect(next.find(({ type }) => type === 'Ready')).toMatchObject({ status, message, lastTransitionTime: time });
  });

  test('adds a new type', () => {
    expect(withCondition([], { type: 'Ready', status: 'True', reason: 'Fine', message: '' }, nowMs)).toMatchObject([
      { type: 'Ready', lastTransitionTime: '2026-02-01T00:00:00Z' },
    ]);
  });
});

test('withoutCondition removes one type, and returns the same list where there is none', () => {
  expect(withoutCondition(old, 'Ready')).toEqual([old[1]]);
  expect(withoutCondition(old, 'Missing')).toBe(old);
});
