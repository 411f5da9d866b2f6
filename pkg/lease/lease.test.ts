import { expect, test } from '@jest/globals';
import { checkDurations, decide, validForMs } from './lease.ts';
import type { LeaseView } from './lease.ts';
import { recordOf } from './record.ts';
import type { LeaseRecord } from './record.ts';

const durations = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const record = (change: Partial<LeaseRecord> = {}): LeaseRecord => ({
  holder: 'other',
  durationMs: 15_000,
  acquireTime: 't',
  renewTime: 't',
  transitions: 3,
  ...change,
});
const standby = (change: Partial<LeaseView> = {}): LeaseView => ({
  identity: 'me',
  record: record(),
  observedAt: 100_000,
  missing: false,
  held: undefined,
  ...change,
});
const holder = (change: Partial<LeaseView> = {}): LeaseView =>
  standby({
    record: record({ holder: 'me' }),
    held: { epoch: 3, renewedAt: 100_000, isOver: false },
    ...change,
  });

test.each([
  { name: 'finds no lease', view: standby({ record: undefined, missing: true }), now: 0, want: { do: 'create' } },
  { name: 'sees a fresh renewal', view: standby(), now: 101_000, want: { do: 'wait', forMs: 14_000 } },
  { name: 'saw no renewal for the whole duration', view: standby(), now: 115_000, want: { do: 'acquire' } },
  {
    name: 'sees a holder with a longer duration',
    view: standby({ record: record({ durationMs: 40_000 }) }),
    now: 115_000,
    want: { do: 'wait', forMs: 25_000 },
  },
  {
    name: 'sees a duration that someone shortened',
    view: standby({ record: record({ durationMs: 1_000 }) }),
    now: 105_000,
    want: { do: 'wait', forMs: 10_000 },
  },
  {
    name: 'sees an absurd duration',
    view: standby({ record: record({ durationMs: 1e12 }) }),
    now: 400_000,
    want: { do: 'acquire' },
  },
  {
    name: 'finds the lease released',
    view: standby({ record: record({ holder: undefined, durationMs: 1_000 }) }),
    now: 100_000,
    want: { do: 'acquire' },
  },
  {
    name: 'finds the holder erased by hand',
    view: standby({ record: record({ holder: undefined }) }),
    now: 100_000,
    want: { do: 'wait', forMs: 15_000 },
  },
  {
    name: 'finds the lease deleted under its holder',
    view: standby({ missing: true }),
    now: 100_000,
    want: { do: 'wait', forMs: 15_000 },
  },
  { name: 'waited for a deleted lease', view: standby({ missing: true }), now: 115_000, want: { do: 'create' } },
  {
    name: 'finds its own name, but never held it',
    view: standby({ record: record({ holder: 'me' }) }),
    now: 100_000,
    want: { do: 'wait', forMs: 15_000 },
  },
  {
    name: 'finds the lease as it lost it',
    view: holder({ held: { epoch: 3, renewedAt: 0, isOver: true } }),
    now: 100_000,
    want: { do: 'acquire' },
  },
])('a standby that $name', ({ view, now, want }) => {
  expect(decide(view, now, durations)).toEqual(want);
});

test.each([
  { name: 'renewed in time', view: holder(), now: 109_999, want: { do: 'renew' } },
  {
    name: 'could not renew until the deadline',
    view: holder(),
    now: 110_000,
    want: { do: 'giveUp', because: 'deadline' },
  },
  {
    name: "finds another's name",
    view: holder({ record: record() }),
    now: 100_001,
    want: { do: 'giveUp', because: 'taken' },
  },
  {
    name: 'finds its name under another epoch',
    view: holder({ record: record({ holder: 'me', transitions: 4 }) }),
    now: 100_001,
    want: { do: 'giveUp', because: 'taken' },
  },
  { name: 'finds no lease', view: holder({ missing: true }), now: 100_001, want: { do: 'giveUp', because: 'deleted' } },
])('a holder that $name', ({ view, now, want }) => {
  expect(decide(view, now, durations)).toEqual(want);
});

test.each([
  { lease: 15, renew: 10, retry: 2, problems: 0 },
  { lease: 40, renew: 10, retry: 2, problems: 0 },
  { lease: 5, renew: 3, retry: 1, problems: 0 },
  { lease: 10, renew: 10, retry: 2, problems: 1 },
  { lease: 15, renew: 2.4, retry: 2, problems: 1 },
  { lease: 15, renew: 10, retry: 0, problems: 1 },
  { lease: 0.5, renew: 0.4, retry: 0.1, problems: 1 },
  { lease: Number.NaN, renew: 10, retry: 2, problems: 2 },
])('durations of $lease/$renew/$retry s have $problems problems', ({ lease, renew, retry, problems }) => {
  const found = checkDurations({
    leaseDurationMs: lease * 1000,
    renewDeadlineMs: renew * 1000,
    retryPeriodMs: retry * 1000,
  });
  expect(found).toHaveLength(problems);
});

test('a lease is trusted for less than its duration', () => {
  expect(validForMs(1_000, 1_000, durations)).toBe(13_500);
  expect(validForMs(1_000, 20_000, durations)).toBe(0);
});

test('a lease without a spec has no holder', () => {
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' } };
  expect(recordOf(lease)).toMatchObject({ holder: undefined, durationMs: 0, transitions: 0 });
});
