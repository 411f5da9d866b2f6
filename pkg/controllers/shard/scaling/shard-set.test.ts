import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import { shardView } from '../../../../test/support/shard-views.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { shardSetResource } from '../../../apis/shard-set.ts';
import type { ShardSet } from '../../../apis/shard-set.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { FleetSize } from './fleet-size.ts';
import { ShardSetController } from './shard-set.ts';

const namespace = 'vela-system';
const target = { name: 'shards', namespace };
const addon: KubeObject = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'addon-vela-core-shard-manager', namespace, uid: 'addon-uid' },
};

let clock: FakeClock;
let api: MemoryApi;
/** The number of the addon; undefined while it is not enabled. */
let count: number | undefined;
let ready: number;
let asked: number[];
let events: string[];
let problem: string | undefined;
let end: AbortController;
let running: Promise<unknown>;

const ids = (): string[] => Array.from({ length: count ?? 0 }, (_, i) => `shard-${i}`);

beforeEach(async () => {
  clock = new FakeClock();
  api = new MemoryApi();
  [count, ready, asked, events, problem] = [3, 2, [], [], undefined];
  end = new AbortController();
  const logger = silentLogger();
  const size = new FleetSize({
    fleet: {
      wanted: () => Promise.resolve(count === undefined ? undefined : { ids: new Set(ids()), object: addon }),
      resize: (_client, to) => {
        asked.push(to);
        if (problem === undefined) count = to;
        return Promise.resolve(problem);
      },
    },
    events: { event: (object, type, reason, text) => events.push(`${object.kind} ${type} ${reason} ${text}`) },
    logger,
    metrics: newRegistry(),
  });
  const view = {
    shards: () => ids().map((id, i) => shardView(id, { phase: i < ready ? 'Ready' : 'Joining' })),
    onChange: () => () => undefined,
    whenSynced: () => Promise.resolve(),
  };
  const keeper = new ShardSetController({
    client: api,
    namespace,
    view,
    size,
    clock,
    random: seededRandom(1),
    logger,
    metrics: newRegistry(),
  });
  running = Promise.all([keeper.watch(end.signal), keeper.run(api, end.signal)]);
  await settle();
});

afterEach(async () => {
  end.abort();
  await clock.advance(60_000);
  await running;
});

async function settle(): Promise<void> {
  for (let i = 0; i < 4; i += 1) await clock.advance(31_000);
}

const stored = (): Promise<ShardSet> => api.get<ShardSet>(shardSetResource, target);
const scale = (replicas: number | null): Promise<unknown> =>
  api.patch(shardSetResource, target, { body: { spec: { replicas } } });
const numbers = async (): Promise<readonly (number | undefined)[]> => {
  const { spec, status } = await stored();
  return [spec?.replicas, status?.replicas, status?.readyReplicas];
};

test('is created for the addon, has its number of shards, and is deleted with it', async () => {
  expect(await stored()).toMatchObject({
    metadata: { ownerReferences: [{ kind: 'Application', uid: 'addon-uid' }] },
    spec: { replicas: 3 },
    status: {
      replicas: 3,
      readyReplicas: 2,
      selector:
        'app.kubernetes.io/name=vela-core,controller.core.oam.dev/shard-id,controller.core.oam.dev/shard-id notin (master)',
      conditions: [{ type: 'Scaled', status: 'True' }],
    },
  });
  const before = api.version;
  await settle();
  expect(api.version).toBe(before);
  count = undefined;
  await settle();
  expect(api.objects).toEqual([]);
});

test('requests another number when it is scaled, once', async () => {
  await scale(5);
  await settle();
  expect([asked, await numbers()]).toEqual([[5], [5, 5, 2]]);
  expect(events).toEqual(['Application Normal ShardsAdded 5 shards instead of 3: shardset shards was scaled']);
  ready = 5;
  await settle();
  expect(await numbers()).toEqual([5, 5, 5]);
  await scale(1);
  await settle();
  expect([asked, await numbers()]).toEqual([
    [5, 1],
    [1, 1, 1],
  ]);
});

test('follows the addon when that is enabled with another number', async () => {
  count = 7;
  await settle();
  expect([asked, await numbers()]).toEqual([[], [7, 7, 2]]);
  await scale(null);
  await settle();
  expect([asked, await numbers()]).toEqual([[], [7, 7, 2]]);
});

test('does not repeat a request of a process that ended before it wrote the status', async () => {
  count = 4;
  await scale(4);
  await settle();
  expect([asked, await numbers()]).toEqual([[], [4, 4, 2]]);
});

test('reports a problem, and retries', async () => {
  problem = 'memory: must be text';
  await scale(9);
  await settle();
  const { status } = await stored();
  expect(status).toMatchObject({
    replicas: 3,
    conditions: [{ type: 'Scaled', status: 'False', reason: 'NotPossible', message: 'memory: must be text' }],
  });
  problem = undefined;
  await settle();
  expect(await numbers()).toEqual([9, 9, 2]);
});
