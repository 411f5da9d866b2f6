import { expect, test } from '@jest/globals';
import { apiError, FakeCluster } from '../../../test/support/fake-kube-client.ts';
import { configMaps } from '../../../test/support/application-bed.ts';
import type { KubeClient, WatchEvent } from '../../apis/kube-client.ts';
import type { KubeObject } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import { seededRandom } from '../../clock/clock.ts';
import { FakeClock } from '../../clock/fake.ts';
import { silentLogger } from '../../logging/logger.ts';
import { DeliveredResources } from './delivered.ts';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function harness(client: KubeClient) {
  const clock = new FakeClock();
  const delivered = new DeliveredResources({ client, clock, random: seededRandom(1), logger: silentLogger() });
  const keys: string[] = [];
  delivered.source({ changed: () => true, gone: () => true }).attach((key) => keys.push(key));
  const stopping = new AbortController();
  const running = delivered.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  return { delivered, keys, stop };
}

function clusterWith(object: KubeObject): KubeClient {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ resources: [configMaps], now: () => clock.now() });
  cluster.create(configMaps, object);
  return cluster.client();
}

const owned: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', namespace: 'ns', labels: { [labels.appName]: 'app', [labels.appNamespace]: 'other' } },
};

/** A watch in which nothing happens until it is aborted. */
async function* silence<T extends KubeObject>(signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  yield* [];
}

test('a kind is watched from when it is first delivered, and yields the keys of its Applications', async () => {
  const client = clusterWith(owned);
  client.watch = (_resource, { signal }) => silence(signal);
  client.list = (_resource, options) =>
    Promise.resolve({
      apiVersion: 'v1',
      kind: 'List',
      metadata: { resourceVersion: '9' },
      items:
        options?.limit === 1
          ? []
          : ([{ ...owned, metadata: { ...owned.metadata, uid: 'u', resourceVersion: '7' } }] as never[]),
    });
  const { delivered, keys, stop } = harness(client);
  expect(delivered.get(configMaps, { name: 'c', namespace: 'ns' })).toBeUndefined();
  delivered.follow(configMaps);
  delivered.follow(configMaps);
  await settled();
  expect(keys).toEqual(['other/app']);
  expect(delivered.get(configMaps, { name: 'c', namespace: 'ns' })).toMatchObject({ uid: 'u', resourceVersion: '7' });
  await stop();
});

test('a kind that may not be watched is left to the resync', async () => {
  const client = clusterWith(owned);
  let lists = 0;
  client.list = () => {
    lists++;
    return Promise.reject(apiError(403, 'Forbidden', 'no'));
  };
  const { delivered, keys, stop } = harness(client);
  delivered.follow(configMaps);
  await settled();
  expect([lists, keys]).toEqual([1, []]);
  expect(delivered.get(configMaps, { name: 'c', namespace: 'ns' })).toBeUndefined();
  await stop();
});
