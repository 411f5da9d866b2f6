import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { ChaosCluster } from '../chaos/cluster.ts';
import { assertAllRunning, createNamespace, deploymentResource, sampleApplication } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { eventually } from '../support/fleet.ts';

const second = 'vela-two';
const events: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
let cluster: ChaosCluster;

beforeAll(async () => {
  cluster = await ChaosCluster.inNewFolder(process.env['KUBEBUILDER_ASSETS']);
  await cluster.start();
  const { coreArgs, installArgs } = cluster.plane;
  const set = ['sharding.enabled=true', `extraArgs={${['--shard-lease-duration=15s', ...coreArgs].join(',')}}`];
  await cluster.vela('install', ...set.flatMap((one) => ['--set', one]), ...installArgs);
  await cluster.askForShards(1, { waits: true });
}, 240_000);

afterAll(async () => {
  await cluster.stop();
  await cluster.remove();
}, 60_000);

/** The Deployment of a shard as it is copied into another namespace, with an account that may do everything. */
async function copyShard(): Promise<void> {
  const { client } = cluster;
  const own = { name: 'two', namespace: second };
  const create = async (apiVersion: string, kind: string, object: object): Promise<void> => {
    await client.create(await client.resourceFor(apiVersion, kind), { apiVersion, kind, ...object } as KubeObject);
  };
  await createNamespace(client, second);
  await create('v1', 'ServiceAccount', { metadata: own });
  const rbac = 'rbac.authorization.k8s.io';
  await create(`${rbac}/v1`, 'ClusterRoleBinding', {
    metadata: { name: 'two' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...own }],
  });
  const from = await client.get(deploymentResource, { name: 'kubevela-vela-core-shard-0', namespace: systemNamespace });
  const spec = structuredClone(from['spec']) as { template: { spec: Record<string, unknown> } };
  spec.template.spec['serviceAccountName'] = 'two';
  delete spec.template.spec['serviceAccount'];
  await client.create(deploymentResource, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'second', namespace: second },
    spec,
  });
}

test('a shard of another namespace does not work, is not ready, and both sides say so', async () => {
  await copyShard();
  await createNamespace(cluster.client, 'tenant');
  const pinned = sampleApplication('third', 'tenant');
  const metadata = { ...pinned.metadata, labels: { [labels.scheduledShardId]: 'shard-0' } };
  await cluster.client.create(applicationResource, { ...pinned, metadata });
  await eventually('it to run', () => assertAllRunning(cluster.client, 'tenant', 1), 120);
  await eventually(
    'Events about the conflict on both sides',
    async () => {
      const { items } = await cluster.client.list(events);
      const kinds = items
        .filter((event) => event['reason'] === 'FleetConflict')
        .map((event) => (event['involvedObject'] as { kind: string; namespace?: string }).kind);
      expect([...new Set(kinds)].sort()).toEqual(['Fleet', 'Lease', 'Pod']);
    },
    60,
  );
  const { items } = await cluster.client.list(podResource, { namespace: second });
  expect(items).toHaveLength(1);
  const { conditions = [] } = (items[0]?.['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
  expect(conditions.find(({ type }) => type === 'Ready')?.status).not.toBe('True');
}, 240_000);

test('an installation into another namespace is refused', async () => {
  const refused = cluster.vela('install', '-n', second, '--set', 'sharding.enabled=true');
  await expect(refused).rejects.toThrow('the fleet of namespace vela-system works on the Applications of this cluster');
}, 60_000);
