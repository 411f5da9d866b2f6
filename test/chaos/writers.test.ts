import { describe, expect, test } from '@jest/globals';
import type { AuditedWrite } from './audit.ts';
import { writesOf } from './audit.ts';
import type { Version } from './history.ts';
import { planOf, faultGroups } from './plan.ts';
import { settingsOf } from './settings.ts';
import { Grants } from './timeline.ts';
import { checkCreations, checkEpochs, checkWriters } from './writers.ts';

const base = { isDeleted: false, at: 0, application: undefined, homeShard: undefined, transitions: 0, fences: [] };
const lease = (rv: number, holder: string | undefined, more: Partial<Version> = {}): Version => ({
  ...base,
  plural: 'leases',
  key: 'vela-system/kubevela-s',
  rv,
  shard: 's',
  holder,
  ...more,
});
const app = (rv: number, shard: string, ...fences: string[]): Version => ({
  ...base,
  plural: 'applications',
  key: 'chaos/app-1',
  rv,
  shard,
  holder: undefined,
  fences,
});
const write = (after: number, pod: string | undefined, more: Partial<AuditedWrite> = {}): AuditedWrite => ({
  at: 0,
  verb: 'patch',
  plural: 'applications',
  subresource: 'status',
  key: 'chaos/app-1',
  pod,
  user: 'fleet',
  fieldManager: 'kubevela',
  code: 200,
  before: after - 1,
  after,
  ...more,
});

describe('writers of an Application', () => {
  const taken = [lease(1, 'a'), lease(10, 'b'), app(2, 's')];
  test.each([
    { name: 'one after the other', versions: taken, writes: [write(5, 'a'), write(15, 'b')], late: 0, found: [] },
    { name: 'late, and alone', versions: taken, writes: [write(12, 'a'), write(15, 'b')], late: 1, found: [] },
    {
      name: 'late, after the next one has begun',
      versions: taken,
      writes: [write(5, 'a'), write(15, 'b'), write(16, 'a')],
      late: 0,
      found: ['chaos/app-1: a wrote after b had begun to'],
    },
    {
      name: 'back again by a term of its own',
      versions: [...taken, lease(20, 'a')],
      writes: [write(5, 'a'), write(15, 'b'), write(25, 'a')],
      late: 0,
      found: [],
    },
    {
      name: 'without any right',
      versions: taken,
      writes: [write(15, 'c')],
      late: 0,
      found: ['chaos/app-1: c wrote without ever having had the right to'],
    },
    {
      name: 'after a move',
      versions: [...taken, lease(3, 'd', { key: 'vela-system/kubevela-t', shard: 't' }), app(20, 't')],
      writes: [write(15, 'b'), write(25, 'd'), write(30, 'b')],
      late: 0,
      found: ['chaos/app-1: b wrote after d had begun to'],
    },
    {
      name: 'a deleted Lease counts as held until another process acquires it',
      versions: [lease(1, 'a'), lease(5, 'a', { isDeleted: true }), app(6, 's'), lease(10, 'b')],
      writes: [write(5, undefined, { plural: 'leases', key: 'vela-system/kubevela-s' }), write(8, 'a'), write(12, 'b')],
      late: 0,
      found: [],
    },
    {
      name: 'a move by a process that is not the master',
      versions: [...taken, lease(1, 'm', { key: 'vela-system/kubevela', shard: 'master' })],
      writes: [write(5, 'm', { fieldManager: 'vela-shard' }), write(6, 'a', { fieldManager: 'vela-shard' })],
      late: 0,
      found: ['chaos/app-1 (moves): a wrote without ever having had the right to'],
    },
    {
      name: 'of what it delivers',
      versions: taken,
      writes: [15, 16].map((rv, i) => write(rv, ['b', 'a'][i], { plural: 'services', key: 'chaos/app-1-web' })),
      late: 0,
      found: ['services chaos/app-1-web: a wrote after b had begun to'],
    },
  ])('$name', ({ versions, writes, late, found }) => {
    const verdict = checkWriters(new Grants(versions, writes), versions, writes);
    expect(verdict.violations.map(({ message }) => message)).toEqual(found);
    expect(verdict.late).toBe(late);
  });
});

test('epochs on an Application never go back, nor do transitions of a Lease, unless by hand', () => {
  const back = [app(1, 's', '1.4', '1.3'), app(2, 's', '1.4', '1.4'), app(3, 's', '1.4', '1.2')];
  expect(checkEpochs(back, []).map(({ message }) => message)).toEqual(['applications chaos/app-1 at 3']);
  expect(checkEpochs([app(1, 's', '1.4'), app(2, 's', '2.0')], [])).toEqual([]);
  const leases = [lease(1, 'a', { transitions: 4 }), lease(2, 'b', { transitions: 1 })];
  expect(checkEpochs(leases, [])).toHaveLength(1);
  const byHand = write(2, undefined, { plural: 'leases', key: 'vela-system/kubevela-s' });
  expect(checkEpochs(leases, [byHand])).toEqual([]);
});

test('a resource that was created twice is found', () => {
  const made = (rv: number): AuditedWrite =>
    write(rv, 'a', { plural: 'configmaps', key: 'chaos/app-1-data', before: 0 });
  expect(checkCreations([made(1)])).toEqual([]);
  expect(checkCreations([made(1), made(2)])).toMatchObject([
    { message: 'configmaps chaos/app-1-data was created 2 times' },
  ]);
});

test('writes are read from an audit log, in their order, what is cut off and what was only read left out', () => {
  const line = (verb: string, after: string, query = ''): string =>
    JSON.stringify({
      verb,
      requestURI: `/x?fieldManager=kubevela${query}`,
      stageTimestamp: '2026-01-01T00:00:00Z',
      user: { username: 'u', extra: { 'authentication.kubernetes.io/pod-name': ['p'] } },
      objectRef: { resource: 'configmaps', namespace: 'chaos', name: 'c' },
      responseStatus: { code: 200 },
      annotations: { 'flotilla.dev/resource-version-before': '3', 'flotilla.dev/resource-version-after': after },
    });
  const log = [
    line('patch', '9'),
    line('patch', '4'),
    line('get', '5'),
    line('patch', '3'),
    line('patch', '7', '&dryRun=All'),
    '{"verb',
  ];
  expect(writesOf(log.join('\n')).map(({ pod, key, after }) => [pod, key, after])).toEqual([
    ['p', 'chaos/c', 4],
    ['p', 'chaos/c', 9],
    ['p', 'chaos/c', 0],
  ]);
});

test('a plan follows from its seed, keeps to its time and to what was asked for', () => {
  const settings = { seconds: 60, everySeconds: 1, groups: faultGroups };
  expect(planOf(7, settings)).toEqual(planOf(7, settings));
  expect(planOf(8, settings)).not.toEqual(planOf(7, settings));
  expect(planOf(7, settings).every(({ atMs }) => atMs < 60_000)).toBe(true);
  const kinds = planOf(7, { ...settings, groups: ['kill'] }).map(({ kind }) => kind);
  expect([...new Set(kinds)].sort()).toEqual(['killMaster', 'killShard']);
});

test('a real control plane cannot be asked for faults of its own, which are left out', () => {
  const assets = { KUBEBUILDER_ASSETS: '/somewhere/bin' };
  expect(settingsOf({}).groups).toEqual(faultGroups);
  expect(settingsOf(assets).groups).toEqual(faultGroups.filter((group) => group !== 'errors'));
  expect(settingsOf({ ...assets, FAULTS: 'kill,api' }).groups).toEqual(['kill', 'api']);
  expect(() => settingsOf({ ...assets, FAULTS: 'errors' })).toThrow('errors needs the embedded API');
});
