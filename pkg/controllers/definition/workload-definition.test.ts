import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { workloadDefinitionResource } from '../../apis/workload-definition.ts';
import { FakeCluster } from '../../../test/support/fake-kube-client.ts';
import { WorkloadDefinitionWriter } from './workload-definition.ts';

const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const services = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true };
const { signal } = new AbortController();

const definition = (workload: object, kind = 'ComponentDefinition'): KubeObject => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind,
  metadata: { name: 'web', namespace: 'team' },
  spec: { workload },
});

async function created(...definitions: readonly KubeObject[]) {
  const cluster = new FakeCluster({ resources: [deployments, services, workloadDefinitionResource], now: () => 0 });
  const client = cluster.client();
  const writer = new WorkloadDefinitionWriter(client);
  for (const each of definitions) await writer.ensureFor(each, signal);
  const { items } = await client.list(workloadDefinitionResource);
  return { items: items.map(({ metadata, spec }) => ({ ...metadata, ...(spec as object) })), cluster };
}

const ofKind = (apiVersion: string, kind: string) => definition({ definition: { apiVersion, kind } });

test.each([
  { of: ofKind('apps/v1', 'Deployment'), want: { name: 'deployments.apps', version: 'v1' } },
  { of: ofKind('v1', 'Service'), want: { name: 'services', version: 'v1' } },
])('creates the WorkloadDefinition $want.name beside the ComponentDefinition', async ({ of, want }) => {
  const { items } = await created(of);
  expect(items).toEqual([expect.objectContaining({ name: want.name, namespace: 'team', definitionRef: want })]);
});

test.each([
  { name: 'no kind', of: definition({ type: 'deployments.apps' }) },
  { name: 'an empty kind', of: ofKind('', '') },
  { name: 'a kind that the cluster does not serve', of: ofKind('custom.io/v1', 'Thing') },
  {
    name: 'another kind of definition',
    of: definition({ definition: { apiVersion: 'v1', kind: 'Service' } }, 'Other'),
  },
])('creates none for $name', async ({ of }) => {
  expect((await created(of)).items).toEqual([]);
});

test('writes once, and leaves one that exists as it is', async () => {
  const web = ofKind('apps/v1', 'Deployment');
  const { cluster } = await created(web, web);
  const before = cluster.changes.length;
  await new WorkloadDefinitionWriter(cluster.client()).ensureFor(web, signal);
  expect(before).toBe(1);
  expect(cluster.changes).toHaveLength(before);
});
