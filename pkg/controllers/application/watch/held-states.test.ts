import { expect, test } from '@jest/globals';
import { configMaps, deployments } from '../../../../test/support/application-bed.ts';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import type { KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { DeliveredResources } from './delivered.ts';

const at = { name: 'web', namespace: 'ns' };
const object = (kind: string, more: object = {}): KubeObject => ({
  apiVersion: kind === 'ConfigMap' ? 'v1' : 'apps/v1',
  kind,
  metadata: { ...at, labels: { [labels.appName]: 'app', [labels.appNamespace]: 'ns' } },
  ...more,
});

async function watched(resource: Resource) {
  const api = new MemoryApi();
  const clock = new FakeClock();
  const parts = { clock, random: seededRandom(1), logger: silentLogger(), shard: undefined };
  const delivered = new DeliveredResources({ client: api, ...parts });
  const keys: string[] = [];
  delivered.source({ changed: () => true, gone: () => true }).attach((key) => keys.push(key));
  const stopping = new AbortController();
  const running = delivered.run(stopping.signal);
  delivered.follow(resource);
  await clock.advance(0);
  const live = await api.create(resource, object(resource.kind));
  const ticket = delivered.expect(resource, at, 'ns/app');
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  return { api, clock, delivered, keys, live, ticket, stop };
}

test('the state of an object is held from its delivery on, and follows the watch until its Application rests', async () => {
  const { api, clock, delivered, live, ticket, stop } = await watched(deployments);
  expect(delivered.latest(deployments, at, ticket)).toBeUndefined();
  delivered.saw(deployments, live, 'ns/app');
  expect(delivered.latest(deployments, at, ticket)).toMatchObject({ kind: 'Deployment' });
  const newer = await api.update(deployments, { ...live, status: { readyReplicas: 1 } });
  await clock.advance(100);
  expect(delivered.latest(deployments, at, ticket)).toMatchObject({
    metadata: { resourceVersion: newer.metadata.resourceVersion },
    status: { readyReplicas: 1 },
  });
  delivered.rest('ns/app');
  expect(delivered.latest(deployments, at, ticket)).toBeUndefined();
  await api.update(deployments, { ...newer, status: { readyReplicas: 2 } });
  await clock.advance(100);
  expect(delivered.latest(deployments, at, ticket)).toBeUndefined();
  await stop();
});

test('a state is not held after another ticket, or after the object is gone', async () => {
  const { api, clock, delivered, live, ticket, stop } = await watched(deployments);
  delivered.saw(deployments, live, 'ns/app');
  expect(delivered.latest(deployments, at, ticket + 1)).toBeUndefined();
  await api.delete(deployments, at);
  await clock.advance(100);
  expect(delivered.latest(deployments, at, ticket)).toBeUndefined();
  await stop();
});

test('the contents of a changed ConfigMap are not received: it is read where it is needed', async () => {
  const { api, clock, delivered, live, ticket, stop } = await watched(configMaps);
  delivered.saw(configMaps, live, 'ns/app');
  expect(delivered.latest(configMaps, at, ticket)).toBeDefined();
  await api.update(configMaps, { ...live, data: { a: '2' } });
  await clock.advance(100);
  expect(delivered.latest(configMaps, at, ticket)).toBeUndefined();
  await stop();
});
