import { expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { workflowFindings } from './old-installation.ts';

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

const deployment = (name: string, args: readonly string[] = []): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'vela-system', labels: { 'app.kubernetes.io/name': name } },
  spec: { template: { spec: { containers: [{ name, args }] } } },
});

async function findingsFor(present: string, args: readonly string[]): Promise<readonly string[]> {
  const client = new FakeCluster({ resources: [deployments], now: () => 0 }).client();
  await client.create(deployments, deployment(present));
  const { signal } = new AbortController();
  const options = { wanted: [deployment('vela-core', args)], namespace: 'vela-system', signal };
  const findings = await workflowFindings(client, options);
  return findings.map(({ level, about, message }) => `${level} ${about} ${message}`);
}

test('the controller of the addon vela-workflow beside an installation that executes WorkflowRuns stops an installation', async () => {
  expect(await findingsFor('vela-workflow', [])).toEqual([
    expect.stringMatching(/^stop Deployment vela-system\/vela-workflow .*disable the addon, or set extraArgs/),
  ]);
});

test.each([
  { name: 'there is no such controller', present: 'vela-core', args: [] },
  { name: 'runs are left to it', present: 'vela-workflow', args: ['--enable-workflow-runs=false'] },
])('nothing is reported where $name', async ({ present, args }) => {
  expect(await findingsFor(present, args)).toEqual([]);
});
