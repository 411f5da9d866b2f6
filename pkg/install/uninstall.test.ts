import { expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { finalizers, labels } from '../apis/names.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { uninstallSystem } from './uninstall.ts';

const builtin = (group: string, kind: string): Resource => ({
  group,
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: true,
});
const deployments = builtin('apps', 'Deployment');
const namespace = 'vela-system';

const shardDeployment = (name: string, held: readonly string[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels: { [labels.shardId]: name }, finalizers: held },
  spec: {},
});

test('Deployments of shards are deleted without a drain once the master is gone', async () => {
  const clock = new FakeClock();
  const resources = [deployments, applicationResource, builtin('', 'Secret'), builtin('', 'Pod')];
  const cluster = new FakeCluster({ resources, now: () => clock.now() });
  const client = cluster.client();
  await client.create(deployments, shardDeployment('alive', [finalizers.drainShard]));
  await client.create(deployments, shardDeployment('leaves', [finalizers.drainShard]));
  await client.create(deployments, shardDeployment('held', [finalizers.drainShard, 'example.com/other']));
  await client.delete(deployments, { name: 'leaves', namespace });
  const master: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'master', namespace } };
  await client.create(deployments, master);
  const { signal } = new AbortController();
  await uninstallSystem(client, [master], { clock, wait: true, force: false }, signal);
  const left = (await client.list(deployments, { namespace })).items;
  expect(left.map(({ metadata }) => [metadata.name, metadata.finalizers ?? []])).toEqual([
    ['held', ['example.com/other']],
  ]);
});
