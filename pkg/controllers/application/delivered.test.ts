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
  return { clock, delivered, keys, stop };
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

const target = { name: 'c', namespace: 'ns' };

test('a kind is watched from when it is first delivered, and only what is followed concerns anybody', async () => {
  const client = clusterWith(owned);
  client.watch = (_resource, { signal }) => silence(signal);
  client.list = (_resource, options) => {
    const all = ['c', 'of-others'].map((name) => ({
      ...owned,
      metadata: { ...owned.metadata, name, uid: name, resourceVersion: '7' },
    }));
    const items = options?.limit === 1 ? [] : all.filter((object) => options?.keep?.(object) ?? true);
    return Promise.resolve({
      apiVersion: 'v1',
      kind: 'List',
      metadata: { resourceVersion: '9' },
      items: items as never[],
    });
  };
  const { clock, delivered, keys, stop } = harness(client);
  const ticket = delivered.expect(configMaps, target, 'other/app');
  expect(delivered.isCurrent(configMaps, target, { ticket, resourceVersion: '7' })).toBe(false);
  delivered.follow(configMaps);
  await settled();
  expect(keys).toEqual([]);
  await clock.advance(100);
  expect(keys).toEqual(['other/app']);
  expect(delivered.isCurrent(configMaps, target, { ticket, resourceVersion: '7' })).toBe(true);
  expect(delivered.isCurrent(configMaps, { ...target, name: 'of-others' }, { ticket, resourceVersion: '7' })).toBe(
    false,
  );
  delivered.drop('other/app');
  expect(delivered.isCurrent(configMaps, target, { ticket, resourceVersion: '7' })).toBe(false);
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
  const ticket = delivered.expect(configMaps, target, 'other/app');
  await settled();
  expect([lists, keys]).toEqual([1, []]);
  expect(delivered.isCurrent(configMaps, target, { ticket, resourceVersion: '7' })).toBe(false);
  await stop();
});
