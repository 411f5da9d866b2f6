import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { MemoryApi } from '../../test/support/memory-api.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { FakeClock } from '../../pkg/clock/fake.ts';
import { leases } from '../../pkg/lease/record.ts';
import { CrashRecord, suspectsOfFleet } from './crashes.ts';

const folder = mkdtempSync(join(tmpdir(), 'crashes-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A process that died while it worked on these, and the next one of its pod. */
function afterCrash(pod: string, keys: readonly string[], clock: FakeClock): CrashRecord {
  const dead = CrashRecord.open(folder, pod, clock);
  for (const key of keys) dead.journal?.begin(key);
  return CrashRecord.open(folder, pod, clock);
}

test('what the last process of the pod was at is told until somebody has dealt with it', () => {
  const clock = new FakeClock();
  const record = afterCrash('a', ['default/x', 'default/y'], clock);
  expect([record.left, record.note]).toEqual([['default/x', 'default/y'], 'default/x,default/y']);
  record.settle(['default/x']);
  expect(record.note).toBe('default/y');
  expect(CrashRecord.open(folder, 'a', clock).left).toEqual(['default/y']);
  record.settle(['default/y']);
  expect(record.note).toBeUndefined();
  expect(CrashRecord.open(folder, 'a', clock).left).toEqual([]);
});

test('it is forgotten after ten minutes', async () => {
  const clock = new FakeClock();
  const record = afterCrash('b', ['default/x'], clock);
  await clock.advance(600_000);
  expect(record.note).toBe('default/x');
  await clock.advance(1);
  expect([record.note, CrashRecord.open(folder, 'b', clock).left]).toEqual([undefined, []]);
});

test('a process that can write nothing down knows of nothing', () => {
  const clock = new FakeClock();
  expect(() => CrashRecord.open(join(folder, 'nowhere'), 'c', clock)).toThrow('ENOENT');
  expect(CrashRecord.none(clock)).toMatchObject({ left: [], note: undefined, journal: undefined });
});

test('a Lease has room for fifty', () => {
  const keys = Array.from({ length: 60 }, (_, i) => `default/app-${i}`);
  expect(afterCrash('d', keys, new FakeClock()).note?.split(',')).toEqual(keys.slice(0, 50));
});

test('the suspects of a fleet are those on the Leases of shards that were renewed of late', async () => {
  const api = new MemoryApi();
  const now = Date.parse('2026-01-01T00:10:00Z');
  const lease = (name: string, suspects: string | undefined, renewTime: string, isShard = true): Promise<unknown> =>
    api.create(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: 'vela-system',
        ...(isShard && { labels: { [labels.shardId]: name } }),
        ...(suspects !== undefined && { annotations: { [annotations.suspects]: suspects } }),
      },
      spec: { renewTime },
    });
  await lease('a', 'default/x,other/y', '2026-01-01T00:09:58Z');
  await lease('b', undefined, '2026-01-01T00:09:58Z');
  await lease('c', 'default/z', '2026-01-01T00:00:00Z');
  await lease('d', 'default/w', 'never');
  await lease('somebody-elses', 'default/v', '2026-01-01T00:09:58Z', false);
  const { signal } = new AbortController();
  expect(await suspectsOfFleet(api, { namespace: 'vela-system', now }, signal)).toEqual(['default/x', 'other/y']);
});
