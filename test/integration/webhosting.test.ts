import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { runMaster, runShard } from '../../docs/examples/webhosting-operator/operator.ts';
import type { OperatorParts } from '../../docs/examples/webhosting-operator/operator.ts';
import {
  configMaps,
  deployments,
  ingresses,
  services,
  websiteDefinition,
  websiteResource,
  websites,
} from '../../docs/examples/webhosting-operator/website.ts';
import type { Website } from '../../docs/examples/webhosting-operator/website.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { shardKind } from '../../pkg/apis/shard.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { createNamespace } from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import { startTestApi } from '../support/test-api.ts';
import type { TestApi } from '../support/test-api.ts';

jest.setTimeout(60_000);

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const namespace = 'webhosting';
const { keys } = websites.kind;

let api: TestApi;
let client: ClosableKubeClient;
const running: { readonly stop: AbortController; readonly done: Promise<void> }[] = [];

const parts = (): OperatorParts => ({
  client,
  namespace,
  logger: silentLogger(),
  metrics: newRegistry(),
  leaseDurationMs: 1_500,
});

function start(run: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  const stop = new AbortController();
  const done = run(stop.signal);
  running.push({ stop, done });
  return async () => {
    stop.abort(new Error('stopped'));
    await done;
  };
}

const startShard = (shard: string, replica = 0): (() => Promise<void>) =>
  start((signal) => runShard(parts(), { shard, identity: `${shard}-${replica}` }, signal));

beforeAll(async () => {
  api = await startTestApi();
  const connection = await loadConnection({ kubeconfig: api.kubeconfig, env: {} });
  const limits = { qps: 1000, burst: 2000, userAgent: 'webhosting' };
  client = newKubeClient(connection, { ...limits, clock: systemClock, random: systemRandom });
  await client.create(crds, websiteDefinition);
  await client.create(crds, customResourceDefinition(shardKind) as KubeObject);
  await createNamespace(client, namespace);
  await eventually('the kind to be served', () => client.list(websiteResource));
  start((signal) => runMaster(parts(), 'master-0', signal));
  for (const shard of ['b', 'c']) startShard(shard);
}, 30_000);

afterAll(async () => {
  for (const { stop } of running) stop.abort(new Error('the end'));
  await Promise.all(running.map(({ done }) => done));
  await client.close();
  await api.stop();
}, 30_000);

const names = Array.from({ length: 12 }, (_, i) => `site-${i}`);

const site = (name: string): Promise<Website> => client.get<Website>(websiteResource, { name, namespace });

async function shards(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const object of (await client.list(websiteResource, { namespace })).items) {
    const shard = websites.shardOf(object) ?? 'none';
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  return counts;
}

test('Websites are divided among three shards and each gets what it needs', async () => {
  const stopFirst = startShard('a', 0);
  startShard('a', 1);
  await Promise.all(
    names.map((name) =>
      client.create(websiteResource, {
        apiVersion: 'webhosting.example.com/v1',
        kind: 'Website',
        metadata: { name, namespace },
        spec: { html: `<h1>${name}</h1>`, host: `${name}.example.com` },
      }),
    ),
  );
  await eventually('all to be served', async () => {
    for (const name of names) expect((await site(name)).status).toEqual({ readyReplicas: 1, observedGeneration: 1 });
  });
  const counts = await shards();
  expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(names.length);
  expect(Math.min(...['a', 'b', 'c'].map((shard) => counts[shard] ?? 0))).toBeGreaterThan(0);
  for (const resource of [configMaps, deployments, services, ingresses]) {
    const { items } = await client.list(resource, { namespace, labelSelector: keys.shard });
    expect(items).toHaveLength(names.length);
  }
  await stopFirst();
  const { items } = await client.list<Website>(websiteResource, { namespace, labelSelector: `${keys.shard}=a` });
  const [one] = items;
  const target = { name: one?.metadata.name ?? '', namespace };
  await client.patch(websiteResource, target, { type: 'merge', body: { spec: { replicas: 2 } } });
  await eventually('the standby to go on', async () => {
    expect((await site(target.name)).status).toEqual({ readyReplicas: 2, observedGeneration: 2 });
  });
});

test('a Website moves with all that belongs to it, and what serves it goes on', async () => {
  const { items } = await client.list<Website>(websiteResource, { namespace, labelSelector: `${keys.shard}=b` });
  const name = items[0]?.metadata.name ?? '';
  const target = { name, namespace };
  const before = await client.get(deployments, target);
  await client.patch(websiteResource, target, { type: 'merge', body: { metadata: { labels: { [keys.move]: 'c' } } } });
  await eventually('the move', async () => {
    const { main, members } = await websites.read(client, target);
    const own = websites.ownershipOf(main);
    expect(own).toEqual({ shard: 'c', epoch: 1, move: undefined });
    expect(new Set(members.map(({ object }) => websites.shardOf(object)))).toEqual(new Set(['c']));
  });
  const after = await client.get(deployments, target);
  expect([after.metadata.uid, after.metadata.generation]).toEqual([before.metadata.uid, before.metadata.generation]);
  await client.patch(websiteResource, target, { type: 'merge', body: { spec: { html: 'moved', host: null } } });
  await eventually('the new shard to work on it', async () => {
    const page = await client.get(configMaps, target);
    expect(page['data']).toEqual({ 'index.html': 'moved' });
    expect((await client.list(ingresses, { namespace })).items.map((i) => i.metadata.name)).not.toContain(name);
  });
});
