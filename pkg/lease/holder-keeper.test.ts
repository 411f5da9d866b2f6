import { beforeEach, expect, test } from '@jest/globals';
import { MemoryApi } from '../../test/support/memory-api.ts';
import { ApiError } from '../apis/api-error.ts';
import { subjectsOf } from '../apis/holder.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { HolderKeeper } from './holder-keeper.ts';
import { HolderRecord } from './holder-record.ts';

const refusal = new ApiError({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  code: 403,
  reason: 'Forbidden',
  message: `x is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: shard fence (holder): x is for the holder`,
});
let api: MemoryApi;
let clock: FakeClock;
let refusedUntil: number;
let reports: (string | undefined)[];
let end: AbortController;

beforeEach(() => {
  api = new MemoryApi();
  clock = new FakeClock();
  refusedUntil = 0;
  reports = [];
  end = new AbortController();
});

function newKeeper(self = 'pod-a.pod'): HolderKeeper {
  const place = { namespace: 'vela-system', lease: 'kubevela-s', shard: 's', labels: {} };
  return new HolderKeeper({
    record: new HolderRecord({ client: api, ...place }),
    lease: place.lease,
    self: () => Promise.resolve(self),
    probe: () => (clock.monotonic() < refusedUntil ? Promise.reject(refusal) : Promise.resolve()),
    clock,
    logger: silentLogger(),
    onRefused: (why) => reports.push(why),
  });
}

test('begins a term once the fences have seen its record', async () => {
  refusedUntil = clock.monotonic() + 300;
  let hasBegun = false;
  void newKeeper()
    .begin(1, end.signal)
    .then(() => {
      hasBegun = true;
    });
  await clock.advance(200);
  expect(hasBegun).toBe(false);
  await clock.advance(200);
  expect([hasBegun, reports]).toEqual([true, []]);
});

test('begins a term that the fences go on refusing, and reports that until they do not', async () => {
  refusedUntil = clock.monotonic() + 20_000;
  const keeper = newKeeper();
  void keeper.begin(1, end.signal).then(() => keeper.run(1, end.signal));
  await clock.advance(6_000);
  expect(reports).toEqual([expect.stringContaining('shard fence (holder)')]);
  await clock.advance(20_000);
  expect(reports).toEqual([expect.stringContaining('shard fence (holder)'), undefined]);
  end.abort();
});

test('writes a record anew that was deleted, at once after a refused write', async () => {
  const keeper = newKeeper();
  void keeper.begin(3, end.signal).then(() => keeper.run(3, end.signal));
  await clock.advance(100);
  const [binding] = api.objects;
  await api.delete(
    { group: '', version: 'v1', kind: 'RoleBinding', plural: 'rolebindings', namespaced: true },
    {
      name: binding?.metadata.name ?? '',
      namespace: 'vela-system',
    },
  );
  expect(api.objects).toEqual([]);
  keeper.nudge();
  await clock.advance(100);
  expect(subjectsOf(api.objects[0])).toContain('3.epoch.s');
  end.abort();
});

test('a process that was overtaken does not begin', async () => {
  const place = { namespace: 'vela-system', lease: 'kubevela-s', shard: 's', labels: {} };
  await new HolderRecord({ client: api, ...place }).write('next.pod', 9, end.signal);
  let hasBegun = false;
  newKeeper()
    .begin(8, end.signal)
    .then(
      () => {
        hasBegun = true;
      },
      () => undefined,
    );
  await clock.advance(60_000);
  expect(hasBegun).toBe(false);
  expect(subjectsOf(api.objects[0])).toContain('next.pod.s');
  end.abort();
});
