import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { deploymentResource } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { changed } from './changes.ts';
import { application, expectDropped, live, namespace, whenPhase } from './expectations.ts';
import { KubeVela, putApplication, restoreController } from './kubevela.ts';
import { readRecorded, recordedObjects, seedFolder } from './recorded.ts';
import { allApplications, recordedApplication, Writes } from './writes.ts';

const phaseOf = (name: string): string => (name === 'gate' ? 'workflowSuspending' : 'running');

/** What KubeVela's controller writes whenever it starts, without anything to do: it applies these anew. */
const habits: readonly string[] = ['patch secrets access', 'patch configmaps once', 'patch configmaps notice'];

describe.each([
  { mode: 'without sharding', flags: [] },
  { mode: 'with sharding and its fences', flags: ['--set', 'sharding.enabled=true'] },
])('the way back of a whole installation $mode', ({ flags }) => {
  let folder: string;
  let cluster: TestCluster;
  let writes: Writes;
  let kubeVela: KubeVela;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recorded-'));
    await seedFolder(folder, await readRecorded());
    cluster = await startCluster('--data-dir', folder, '--ready-delay', '50');
    writes = new Writes(cluster, namespace);
    kubeVela = new KubeVela(cluster, ['--application-re-sync-period=10s']);
    const target = { name: 'kubevela-vela-core', namespace: systemNamespace };
    await cluster.client.patch(deploymentResource, target, { type: 'merge', body: { spec: { replicas: 0 } } });
    await cluster.must('install', ...flags);
  }, 180_000);

  afterAll(async () => {
    await kubeVela.stop();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test('Flotilla has changed some Applications and left others as they were', async () => {
    for (const app of (await allApplications()).filter(({ metadata }) => metadata.name !== 'shop'))
      await putApplication(cluster.client, changed(app));
    for (const { metadata } of await allApplications())
      await whenPhase(cluster, metadata.name ?? '', phaseOf(metadata.name ?? ''));
  }, 120_000);

  test("KubeVela's controller writes no delivered object and runs no workflow again", async () => {
    const before = new Map((await applications()).map((app) => [app.metadata.name, app]));
    const revisions = await revisionNames();
    await cluster.must('uninstall', '--force');
    await restoreController(cluster.client);
    await writes.mark();
    await kubeVela.start();
    // more than two periods of its resync
    await sleep(25_000);
    expect((await writes.delivered()).filter((write) => !habits.includes(write))).toEqual([]);
    expect(await revisionNames()).toEqual(revisions);
    for (const app of await applications()) {
      expect(app.status?.status).toBe(before.get(app.metadata.name)?.status?.status);
      expect(app.status?.workflow?.startTime).toBe(before.get(app.metadata.name)?.status?.workflow?.startTime);
    }
  }, 180_000);

  test('its next changes drop what Applications drop, whatever controller had set it', async () => {
    await putApplication(cluster.client, changed(await recordedApplication('shop')));
    const pipeline = changed(await recordedApplication('pipeline'));
    const { components } = pipeline['spec'] as { components: [object, { properties: { env: readonly object[] } }] };
    components[1].properties.env = [{ name: 'NEW', value: '1' }];
    await putApplication(cluster.client, pipeline);
    for (const name of ['shop', 'pipeline']) await whenPhase(cluster, name, 'running');
    await expectDropped(cluster);
    const client = await live(cluster, 'apps/v1', 'Deployment', 'client');
    const containers = [{ name: 'client', env: [{ name: 'NEW', value: '1' }] }];
    expect(client).toMatchObject({ spec: { template: { spec: { containers } } } });
  }, 120_000);

  test('deleting the Applications leaves nothing', async () => {
    for (const { metadata } of await allApplications())
      await cluster.client.delete(applicationResource, { name: metadata.name ?? '', namespace });
    await eventually(
      'everything to be gone',
      async () => {
        const left = (await recordedObjects(cluster.client)).filter(
          ({ kind, metadata }) => kind === 'ResourceTracker' || (metadata.namespace === namespace && kind !== 'Pod'),
        );
        const texts = left.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ''}`);
        if (texts.join() !== 'ConfigMap archive') throw new Error(texts.join(', '));
      },
      90,
    );
  }, 120_000);

  const applications = async (): Promise<readonly Application[]> =>
    Promise.all((await allApplications()).map(({ metadata }) => application(cluster, metadata.name ?? '')));

  async function revisionNames(): Promise<readonly (string | undefined)[]> {
    const { items } = await cluster.client.list<KubeObject>(applicationRevisionResource, { namespace });
    return items.map(({ metadata }) => metadata.name).sort();
  }
});
