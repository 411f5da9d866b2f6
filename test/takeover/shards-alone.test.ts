import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { leases } from '../../pkg/lease/record.ts';
import { deploymentResource } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { eventually } from '../support/fleet.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import { changed } from './changes.ts';
import { live, namespace, textOf, whenPhase } from './expectations.ts';
import { putApplication } from './kubevela.ts';
import { setFailurePolicy, shardTheMaster, stopTheMaster } from './old-master.ts';
import { startLeftBehind } from './left-behind.ts';
import { recordedObjects } from './recorded.ts';
import { recordedApplication, Writes } from './writes.ts';

const shard = 'shard-f';
const shardOnly = ['--shard-only', `--shard-id=${shard}`] as const;
let cluster: PlaneCluster;
let writes: Writes;

beforeAll(async () => {
  cluster = await startLeftBehind();
  writes = new Writes(cluster, namespace);
  await shardTheMaster(cluster);
  await setFailurePolicy(cluster, 'Ignore');
  await cluster.must('install', ...shardOnly);
  const body = { metadata: { labels: { [labels.scheduledShardId]: shard } } };
  await cluster.client.patch(applicationResource, { name: 'shop', namespace }, { type: 'merge', body });
}, 600_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

async function deployments(): Promise<readonly KubeObject[]> {
  return (await cluster.client.list(deploymentResource, { namespace: systemNamespace })).items;
}

async function fails(...args: readonly string[]): Promise<string> {
  const { code, stderr } = await cluster.vela(...args);
  expect(code).not.toBe(0);
  return stderr;
}

describe("a shard that was installed alone, under KubeVela's master", () => {
  test('vela uninstall leaves the controller of KubeVela alone and names the command for the shard', async () => {
    const before = await deployments();
    for (const flags of [[], ['--force']]) {
      const said = await fails('uninstall', ...flags);
      expect(said).toMatch(/runs \S+\/vela-core, which Flotilla did not install/);
      expect(said).toContain('vela uninstall --shard-only --shard-id=shard-f');
    }
    const specs = (all: readonly KubeObject[]): readonly unknown[] => all.map(({ spec }) => spec);
    expect(specs(await deployments())).toEqual(specs(before));
  }, 60_000);

  test('vela install without sharding is refused while the shard works', async () => {
    await stopTheMaster(cluster);
    const said = await fails('install');
    expect(said).toContain('shards are at work (shard-f)');
    expect(said).toContain('Remove them first: vela uninstall --shard-only --shard-id=shard-f; or --force');
  }, 60_000);
});

describe('the same shard when Flotilla replaces the master', () => {
  test('vela install makes it part of the fleet, and no delivered object is written', async () => {
    await writes.mark();
    const said = await cluster.must('install', '--set', 'sharding.enabled=true');
    expect(said).toContain('Deployment/kubevela-vela-core-shard-f configured');
    expect(said).toContain('ServiceAccount/kubevela-vela-core-shard-f deleted');
    expect(await writes.delivered()).toEqual([]);
    // a second installation has nothing to change
    expect(await cluster.must('install')).not.toMatch(/shard-f (created|configured|deleted)/);
  }, 180_000);

  test('its writes pass the fences', async () => {
    await putApplication(cluster.client, changed(await recordedApplication('shop')));
    await whenPhase(cluster, 'shop', 'running');
    const front = await live(cluster, 'apps/v1', 'Deployment', 'front');
    expect(textOf(front)).not.toContain('BANNER');
    expect(front.metadata.labels?.['controller.core.oam.dev/delivered-by']).toBe(shard);
  }, 60_000);

  test('another one is refused, with the command that adds a shard', async () => {
    const said = await fails('install', '--shard-only', '--shard-id=shard-g');
    expect(said).toContain("is Flotilla's, and refuses shards that are not part of its fleet");
    expect(said).toContain('vela addon enable vela-core-shard-manager');
  }, 60_000);

  test('vela uninstall --force ends with all shards, those of the addon too, and says what waits', async () => {
    await cluster.must('addon', 'enable', 'vela-core-shard-manager', 'nShards=1');
    await eventually('the shard of the addon to work', async () => {
      const { items } = await cluster.client.list(leases, { namespace: systemNamespace });
      expect(items.map(({ metadata }) => metadata.name)).toContain('kubevela-shard-0');
    });
    await writes.mark();
    const said = await cluster.must('uninstall', '--force', '--timeout', '60');
    expect(said).toMatch(/Shard shard-f has ended; \d Applications that are assigned to it wait/);
    expect(await deployments()).toEqual([]);
    expect((await cluster.client.list(podResource, { namespace: systemNamespace })).items).toEqual([]);
    expect((await cluster.client.list(leases, { namespace: systemNamespace })).items).toEqual([]);
    const left = (await recordedObjects(cluster.client)).filter(({ metadata }) => metadata.name?.includes(shard));
    expect(left).toEqual([]);
    expect(await writes.delivered()).toEqual([]);
  }, 180_000);
});
