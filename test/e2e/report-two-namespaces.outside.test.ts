import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';
import { ChaosCluster } from '../chaos/cluster.ts';
import { assertAllRunning, createNamespace, deploymentResource } from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import { outsideData } from '../support/needs.mjs';

/** A shard of the same name in a second namespace. */
const folder = join(outsideData, 'reports/33-two-namespaces');
const second = 'vela-two';
const events: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
const calls: string[] = [];
let cluster: ChaosCluster;
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    calls.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cluster = await ChaosCluster.inNewFolder(process.env['KUBEBUILDER_ASSETS']);
  await cluster.start();
  const { coreArgs, installArgs } = cluster.plane;
  const set = ['sharding.enabled=true', `extraArgs={${['--shard-lease-duration=15s', ...coreArgs].join(',')}}`];
  await cluster.vela('install', ...set.flatMap((one) => ['--set', one]), ...installArgs);
  await cluster.askForShards(1, { waits: true });
}, 240_000);

afterAll(async () => {
  server.close();
  await cluster.stop();
  await cluster.remove();
}, 60_000);

async function create(object: KubeObject): Promise<void> {
  await cluster.client.create(await cluster.client.resourceFor(object.apiVersion, object.kind), object);
}

test('every step is executed once, and the conflict is reported', async () => {
  const own = { name: 'two', namespace: second };
  await createNamespace(cluster.client, second);
  await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: own });
  const rbac = 'rbac.authorization.k8s.io';
  await create({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'two' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...own }],
  });
  const deployment = JSON.parse(readFileSync(join(folder, 'second.json'), 'utf8')) as KubeObject;
  await cluster.client.create(deploymentResource, deployment);
  await eventually(
    'an Event about the conflict',
    async () => {
      const { items } = await cluster.client.list(events);
      expect(items.some((event) => event['reason'] === 'FleetConflict')).toBe(true);
    },
    90,
  );
  const { port } = server.address() as AddressInfo;
  const text = readFileSync(join(folder, 'app-third.yaml'), 'utf8').replaceAll(':18099', `:${port}`);
  for (const object of loadYamlDocuments(text) as KubeObject[]) await create(object);
  await eventually('it to run', () => assertAllRunning(cluster.client, 'default', 1), 120);
  expect([...calls].sort()).toEqual(['/third', '/third-c']);
}, 300_000);
