import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { MemoryApi } from '../../test/support/memory-api.ts';
import { annotations, labels } from '../apis/names.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { leases } from '../lease/record.ts';
import { CrashRecord, suspectsOfFleet } from './crash-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'crashes-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The record of the next process of a pod after a crash with these keys in work. */
function afterCrash(pod: string, keys: readonly string[], clock: FakeClock): CrashRecord {
  const dead = CrashRecord.open(folder, pod, clock);
  for (const key of keys) dead.journal?.begin(key);
  return CrashRecord.open(folder, pod, clock);
}

test('reports the keys of the last crash until they are settled', () => {
  const clock = new FakeClock();
  const record = afterCrash('a', ['default/x', 'default/y'], clock);
  expect([record.left, record.suspects]).toEqual([
    ['default/x', 'default/y'],
    ['default/x', 'default/y'],
  ]);
  record.settle(['default/x']);
  expect(record.suspects).toEqual(['default/y']);
  expect(CrashRecord.open(folder, 'a', clock).left).toEqual(['default/y']);
  record.settle(['default/y']);
  expect(record.suspects).toEqual([]);
  expect(CrashRecord.open(folder, 'a', clock).left).toEqual([]);
});

test('drops the keys after ten minutes', async () => {
  const clock = new FakeClock();
  const record = afterCrash('b', ['default/x'], clock);
  await clock.advance(600_000);
  expect(record.suspects).toEqual(['default/x']);
  await clock.advance(1);
  expect([record.suspects, CrashRecord.open(folder, 'b', clock).left]).toEqual([[], []]);
});

test('has no keys where no file can be written', () => {
  const clock = new FakeClock();
  expect(() => CrashRecord.open(join(folder, 'nowhere'), 'c', clock)).toThrow('ENOENT');
  expect(CrashRecord.none(clock)).toMatchObject({ left: [], suspects: [], journal: undefined });
});

test('reports fifty keys at most', () => {
  const keys = Array.from({ length: 60 }, (_, i) => `default/app-${i}`);
  expect(afterCrash('d', keys, new FakeClock()).suspects).toEqual(keys.slice(0, 50));
});

test('reads the suspects of a fleet from recently renewed Leases of shards', async () => {
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
  await lease('foreign', 'default/v', '2026-01-01T00:09:58Z', false);
  const { signal } = new AbortController();
  expect(await suspectsOfFleet(api, { namespace: 'vela-system', now }, signal)).toEqual(['default/x', 'other/y']);
});
