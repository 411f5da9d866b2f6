import { beforeEach, expect, test } from '@jest/globals';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import { shardView } from '../../../../test/support/shard-views.ts';
import type { Fleet } from '../../../apis/fleet.ts';
import { FakeClock } from '../../../clock/fake.ts';
import { silentLogger } from '../../../logging/logger.ts';
import { readSlots } from '../../../scheduling/slots.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { SlotTable } from './slot-table.ts';

const { signal } = new AbortController();
let api: MemoryApi;
let views: ShardView[];

beforeEach(() => {
  api = new MemoryApi();
  views = [shardView('master'), shardView('a'), shardView('b')];
});

function newTable(given: { isUsed?: boolean; masterToo?: boolean } = {}): SlotTable {
  return new SlotTable({
    view: { shards: () => views, onChange: () => undefined, whenSynced: () => Promise.resolve() },
    namespace: 'vela-system',
    known: () => views.map(({ id }) => id),
    isUsed: true,
    masterToo: false,
    clock: new FakeClock(),
    logger: silentLogger(),
    ...given,
  });
}

/** Which shards have slots. */
const stored = (): readonly string[] => [...new Set(readSlots((api.objects[0] as Fleet | undefined)?.slots))].sort();
const writes = (): readonly string[] => api.log.filter((what) => !what.startsWith('get'));

test('is made once, and written only when the shards change', async () => {
  const table = newTable();
  for (let i = 0; i < 3; i += 1) await table.write(api, signal);
  expect([stored(), writes()]).toEqual([
    ['a', 'b'],
    ['create Fleet', 'patch Fleet'],
  ]);
  views.push(shardView('c'));
  for (let i = 0; i < 3; i += 1) await table.write(api, signal);
  expect([stored(), writes()]).toEqual([
    ['a', 'b', 'c'],
    ['create Fleet', 'patch Fleet', 'patch Fleet'],
  ]);
});

test('has those alone that may get something, and the master where it is wanted or alone', async () => {
  views = [shardView('master'), shardView('a', { cordoned: true }), shardView('b')];
  await newTable().write(api, signal);
  expect(stored()).toEqual(['b']);
  await newTable({ masterToo: true }).write(api, signal);
  expect(stored()).toEqual(['b', 'master']);
  views = [shardView('master'), shardView('a', { phase: 'Gone' })];
  await newTable().write(api, signal);
  expect(stored()).toEqual(['master']);
});

test('is empty where others choose, so that the policy steps aside', async () => {
  await newTable().write(api, signal);
  await newTable({ isUsed: false }).write(api, signal);
  expect(stored()).toEqual([]);
  expect(api.objects).toHaveLength(1);
});

test('follows what the shards have, in steps', async () => {
  const table = newTable();
  const share = (): number => readSlots((api.objects[0] as Fleet).slots).filter((id) => id === 'a').length / 1021;
  views = [shardView('a', { applications: 100 }), shardView('b', { applications: 100 })];
  await table.write(api, signal);
  expect(share()).toBeCloseTo(0.5, 2);
  views = [shardView('a', { applications: 101 }), shardView('b', { applications: 100 })];
  await table.write(api, signal);
  expect(writes()).toHaveLength(2);
  views = [shardView('a', { applications: 150 }), shardView('b', { applications: 100 })];
  await table.write(api, signal);
  expect(share()).toBeLessThan(0.35);
});

test('of two masters that begin at once both go on', async () => {
  const create = api.create.bind(api);
  api.create = async (...args: Parameters<typeof api.create>) => {
    await create(...args);
    return create(...args) as never;
  };
  await expect(newTable().write(api, signal)).resolves.toBeUndefined();
  await newTable().write(api, signal);
  expect(stored()).toEqual(['a', 'b']);
});
