import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { EventCorrelator } from './event-correlator.ts';
import { gated } from './gate.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } };
const target = { name: 'a', namespace: 'n' };

describe('a client behind the gate of a Lease', () => {
  let cluster: FakeCluster;
  let isOpen: boolean;
  let client: KubeClient;
  beforeEach(() => {
    cluster = new FakeCluster({ resources: [configMaps], now: () => 0 });
    isOpen = true;
    client = gated(cluster.client(), { mayWrite: () => isOpen, validForMs: () => (isOpen ? 10_000 : 0) });
  });

  const writes: Readonly<Record<string, (one: KubeClient) => Promise<unknown>>> = {
    'create ConfigMap': (one) => one.create(configMaps, object),
    'update ConfigMap': (one) => one.update(configMaps, object),
    'patch ConfigMap': (one) => one.patch(configMaps, target, { type: 'merge', body: {} }),
    'apply ConfigMap': (one) => one.apply(configMaps, object, { fieldManager: 'x' }),
    'delete ConfigMap': (one) => one.delete(configMaps, target),
    'delete configmaps': (one) => one.deleteCollection(configMaps, {}),
    'POST /x': (one) => one.raw('POST', '/x'),
  };

  test.each(Object.keys(writes))('sends no "%s" without the Lease', async (what) => {
    isOpen = false;
    await expect(writes[what]?.(client)).rejects.toMatchObject({
      reason: 'NotHolder',
      message: `${what}: not sent, because this process does not hold the lease`,
    });
    await expect(writes[what]?.(client.impersonate({ username: 'me', groups: [] }))).rejects.toMatchObject({
      reason: 'NotHolder',
    });
    expect(cluster.requests).toBe(0);
  });

  test('writes with it, and reads without it', async () => {
    await client.create(configMaps, object);
    isOpen = false;
    expect((await client.get(configMaps, target)).metadata.name).toBe('a');
    expect((await client.list(configMaps)).items).toHaveLength(1);
    expect(await client.resourceFor('v1', 'ConfigMap')).toBe(configMaps);
  });
});

describe('the events of an object', () => {
  let clock: FakeClock;
  let correlator: EventCorrelator;
  beforeEach(() => {
    clock = new FakeClock();
    correlator = new EventCorrelator(clock);
  });

  const emit = (message: string, name = 'a', reason = 'R') =>
    correlator.correlate({
      object: { ...object, metadata: { name, namespace: 'n', uid: name } },
      type: 'Normal',
      reason,
      message,
    });
  const written = { name: 'e', namespace: 'n', count: 1, firstTimestamp: '' };

  test('that are the same are one Event that is counted up', () => {
    const first = emit('m');
    expect(first).toMatchObject({ message: 'm', written: undefined });
    correlator.remember(first?.identity ?? '', written);
    expect(emit('m')?.written).toBe(written);
    expect([emit('other')?.written, emit('m', 'b')?.written, emit('m', 'a', 'S')?.written]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('are written anew when the Event is gone, or about to be', async () => {
    const { identity = '' } = emit('m') ?? {};
    correlator.remember(identity, written);
    correlator.forget(identity);
    expect(emit('m')?.written).toBeUndefined();
    correlator.remember(identity, written);
    await clock.advance(50 * 60_000);
    expect(emit('m')?.written).toBeUndefined();
  });

  test('are combined from the eleventh that is alike on, until ten minutes are over', async () => {
    const messages = Array.from({ length: 12 }, (_, i) => emit(`m${i}`)?.message);
    expect(messages.slice(9)).toEqual([
      'm9',
      '(combined from similar events): m10',
      '(combined from similar events): m11',
    ]);
    await clock.advance(10 * 60_000);
    expect(emit('m99')?.message).toBe('m99');
  });

  test('are limited to 25 at once for each object, and one in five minutes then', async () => {
    const count = (name: string): number =>
      Array.from({ length: 30 }, () => emit('m', name)).filter((one) => one !== undefined).length;
    expect([count('a'), count('b')]).toEqual([25, 25]);
    expect(emit('m')).toBeUndefined();
    await clock.advance(5 * 60_000);
    expect([emit('m') !== undefined, emit('m') !== undefined]).toEqual([true, false]);
  });
});
