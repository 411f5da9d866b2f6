import { beforeEach, expect, test } from '@jest/globals';
import { MemoryApi } from '../../test/support/memory-api.ts';
import { holderBindingName, subjectsOf, termOf } from '../apis/holder.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { HolderKeeper } from './holder-keeper.ts';
import { HolderRecord } from './holder-record.ts';

const { signal } = new AbortController();
let api: MemoryApi;

beforeEach(() => {
  api = new MemoryApi();
});

const newRecord = (): HolderRecord =>
  new HolderRecord({ client: api, namespace: 'vela-system', lease: 'kubevela-s', shard: 's', labels: {} });
const writes = (): readonly string[] => api.log.filter((what) => !what.startsWith('get'));

test('names the process for its shard, for any shard, and its term, in one write', async () => {
  const record = newRecord();
  expect(await record.term(signal)).toBe(-1);
  for (let i = 0; i < 3; i += 1) expect(await record.write('pod-a.pod', 4, signal)).toBe('recorded');
  expect(writes()).toEqual(['create RoleBinding']);
  const [binding] = api.objects;
  expect(binding?.metadata.name).toBe(holderBindingName('kubevela-s'));
  expect(subjectsOf(binding)).toEqual(['pod-a.pod.s', 'pod-a.pod', '4.epoch.s']);
  expect(await record.term(signal)).toBe(4);
});

test('is never taken back to an earlier term, whatever the order of two holders is', async () => {
  const [old, next] = [newRecord(), newRecord()];
  await old.write('old.pod', 4, signal);
  let isFirst = true;
  // the next holder writes between the reading and the writing of the old one
  api.onRequest = async (what) => {
    if (what !== 'update RoleBinding' || !isFirst) return;
    isFirst = false;
    await next.write('next.pod', 6, signal);
  };
  expect(await old.write('old.pod', 5, signal)).toBe('overtaken');
  expect(termOf(api.objects[0])).toBe(6);
  expect(subjectsOf(api.objects[0])).toContain('next.pod.s');
});

test('a holder waits with its work until the fences have seen its record', async () => {
  const clock = new FakeClock();
  const refused: (string | undefined)[] = [];
  let probes = 0;
  const keeper = new HolderKeeper({
    record: newRecord(),
    lease: 'kubevela-s',
    self: () => Promise.resolve('pod-a.pod'),
    probe: () => {
      probes += 1;
      return Promise.resolve();
    },
    clock,
    logger: silentLogger(),
    onRefused: (why) => refused.push(why),
  });
  await keeper.begin(1, signal);
  expect([writes(), probes, refused]).toEqual([['create RoleBinding'], 1, []]);
});
