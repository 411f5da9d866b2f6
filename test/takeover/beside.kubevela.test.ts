import { cp } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../pkg/apis/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { podResource } from '../support/core-process.ts';
import { eventually, runCommand, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { changed } from './changes.ts';
import { assertFamiliesWhole, expectDropped, namespace, whenPhase } from './expectations.ts';
import { installKubeVela, KubeVela, kubeVelaCli, putApplication } from './kubevela.ts';
import { recordedObjects } from './recorded.ts';
import { allApplications, Writes } from './writes.ts';

const ours = 'shard-f';
let cluster: TestCluster;
let writes: Writes;
let kubeVela: KubeVela;
let habits: readonly string[];

const phaseOf = (name: string): string => (name === 'gate' ? 'workflowSuspending' : 'running');

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '50');
  writes = new Writes(cluster, namespace);
  await installKubeVela(cluster.client, ['--enable-sharding']);
  kubeVela = new KubeVela(cluster, ['--enable-sharding', '--shard-id=master']);
  await kubeVela.start();
  for (const app of await allApplications()) await putApplication(cluster.client, onShard(app, 'master'));
  await allSettled();
  // what KubeVela's controller writes anew whenever it starts
  await kubeVela.stop();
  await writes.mark();
  await kubeVela.start();
  await settled();
  habits = await writes.delivered();
}, 180_000);

afterAll(async () => {
  await kubeVela.stop();
  if (process.env['KEEP']) await cp(cluster.folder, process.env['KEEP'], { recursive: true });
  await cluster.stop();
}, 60_000);

function onShard(app: KubeObject, shard: string): KubeObject {
  const { metadata } = app;
  return { ...app, metadata: { ...metadata, labels: { ...metadata.labels, [labels.scheduledShardId]: shard } } };
}

/** Moves an Application as people do: with KubeVela's command line, which relabels its family, or by its label alone. */
async function move(name: string, shard: string, how: 'command' | 'label'): Promise<void> {
  if (how === 'label') {
    const body = { metadata: { labels: { [labels.scheduledShardId]: shard } } };
    await cluster.client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
    return;
  }
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, HOME: cluster.folder };
  await eventually(`the command line to move ${name}`, async () => {
    const { code, stderr } = await runCommand(kubeVelaCli, ['up', name, '-n', namespace, '--shard-id', shard], { env });
    if (code !== 0) throw new Error(stderr);
  });
}

const hows = ['command', 'label'] as const;

/** Moves all Applications, in both ways, and waits until their families carry the shard and are read by its controller. */
async function moveAll(shard: string): Promise<void> {
  const apps = await allApplications();
  for (const [i, { metadata }] of apps.entries()) await move(metadata.name ?? '', shard, hows[i % 2] ?? 'label');
  await eventually('families to follow', () => assertFamiliesWhole(cluster));
}

async function ourPid(): Promise<number> {
  const labelSelector = `${labels.shardId}=${ours}`;
  return eventually('the process of the shard', async () => {
    const { items } = await cluster.client.list(podResource, { namespace: systemNamespace, labelSelector });
    const { containerStatuses = [] } = (items[0]?.['status'] ?? {}) as {
      containerStatuses?: { containerID?: string }[];
    };
    const pid = Number(/^process:\/\/(\d+)/.exec(containerStatuses[0]?.containerID ?? '')?.[1]);
    if (!(pid > 0)) throw new Error('it does not run');
    return pid;
  });
}

describe("one shard of Flotilla under KubeVela's own master", () => {
  test('its installation changes nothing that is there', async () => {
    const before = await recordedObjects(cluster.client);
    await cluster.must('install', '--shard-only', `--shard-id=${ours}`);
    const now = new Map((await recordedObjects(cluster.client)).map((object) => [object.metadata.uid, object]));
    const stays = before.filter(({ kind }) => kind !== 'ConfigMap');
    for (const object of stays) expect(now.get(object.metadata.uid)).toEqual(object);
  }, 120_000);

  test('a move to it writes no delivered object', async () => {
    await writes.mark();
    await moveAll(ours);
    await settled();
    expect(await writes.delivered()).toEqual([]);
    expect(await writes.of('applicationrevisions')).not.toContain(expect.stringMatching('^create'));
  }, 120_000);

  test('the next change drops the fields that KubeVela had set', async () => {
    for (const app of await allApplications()) await putApplication(cluster.client, onShard(changed(app), ours));
    await allSettled();
    await expectDropped(cluster);
    await eventually('families to be whole', () => assertFamiliesWhole(cluster));
  }, 120_000);

  test('a move back writes no delivered object', async () => {
    await writes.mark();
    await moveAll('master');
    await settled();
    expect((await writes.delivered()).filter((write) => !habits.includes(write))).toEqual([]);
  }, 120_000);
});

async function allSettled(): Promise<void> {
  for (const { metadata } of await allApplications())
    await whenPhase(cluster, metadata.name ?? '', phaseOf(metadata.name ?? ''));
}

/** Waits until the status of no Application changes any more. */
async function settled(): Promise<void> {
  let last = '';
  await eventually(
    'Applications to settle',
    async () => {
      const { items } = await cluster.client.list(applicationResource, { namespace });
      const now = JSON.stringify(items.map(({ metadata }) => metadata.resourceVersion));
      const isSame = now === last;
      last = now;
      if (!isSame) throw new Error('they change');
    },
    60,
    5_000,
  );
}
