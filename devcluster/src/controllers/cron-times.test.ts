import { expect, test } from '@jest/globals';
import { nextTime } from './cron-times.ts';

const next = (schedule: string, after: string, timeZone?: string): string | undefined => {
  const at = nextTime(schedule, Date.parse(after), timeZone);
  return at === undefined ? undefined : new Date(at).toISOString().replace(':00.000Z', '');
};

test.each([
  { schedule: '* * * * *', after: '2026-01-01T00:00:30Z', due: '2026-01-01T00:01' },
  { schedule: '* * * * *', after: '2026-01-01T00:01:00Z', due: '2026-01-01T00:02' },
  { schedule: '*/15 * * * *', after: '2026-01-01T00:16:00Z', due: '2026-01-01T00:30' },
  { schedule: '5/20 3 * * *', after: '2026-01-01T04:00:00Z', due: '2026-01-02T03:05' },
  { schedule: '30 2,14 * * *', after: '2026-01-01T03:00:00Z', due: '2026-01-01T14:30' },
  { schedule: '0 9-17 * * mon-fri', after: '2026-01-02T18:00:00Z', due: '2026-01-05T09:00' },
  { schedule: '0 0 31 * *', after: '2026-02-01T00:00:00Z', due: '2026-03-31T00:00' },
  { schedule: '0 0 13 * fri', after: '2026-01-03T00:00:00Z', due: '2026-01-09T00:00' },
  { schedule: '0 0 29 feb ?', after: '2026-01-01T00:00:00Z', due: '2028-02-29T00:00' },
  { schedule: '0 0 30 2 *', after: '2026-01-01T00:00:00Z', due: undefined },
  { schedule: '@hourly', after: '2026-01-01T00:00:00Z', due: '2026-01-01T01:00' },
  { schedule: '@weekly', after: '2026-01-01T00:00:00Z', due: '2026-01-04T00:00' },
  { schedule: '@every 1h30m', after: '2026-01-01T00:00:00Z', due: '2026-01-01T01:30' },
])('$schedule after $after is due at $due', ({ schedule, after, due }) => {
  expect(next(schedule, after)).toBe(due);
});

test('a time zone has its own midnight, in summer and in winter', () => {
  expect(next('0 0 * * *', '2026-01-01T12:00:00Z', 'Europe/Berlin')).toBe('2026-01-01T23:00');
  expect(next('0 0 * * *', '2026-07-01T12:00:00Z', 'Europe/Berlin')).toBe('2026-07-01T22:00');
  expect(next('30 5 * * *', '2026-01-01T00:00:00Z', 'Asia/Kolkata')).toBe('2026-01-02T00:00');
});
