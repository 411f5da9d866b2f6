import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { PlaneCluster } from '../support/plane-cluster.ts';
import { changed } from './changes.ts';
import { application, expectDropped, expectNothingLeftWithout, live, namespace, whenPhase } from './expectations.ts';
import { KubeVela, putApplication, restoreController } from './kubevela.ts';
import { stopTheMaster } from './old-master.ts';
import { startLeftBehind } from './left-behind.ts';
import { allApplications, recordedApplication, Writes } from './writes.ts';

const phaseOf = (name: string): string => (name === 'gate' ? 'workflowSuspending' : 'running');

/** What KubeVela's controller writes whenever it starts, without anything to do: it applies these anew. */
const habits: readonly string[] = ['patch secrets access', 'patch configmaps once', 'patch configmaps notice'];

describe.each([
  { mode: 'without sharding', flags: [] },
  { mode: 'with sharding and its fences', flags: ['--set', 'sharding.enabled=true'] },
])('the way back of a whole installation $mode', ({ flags }) => {
  let cluster: PlaneCluster;
  let writes: Writes;
  let kubeVela: KubeVela;

  beforeAll(async () => {
    cluster = await startLeftBehind();
    writes = new Writes(cluster, namespace);
    kubeVela = new KubeVela(cluster, ['--application-re-sync-period=10s']);
    await stopTheMaster(cluster);
    await cluster.must('install', ...flags);
  }, 600_000);

  afterAll(async () => {
    await kubeVela.stop();
    await cluster.stop();
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
    await restoreController(cluster);
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
    await expectNothingLeftWithout(cluster, await allApplications());
  }, 240_000);

  const applications = async (): Promise<readonly Application[]> =>
    Promise.all((await allApplications()).map(({ metadata }) => application(cluster, metadata.name ?? '')));

  async function revisionNames(): Promise<readonly (string | undefined)[]> {
    const { items } = await cluster.client.list<KubeObject>(applicationRevisionResource, { namespace });
    return items.map(({ metadata }) => metadata.name).sort();
  }
});
