import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import { fleetName, fleetResource } from '../../pkg/apis/fleet.ts';
import type { Fleet } from '../../pkg/apis/fleet.ts';
import type { Condition, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { leases } from '../../pkg/lease/record.ts';
import { assertAllRunning, assertNothingLeft, createNamespace, sampleApplication } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { eventually } from '../support/fleet.ts';
import { ChaosCluster } from '../chaos/cluster.ts';

const flags = ['duration=6s', 'renew-deadline=4s', 'retry-period=1s'].map((flag) => `--shard-lease-${flag}`);
let cluster: ChaosCluster;

/** On the control plane of KUBEBUILDER_ASSETS, or on the embedded one; it is never restarted. */
beforeAll(async () => {
  cluster = await ChaosCluster.inNewFolder(process.env['KUBEBUILDER_ASSETS']);
  await cluster.start();
}, 180_000);

afterAll(async () => {
  await cluster.stop();
  await cluster.remove();
}, 60_000);

async function install(): Promise<void> {
  const { coreArgs, installArgs } = cluster.plane;
  const args = `extraArgs={${[...flags, ...coreArgs].join(',')}}`;
  const set = ['sharding.enabled=true', 'admissionWebhooks.enabled=false', args].flatMap((one) => ['--set', one]);
  await cluster.vela('install', ...set, ...installArgs);
  await cluster.askForShards(2, { waits: true });
}

async function condition(type: string): Promise<Condition | undefined> {
  const fleet = await cluster.client.get<Fleet>(fleetResource, { name: fleetName });
  return fleet.status?.conditions?.find((one) => one.type === type);
}

const proven = (type: string, status: string): Promise<Condition | undefined> =>
  eventually(
    `${type} to be ${status}`,
    async () => {
      const found = await condition(type);
      expect(found).toMatchObject({ status });
      return found;
    },
    60,
  );

async function deliver(namespace: string): Promise<void> {
  await createNamespace(cluster.client, namespace);
  for (let i = 0; i < 4; i += 1)
    await cluster.client.create(applicationResource, sampleApplication(`app-${i}`, namespace));
  await eventually('all to run', () => assertAllRunning(cluster.client, namespace, 4), 120);
}

/** Everything in the cluster that an installation made, as `Kind name`. */
async function left(): Promise<readonly string[]> {
  const { client } = cluster;
  const versions = ['v1', 'rbac.authorization.k8s.io/v1', 'admissionregistration.k8s.io/v1', 'apps/v1'];
  const found: string[] = [];
  for (const version of versions) {
    const path = version === 'v1' ? '/api/v1' : `/apis/${version}`;
    const { resources } = await client.raw<{ resources: { name: string; kind: string; verbs: string[] }[] }>(
      'GET',
      path,
    );
    for (const { name, kind, verbs } of resources) {
      if (name.includes('/') || !verbs.includes('list') || ['Event', 'Pod', 'ReplicaSet', 'Node'].includes(kind))
        continue;
      const { items } = await client.list(await client.resourceFor(version, kind));
      const isOurs = ({ metadata }: KubeObject): boolean =>
        metadata.labels?.['app.kubernetes.io/managed-by'] === 'vela' ||
        labels.shardId in (metadata.labels ?? {}) ||
        /kubevela|vela-core|flotilla/.test(metadata.name ?? '');
      found.push(...items.filter(isOurs).map(({ metadata }) => `${kind} ${metadata.name ?? ''}`));
    }
  }
  const held = (await client.list(leases, { namespace: systemNamespace })).items;
  return [
    ...found.filter((one) => one !== 'Namespace vela-system'),
    ...held.map(({ metadata }) => `Lease ${metadata.name ?? ''}`),
  ];
}

const bindings = async (name: RegExp): Promise<{ resource: Resource; object: KubeObject }> => {
  const resource = await cluster.client.resourceFor(
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicyBinding',
  );
  const object = (await cluster.client.list(resource)).items.find(({ metadata }) => name.test(metadata.name ?? ''));
  if (!object) throw new Error('no such binding');
  return { resource, object };
};

test('the fleet proves that the policies see the present, and says so when they do not', async () => {
  await install();
  await deliver('first');
  await proven('FencesEnforced', 'True');
  await proven('AssignmentEnforced', 'True');
  const { resource, object } = await bindings(/-fence-family$/);
  await cluster.client.delete(resource, { name: object.metadata.name ?? '' });
  const open = await proven('FencesEnforced', 'False');
  expect(open?.message).toContain('lets writes of stale writers through');
  const { name, labels: own } = object.metadata;
  await cluster.client.create(resource, { ...object, metadata: { name: name ?? '', labels: own ?? {} } });
  await proven('FencesEnforced', 'True');
}, 400_000);

test('every holder that records itself is accepted, and none is refused', async () => {
  const { items } = await cluster.client.list(leases, { namespace: systemNamespace, labelSelector: labels.shardId });
  expect(items.map(({ metadata }) => metadata.labels?.[labels.shardId]).sort()).toEqual([
    'master',
    'shard-0',
    'shard-1',
  ]);
  for (const { metadata } of items) expect(metadata.annotations).not.toHaveProperty([annotations.holderRefused]);
});

test('uninstalling leaves nothing, whatever the values were', async () => {
  await cluster.client.deleteCollection(applicationResource, { namespace: 'first' });
  await eventually('everything to be gone', () => assertNothingLeft(cluster.client, 'first'), 120);
  await cluster.vela('addon', 'disable', 'vela-core-shard-manager', '--yes');
  await cluster.vela('uninstall');
  expect(await left()).toEqual([]);
  expect((await cluster.client.list(podResource, { namespace: systemNamespace })).items).toEqual([]);
}, 300_000);

test('after another installation on the same API server the fleet delivers and the fences hold', async () => {
  await install();
  await proven('FencesEnforced', 'True');
  await proven('AssignmentEnforced', 'True');
  await deliver('second');
}, 400_000);
