import { beforeEach, expect, test } from '@jest/globals';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import { shardView } from '../../../../test/support/shard-views.ts';
import type { Fleet } from '../../../apis/fleet.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { readSlots } from '../../../scheduling/slots.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { SlotTableController } from './slot-table.ts';

const { signal } = new AbortController();
let api: MemoryApi;
let views: ShardView[];

beforeEach(() => {
  api = new MemoryApi();
  views = [shardView('master'), shardView('a'), shardView('b')];
});

function newTable(given: { isUsed?: boolean; masterToo?: boolean } = {}): SlotTableController {
  return new SlotTableController({
    view: { shards: () => views, onChange: () => () => undefined, whenSynced: () => Promise.resolve() },
    namespace: 'vela-system',
    known: () => views.map(({ id }) => id),
    isUsed: true,
    masterToo: false,
    clock: new FakeClock(),
    logger: silentLogger(),
    metrics: newRegistry(),
    ...given,
  });
}

/** The shards with slots. */
const stored = (): readonly string[] => [...new Set(readSlots((api.objects[0] as Fleet | undefined)?.slots))].sort();
const writes = (): readonly string[] => api.log.filter((request) => !request.startsWith('get'));

test('is created once, and written only when the shards change', async () => {
  const table = newTable();
  for (let i = 0; i < 3; i += 1) await table.reconcile(api, signal);
  expect([stored(), writes()]).toEqual([
    ['a', 'b'],
    ['create Fleet', 'patch Fleet'],
  ]);
  views.push(shardView('c'));
  for (let i = 0; i < 3; i += 1) await table.reconcile(api, signal);
  expect([stored(), writes()]).toEqual([
    ['a', 'b', 'c'],
    ['create Fleet', 'patch Fleet', 'patch Fleet'],
  ]);
});

test('has available shards alone, and the master where it is included or alone', async () => {
  views = [shardView('master'), shardView('a', { cordoned: true }), shardView('b')];
  await newTable().reconcile(api, signal);
  expect(stored()).toEqual(['b']);
  await newTable({ masterToo: true }).reconcile(api, signal);
  expect(stored()).toEqual(['b', 'master']);
  views = [shardView('master'), shardView('a', { phase: 'Gone' })];
  await newTable().reconcile(api, signal);
  expect(stored()).toEqual(['master']);
});

test('is empty where the webhook chooses, so that the policy does not', async () => {
  await newTable().reconcile(api, signal);
  await newTable({ isUsed: false }).reconcile(api, signal);
  expect(stored()).toEqual([]);
  expect(api.objects).toHaveLength(1);
});

test('follows the counts of the shards, in steps', async () => {
  const table = newTable();
  const share = (): number => readSlots((api.objects[0] as Fleet).slots).filter((id) => id === 'a').length / 1021;
  views = [shardView('a', { applications: 100 }), shardView('b', { applications: 100 })];
  await table.reconcile(api, signal);
  expect(share()).toBeCloseTo(0.5, 2);
  views = [shardView('a', { applications: 101 }), shardView('b', { applications: 100 })];
  await table.reconcile(api, signal);
  expect(writes()).toHaveLength(2);
  views = [shardView('a', { applications: 150 }), shardView('b', { applications: 100 })];
  await table.reconcile(api, signal);
  expect(share()).toBeLessThan(0.35);
});

test('survives two masters that create it at once', async () => {
  const create = api.create.bind(api);
  api.create = async (...args: Parameters<typeof api.create>) => {
    await create(...args);
    return create(...args) as never;
  };
  await expect(newTable().reconcile(api, signal)).resolves.toEqual({ requeueAfterMs: 30_000 });
  await newTable().reconcile(api, signal);
  expect(stored()).toEqual(['a', 'b']);
});
