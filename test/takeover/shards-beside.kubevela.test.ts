import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { labels } from '../../pkg/apis/names.ts';
import { announceShard } from '../support/core-process.ts';
import { eventually } from '../support/fleet.ts';
import type { AuditEvent } from '../support/fleet.ts';
import { startPlaneCluster } from '../support/plane-cluster.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import { webhooksOf } from './chart.ts';
import { application, assertFamiliesWhole, live, namespace, textOf } from './expectations.ts';
import { installKubeVela, KubeVela, putApplication } from './kubevela.ts';
import { pidOfShard } from './shard-process.ts';
import { judgedKinds } from './writes.ts';

const ours = 'shard-f';
const theirs = 'shard-k';
const shards = ['master', theirs, ours] as const;
const count = 24;
const names = Array.from({ length: count }, (_, i) => `load-${i}`);
let cluster: PlaneCluster;
let master: KubeVela;
let shardOfKubeVela: KubeVela;

beforeAll(async () => {
  cluster = await startPlaneCluster(judgedKinds);
  await installKubeVela(cluster, { sharded: true });
  master = new KubeVela(cluster, ['--enable-sharding', '--shard-id=master']);
  shardOfKubeVela = new KubeVela(cluster, ['--enable-sharding', `--shard-id=${theirs}`], { isShard: true });
  await master.start();
  await shardOfKubeVela.start();
  await announceShard(cluster.client, theirs);
  await cluster.must('install', '--shard-only', `--shard-id=${ours}`);
}, 600_000);

afterAll(async () => {
  await shardOfKubeVela.stop();
  await master.stop();
  await cluster.stop();
}, 60_000);

/** Delivers a Deployment and a ConfigMap, both of which show the step. */
function loadedApplication(name: string, step: number): KubeObject {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { step: String(step) } };
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: {
      components: [
        { name: `${name}-web`, type: 'webservice', properties: { image: `registry.example/step:${step}` } },
        { name: `${name}-data`, type: 'k8s-objects', properties: { objects: [object] } },
      ],
    },
  };
}

async function shardsByName(): Promise<ReadonlyMap<string, string>> {
  const { items } = await cluster.client.list(applicationResource, { namespace });
  return new Map(items.map(({ metadata }) => [metadata.name ?? '', metadata.labels?.[labels.scheduledShardId] ?? '']));
}

const changeAll = (step: number): Promise<unknown> =>
  Promise.all(names.map((name) => putApplication(cluster.client, loadedApplication(name, step))));

/** Waits until the Applications run in their present generation and what they delivered shows the step. */
async function whenDelivered(which: readonly string[], step: number): Promise<void> {
  await eventually(
    `step ${step} to be delivered`,
    async () => {
      for (const name of which) {
        const { metadata, status } = await application(cluster, name);
        if (status?.status !== 'running' || status.observedGeneration !== metadata.generation)
          throw new Error(`${name}: ${JSON.stringify({ status, labels: metadata.labels })}`);
        const deployment = await live(cluster, 'apps/v1', 'Deployment', `${name}-web`);
        expect(textOf(deployment)).toContain(`registry.example/step:${step}`);
        expect((await live(cluster, 'v1', 'ConfigMap', name))['data']).toEqual({ step: String(step) });
      }
    },
    150,
    500,
  );
}

describe("a shard of Flotilla beside shards of KubeVela under KubeVela's master", () => {
  test('gets its share of new Applications, and every one is delivered', async () => {
    const scheduler = webhooksOf(cluster);
    for (const [i, name] of names.entries()) {
      const app = loadedApplication(name, 0);
      // without webhooks no process schedules
      const metadata = { ...app.metadata, labels: { [labels.scheduledShardId]: shards[i % shards.length] ?? '' } };
      await putApplication(cluster.client, scheduler ? app : { ...app, metadata });
    }
    await whenDelivered(names, 0);
    const counts = [...(await shardsByName()).values()];
    for (const shard of shards) {
      // KubeVela's scheduler leaves its master out while other shards are there
      if (scheduler && shard === 'master') continue;
      expect(counts.filter((one) => one === shard).length).toBeGreaterThanOrEqual(count / 4);
    }
    await assertFamiliesWhole(cluster);
  }, 240_000);

  test.each([ours, theirs])(
    'works on while changes come and the process of %s is killed',
    async (victim) => {
      const first = victim === ours ? 1 : 4;
      const before = await shardsByName();
      await changeAll(first);
      await changeAll(first + 1);
      if (victim === ours) process.kill(await pidOfShard(cluster, ours), 'SIGKILL');
      else await shardOfKubeVela.kill();
      await changeAll(first + 2);
      await whenDelivered(
        names.filter((name) => before.get(name) !== victim),
        first + 2,
      );
      if (victim === theirs) await shardOfKubeVela.start();
      await whenDelivered(names, first + 2);
      expect(await shardsByName()).toEqual(before);
      await eventually('families to be whole', () => assertFamiliesWhole(cluster));
    },
    400_000,
  );

  test('each delivered object was written by the controllers of its own shard alone', async () => {
    const owners = await shardsByName();
    const wrong = (await cluster.audit()).filter((event) => {
      const { objectRef: of, verb, responseStatus } = event;
      const app = /^(load-\d+)/.exec(of?.name ?? '')?.[1];
      const isDelivered = ['deployments', 'configmaps'].includes(of?.resource ?? '') && of?.namespace === namespace;
      if (app === undefined || !isDelivered || !['create', 'update', 'patch'].includes(verb)) return false;
      const side = sideOf(event);
      return (
        responseStatus.code < 300 && side !== undefined && side !== (owners.get(app) === ours ? 'Flotilla' : 'KubeVela')
      );
    });
    expect(wrong).toEqual([]);
  }, 60_000);
});

/** The controllers that sent a request; undefined for those of the cluster and of the test. */
function sideOf({ userAgent = '' }: AuditEvent): 'Flotilla' | 'KubeVela' | undefined {
  if (/^vela-core\/\d/.test(userAgent)) return 'Flotilla';
  return /^(kubevela|vela-core\/v)/.test(userAgent) ? 'KubeVela' : undefined;
}
