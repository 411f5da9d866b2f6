import { describe, expect, test } from '@jest/globals';
import { apiError, FakeCluster } from '../../../../test/support/fake-kube-client.ts';
import { MemoryApi } from '../../../../test/support/memory-api.ts';
import { configMaps } from '../../../../test/support/application-bed.ts';
import type { KubeClient, WatchEvent } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import { seededRandom } from '../../../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../../../machinery/src/clock/fake.ts';
import { silentLogger } from '../../../../machinery/src/logging/logger.ts';
import { DeliveredResources } from './delivered.ts';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function harness(client: KubeClient, shard?: string) {
  const clock = new FakeClock();
  const delivered = new DeliveredResources({ client, clock, random: seededRandom(1), logger: silentLogger(), shard });
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

/** A watch without events, until it is aborted. */
async function* silence<T extends KubeObject>(signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  yield* [];
}

const target = { name: 'c', namespace: 'ns' };

test('a kind is watched from its first delivery on, and only followed objects are reported', async () => {
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

test('a kind without the right to watch is left to the resync', async () => {
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

describe('of a shard', () => {
  const written = (name: string, shard: string | undefined): KubeObject => {
    const own = { ...owned.metadata.labels, ...(shard !== undefined && { [labels.deliveredBy]: shard }) };
    return { ...owned, metadata: { name, namespace: 'ns', labels: own } };
  };

  async function begun() {
    const api = new MemoryApi();
    for (const [name, shard] of [
      ['mine', 's'],
      ['moved', 't'],
      ['old', undefined],
    ] as const)
      await api.create(configMaps, written(name, shard));
    const selectors: (string | undefined)[] = [];
    const watch = api.watch.bind(api);
    api.watch = (resource, options) => {
      selectors.push(options.labelSelector);
      return watch(resource, options);
    };
    const parts = harness(api, 's');
    /** Reads an object as a delivery does; returns whether that state is still current. */
    const read = async (name: string, app = `ns/${name}`): Promise<() => boolean> => {
      const at = { name, namespace: 'ns' };
      const ticket = parts.delivered.expect(configMaps, at, app);
      const live = await api.get(configMaps, at);
      parts.delivered.saw(configMaps, live, app);
      const { resourceVersion = '' } = live.metadata;
      return () => parts.delivered.isCurrent(configMaps, at, { ticket, resourceVersion });
    };
    parts.delivered.follow(configMaps);
    await parts.clock.advance(0);
    /** Changes an object; returns the keys that are reported within 150 ms. */
    const changed = async (name: string, shard: string | undefined): Promise<readonly string[]> => {
      parts.keys.length = 0;
      await api.update(configMaps, { ...written(name, shard), data: { at: String(api.log.length) } });
      await parts.clock.advance(150);
      return [...new Set(parts.keys)];
    };
    return { ...parts, api, selectors, read, changed };
  }
  const chosenBy = (shards: string): string => `${labels.appName},${labels.deliveredBy} in (${shards})`;

  test('only objects with its label are watched', async () => {
    const { selectors, read, changed, stop } = await begun();
    const isCurrent = await read('mine');
    expect(isCurrent()).toBe(true);
    expect(await changed('mine', 's')).toEqual(['ns/mine']);
    expect(isCurrent()).toBe(false);
    expect(await changed('moved', 't')).toEqual([]);
    expect(selectors).toEqual([chosenBy('s')]);
    await stop();
  });

  test('an object of another shard is watched too, from its first read until it is applied again', async () => {
    const { api, clock, delivered, keys, selectors, read, changed, stop } = await begun();
    await read('moved');
    await clock.advance(250);
    expect(selectors).toEqual([chosenBy('s'), chosenBy('s,t')]);
    expect(keys).toEqual(['ns/moved']);
    expect(await changed('moved', 't')).toEqual(['ns/moved']);
    expect(await changed('moved', 's')).toEqual(['ns/moved']);
    const isCurrent = await read('moved');
    expect(isCurrent()).toBe(true);
    delivered.drop('ns/moved');
    await read('moved');
    // the API server ends every watch after some time
    api.dropWatches();
    await clock.advance(10_000);
    expect(selectors.at(-1)).toBe(chosenBy('s'));
    await stop();
  });

  test('all objects are watched while one has no label', async () => {
    const { clock, selectors, read, changed, stop } = await begun();
    await read('old');
    await clock.advance(250);
    expect(selectors).toEqual([chosenBy('s'), labels.appName]);
    expect(await changed('old', undefined)).toEqual(['ns/old']);
    await stop();
  });

  test('an object without an Application does not change the watch', async () => {
    const { clock, api, delivered, selectors, stop } = await begun();
    const at = { name: 'stranger', namespace: 'ns' };
    const live = await api.create(configMaps, { ...owned, metadata: at });
    delivered.expect(configMaps, at, 'ns/app');
    delivered.saw(configMaps, live, 'ns/app');
    await clock.advance(250);
    expect(selectors).toEqual([chosenBy('s')]);
    await stop();
  });
});
