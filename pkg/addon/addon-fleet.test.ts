import { beforeEach, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { AddonFleet } from './addon-fleet.ts';

const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const target = { name: 'addon-vela-core-shard-manager', namespace: 'vela-system' };
const { signal } = new AbortController();
let client: KubeClient;
let fleet: AddonFleet;

beforeEach(() => {
  const clock = new FakeClock();
  client = new FakeCluster({ resources: [applicationResource, secrets], now: () => clock.now() }).client();
  fleet = new AddonFleet(client, '1.0.0', clock);
});

const addon = (finalizers: readonly string[] = []): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { ...target, finalizers: [...finalizers] },
  spec: { components: [] },
});

test('has no configurable number while the addon is not enabled', async () => {
  expect(await fleet.wanted(signal)).toBeUndefined();
});

test('has the shards of the enabled addon, and its Application', async () => {
  await client.create(applicationResource, addon());
  expect(await fleet.wanted(signal)).toMatchObject({ ids: new Set(), object: { metadata: target } });
});

test('has no configurable number while the addon is being disabled', async () => {
  await client.create(applicationResource, addon(['example.com/wait']));
  await client.delete(applicationResource, target);
  expect(await fleet.wanted(signal)).toBeUndefined();
});
