import { describe, expect, test } from '@jest/globals';
import { annotations } from '../apis/names.ts';
import { decodeLeaseReport, encodeLeaseReport } from './lease-report.ts';
import type { LeaseReport } from './lease-report.ts';

const full: LeaseReport = {
  version: '1.2.3',
  configHash: 'abc',
  address: 'http://10.0.0.1:8080',
  capacity: 500,
  load: { applications: 12, backlog: 3, busy: 0.25, oldestSeconds: 7 },
  homeShard: 'shard-1',
  isDraining: true,
  suspects: ['default/a', 'default/b'],
  holderRefused: 'the epoch is stale',
  holderRole: 'vela-shard-holder',
};
const empty: LeaseReport = { ...decodeLeaseReport() };

const stored = (report: LeaseReport): Record<string, string> =>
  Object.fromEntries(
    Object.entries(encodeLeaseReport(report)).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

describe('a lease report', () => {
  test.each([
    { name: 'all fields', report: full },
    { name: 'no field', report: empty },
    { name: 'a load without an age', report: { ...empty, load: { applications: 0, backlog: 0, busy: 0 } } },
  ])('with $name is the same after it was written and read', ({ report }) => {
    expect(decodeLeaseReport(stored(report))).toEqual(report);
  });

  test('removes the annotations of fields that it does not have', () => {
    expect(Object.keys(encodeLeaseReport({})).sort()).toEqual(Object.keys(stored(full)).sort());
    expect(Object.values(encodeLeaseReport({}))).toEqual(Object.keys(stored(full)).map(() => undefined));
  });

  test.each([
    { name: 'text', load: 'busy' },
    { name: 'null', load: 'null' },
    { name: 'a list', load: '[1]' },
    { name: 'no number', load: '{"applications":"3"}' },
    { name: 'a negative number', load: '{"applications":-1}' },
  ])('has no load where that is $name', ({ load }) => {
    expect(decodeLeaseReport({ [annotations.shardLoad]: load }).load).toBeUndefined();
  });

  test('counts missing parts of a load as zero', () => {
    const load = { applications: 3, backlog: 'many', busy: -1, oldestSeconds: 'x' };
    expect(decodeLeaseReport({ [annotations.shardLoad]: JSON.stringify(load) }).load).toEqual({
      applications: 3,
      backlog: 0,
      busy: 0,
    });
  });

  test.each(['', '0', '-3', 'many', 'Infinity'])('has no capacity where that is %j', (capacity) => {
    expect(decodeLeaseReport({ [annotations.shardCapacity]: capacity }).capacity).toBeUndefined();
  });
});
