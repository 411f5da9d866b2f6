import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { mutatingConfigurations } from '../../pkg/webhook/ca-bundle.ts';
import { assertAllRunning, assertNothingLeft, createNamespace, sampleApplication } from '../support/applications.ts';
import { announceShard, freePort, startCore, whenReady } from '../support/core-process.ts';
import type { CoreProcess } from '../support/core-process.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

const leaseResource: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};
const outside = ['Deployment', 'Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const fleet = new Map<string, CoreProcess>();
let cluster: TestCluster;

async function start(pod: string, ...flags: string[]): Promise<CoreProcess> {
  const core = await startCore({ kubeconfig: cluster.kubeconfig, pod, flags: ['--enable-sharding', ...flags] });
  fleet.set(pod, core);
  return core;
}

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '50');
  const templatesDir = join(packageRoot(), 'templates');
  const objects = await renderSystem({}, { templatesDir, version: '0.0.0' });
  const kinds = objects.filter(({ kind }) => !outside.includes(kind));
  await installSystem(cluster.client, kinds, { clock: systemClock, wait: false }, new AbortController().signal);
  const port = await freePort();
  const webhooks = ['--use-webhook', `--webhook-port=${port}`, `--webhook-url=https://127.0.0.1:${port}`];
  const cores = await Promise.all([
    start('master', ...webhooks),
    start('shard-0', '--shard-id=shard-0', '--use-webhook'),
    start('shard-1', '--shard-id=shard-1'),
  ]);
  await Promise.all(['master', 'shard-0', 'shard-1'].map((shard) => announceShard(cluster.client, shard)));
  await Promise.all(cores.map(whenReady));
  await eventually('both slaves to be available', () => {
    expect(fleet.get('master')?.output()).toContain('"to":"master,shard-0,shard-1"');
  });
}, 60_000);

afterAll(async () => {
  await Promise.all([...fleet.values()].map((core) => core.stop()));
  await cluster.stop();
}, 40_000);

const shardOf = (object: KubeObject): string => object.metadata.labels?.[labels.scheduledShardId] ?? '';
const holderOf = async (name: string): Promise<string> => {
  const lease = await cluster.client.get(leaseResource, { name, namespace: systemNamespace });
  return (lease['spec'] as { holderIdentity?: string }).holderIdentity ?? '';
};
const running = (namespace: string, count: number): Promise<Application[]> =>
  eventually('all Applications to run', () => assertAllRunning(cluster.client, namespace, count), 30);

describe('a master and two slaves outside of the cluster', () => {
  const namespace = 'spread';

  test('share new Applications evenly and deliver them, families on one shard', async () => {
    await createNamespace(cluster.client, namespace);
    const apps = Array.from({ length: 20 }, (_, i) => sampleApplication(`app-${i}`, namespace));
    await Promise.all(apps.map((app) => cluster.client.create(applicationResource, app)));
    const delivered = await running(namespace, 20);
    expect(delivered.filter((app) => shardOf(app) === 'shard-0')).toHaveLength(10);
    expect(delivered.filter((app) => shardOf(app) === 'shard-1')).toHaveLength(10);
    const owner = new Map(delivered.map((app) => [app.metadata.name, shardOf(app)]));
    const revisions = await cluster.client.list(applicationRevisionResource, { namespace });
    const labelSelector = `${labels.appNamespace}=${namespace}`;
    const trackers = await cluster.client.list(resourceTrackerResource, { labelSelector });
    for (const member of [...revisions.items, ...trackers.items])
      expect(shardOf(member)).toBe(owner.get(member.metadata.labels?.[labels.appName]));
  }, 60_000);

  test('give a label back that was taken away', async () => {
    const target = { name: 'app-0', namespace };
    const before = await cluster.client.get(applicationResource, target);
    const body = { metadata: { labels: { [labels.scheduledShardId]: null } } };
    const after = await cluster.client.patch(applicationResource, target, { type: 'merge', body });
    expect(shardOf(after)).toBe(shardOf(before));
  });

  test('refuse what breaks a rule, and say which request it was', async () => {
    const app = sampleApplication('bad', namespace);
    const steps = [
      { name: 'same', type: 'suspend' },
      { name: 'same', type: 'suspend', timeout: 'soon' },
    ];
    const created = cluster.client.create(applicationResource, { ...app, spec: { ...app.spec, workflow: { steps } } });
    await expect(created).rejects.toThrow(
      /1\) "spec\.workflow\.steps\[1\]\.name": duplicated step name "same"\.\n {2}2\) .*invalid timeout "soon".*\(requestUID=[-0-9a-f]+\)/,
    );
  });

  test('assign what came past the webhook', async () => {
    const name = 'kubevela-vela-core-admission';
    const configuration = await cluster.client.get(mutatingConfigurations, { name });
    await cluster.client.delete(mutatingConfigurations, { name });
    await createNamespace(cluster.client, 'past');
    const created = await cluster.client.create(applicationResource, sampleApplication('late', 'past'));
    expect(shardOf(created)).toBe('');
    const [app] = await running('past', 1);
    expect(['shard-0', 'shard-1']).toContain(app && shardOf(app));
    const { resourceVersion: _, uid: __, ...metadata } = configuration.metadata;
    await cluster.client.create(mutatingConfigurations, { ...configuration, metadata });
  }, 40_000);

  test('a standby takes over from a process that was killed', async () => {
    const first = fleet.get('shard-0');
    await whenReady(await start('shard-0-standby', '--shard-id=shard-0'));
    expect(await holderOf('kubevela-shard-0')).toMatch(/^shard-0_/);
    first?.child.kill('SIGKILL');
    await eventually('the standby to hold the Lease', async () => {
      expect(await holderOf('kubevela-shard-0')).toMatch(/^shard-0-standby_/);
    });
    const app = sampleApplication('after', 'past');
    const labelled = { ...app, metadata: { ...app.metadata, labels: { [labels.scheduledShardId]: 'shard-0' } } };
    await cluster.client.create(applicationResource, labelled);
    await running('past', 2);
  }, 60_000);

  test('leave nothing behind when Applications are deleted', async () => {
    for (const one of [namespace, 'past']) {
      const { items } = await cluster.client.list(applicationResource, { namespace: one, metadataOnly: true });
      await Promise.all(
        items.map(({ metadata }) =>
          cluster.client.delete(applicationResource, { name: metadata.name ?? '', namespace: one }),
        ),
      );
      await eventually('everything to be gone', () => assertNothingLeft(cluster.client, one), 30);
    }
  }, 90_000);

  test('end with status 0 on SIGTERM and release the Lease', async () => {
    expect(await fleet.get('shard-1')?.stop()).toBe(0);
    expect(await holderOf('kubevela-shard-1')).toBe('');
    expect(await fleet.get('master')?.stop()).toBe(0);
    expect(await holderOf('kubevela')).toBe('');
  }, 30_000);
});
