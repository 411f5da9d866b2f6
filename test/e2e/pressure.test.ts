import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import { createNamespace, sampleApplication } from '../support/applications.ts';
import { freePort, startCore, whenReady } from '../support/core-process.ts';
import type { CoreProcess } from '../support/core-process.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { installDefinitions } from '../support/live-controller.ts';

let cluster: TestCluster;
let core: CoreProcess;
let metrics: string;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '10');
  await installDefinitions(cluster.client);
  await createNamespace(cluster.client, 'busy');
  metrics = `127.0.0.1:${await freePort()}`;
  const flags = [
    '--concurrent-reconciles=8',
    `--metrics-addr=${metrics}`,
    '--kube-api-qps=500',
    '--kube-api-burst=500',
  ];
  core = await startCore({ kubeconfig: cluster.kubeconfig, pod: 'core', flags });
  await whenReady(core);
}, 60_000);

afterAll(async () => {
  await core.stop();
  await cluster.stop();
}, 30_000);

async function limit(): Promise<number> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  return Number(/^flotilla_reconcile_concurrency_limit (\d+)/m.exec(text)?.[1]);
}

async function chaos(...rules: readonly object[]): Promise<void> {
  await cluster.client.raw('PUT', '/flotilla/chaos', { rules });
}

async function expectLimit(holds: (limit: number) => boolean): Promise<void> {
  await eventually('the limit', async () => {
    const found = await limit();
    if (!holds(found)) throw new Error(`it is ${found}`);
  });
}

test('an API server that answers 429 gets fewer reconciles at once, and all is delivered in the end', async () => {
  expect(await limit()).toBe(8);
  const busy = { effect: 'refuse', code: 429, retryAfterSeconds: 1, share: 0.3, userAgent: 'vela-core' };
  await chaos({ ...busy, verbs: ['create', 'update', 'patch', 'get'] });
  const names = Array.from({ length: 6 }, (_, i) => `app-${i}`);
  for (const name of names) await cluster.client.create(applicationResource, sampleApplication(name, 'busy'));
  await expectLimit((found) => found <= 2);
  await chaos();
  await eventually('all Applications to run', async () => {
    const { items } = await cluster.client.list(applicationResource, { namespace: 'busy' });
    const phases = items.map((app) => (app['status'] as { status?: string } | undefined)?.status);
    if (phases.some((phase) => phase !== 'running')) throw new Error(phases.join(' '));
  });
  // it rises with what is asked, so something must be asked
  await eventually('the limit to rise', async () => {
    const name = `late-${Date.now()}`;
    await cluster.client.create(applicationResource, sampleApplication(name, 'busy'));
    const found = await limit();
    if (found < 4) throw new Error(`it is ${found}`);
  });
}, 90_000);
