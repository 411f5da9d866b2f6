import { expect, test } from '@jest/globals';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import { shardView } from '../../../../test/support/shard-views.ts';
import { applicationResource } from '../../../apis/application.ts';
import { labels } from '../../../apis/names.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../metrics/registry.ts';
import { Rebalancer } from './rebalancer.ts';

test('a new leader waits until shards have reported the moves of the last one', async () => {
  const clock = new FakeClock();
  const api = new MemoryApi();
  for (let i = 0; i < 20; i += 1)
    await api.create(applicationResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { namespace: 'ns', name: `app-${i}`, labels: { [labels.scheduledShardId]: i < 10 ? 'x' : 'y' } },
    });
  // ten have just been moved from x to y
  let views = [shardView('x', { applications: 20 }), shardView('y')];
  const rebalancer = new Rebalancer({
    view: { shards: () => views, whenSynced: () => Promise.resolve() },
    underWay: () => [],
    rules: { mode: 'continuous' },
    clock,
    random: seededRandom(1),
    logger: silentLogger(),
    metrics: newRegistry(),
  });
  const asked = (): number => api.log.filter((what) => what.startsWith('patch')).length;
  const stop = new AbortController();
  const running = rebalancer.run(api, stop.signal);
  for (let i = 0; i < 4; i += 1) await clock.advance(2_000);
  expect(asked()).toBe(0);
  views = [shardView('x', { applications: 10 }), shardView('y', { applications: 10 })];
  for (let i = 0; i < 10; i += 1) await clock.advance(2_000);
  expect(asked()).toBe(0);
  views = [shardView('x', { applications: 10 }), shardView('y', { applications: 2 })];
  for (let i = 0; i < 4; i += 1) await clock.advance(2_000);
  expect(asked()).toBe(4);
  stop.abort();
  await running;
});
