/*
 * What the controller holds in memory: its heap after a garbage collection with so many Applications at rest, in this process,
 * and the resident memory of an installed controller with as many.
 *
 *   SIZES=0,200,600 make bench-memory            HEAP=file: also writes a heap snapshot at the last size
 */
import { readFileSync } from 'node:fs';
import { writeHeapSnapshot } from 'node:v8';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { mapBounded } from '../../pkg/dispatch/bounded.ts';
import { createNamespace } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { installDefinitions, startController } from '../support/live-controller.ts';

const { env } = process;
const sizes = (env['SIZES'] ?? '0,200,600').split(',').map(Number);
const namespace = 'market';
const snapshot = env['HEAP'];

/** A web service with a trait and a Service, a worker with a trait, a ConfigMap: five resources. */
function typical(name: string): Application {
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-conf` }, data: { a: '1' } };
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: {
      components: [
        {
          name: `${name}-web`,
          type: 'webservice',
          properties: { image: 'nginx:1.27', ports: [{ port: 80, expose: true }] },
          traits: [{ type: 'scaler', properties: { replicas: 1 } }],
        },
        {
          name: `${name}-worker`,
          type: 'worker',
          properties: { image: 'busybox:1.36', cmd: ['sleep', '1000'] },
          traits: [{ type: 'scaler', properties: { replicas: 1 } }],
        },
        { name: `${name}-conf`, type: 'k8s-objects', properties: { objects: [config] } },
      ],
    },
  };
}

/** Brings so many Applications to rest, from as many as there were. */
async function grow(client: KubeClient, from: number, to: number): Promise<void> {
  const names = Array.from({ length: to - from }, (_, i) => `app-${from + i}`);
  await mapBounded(names, 4, (name) => client.create(applicationResource, typical(name)));
  await eventually(
    `${to} Applications to run`,
    async () => {
      const { items } = await client.list<Application>(applicationResource, { namespace });
      const running = items.filter(({ status }) => status?.status === 'running').length;
      if (running < to) throw new Error(`${running} run`);
    },
    600,
    2_000,
  );
}

const settled = (): Promise<void> => systemClock.sleep(5_000);

async function clientOf({ kubeconfig }: TestCluster): Promise<KubeClient> {
  const options = { qps: 1000, burst: 2000, userAgent: 'bench', clock: systemClock, random: systemRandom };
  return newKubeClient(await loadConnection({ kubeconfig, env: {} }), options);
}

/** The heap in bytes by number of Applications, of a controller in this process. */
async function heapBySize(): Promise<ReadonlyMap<number, number>> {
  const cluster = await startCluster('--ready-delay', '50');
  const heaps = new Map<number, number>();
  try {
    await installDefinitions(cluster.client);
    await createNamespace(cluster.client, namespace);
    const controller = startController(await clientOf(cluster));
    let before = 0;
    // what is loaded and compiled at the first delivery counts for none of them
    await grow(cluster.client, 0, 1);
    for (const size of sizes) {
      if (size > 1) await grow(cluster.client, Math.max(before, 1), size);
      before = size;
      await settled();
      globalThis.gc?.();
      await settled();
      globalThis.gc?.();
      heaps.set(size, process.memoryUsage().heapUsed);
    }
    if (snapshot !== undefined) writeHeapSnapshot(snapshot);
    await controller.stop();
  } finally {
    await cluster.stop();
  }
  return heaps;
}

async function pidOfController({ client }: TestCluster): Promise<number> {
  const { items } = await client.list(podResource, { namespace: systemNamespace });
  return Number(/process:\/\/(\d+)/.exec(JSON.stringify(items.map(({ status }) => status)))?.[1]);
}

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** The resident memory in MiB by number of Applications, of an installed controller. */
async function residentBySize(): Promise<ReadonlyMap<number, number>> {
  const cluster = await startCluster('--ready-delay', '50');
  const resident = new Map<number, number>();
  try {
    await cluster.must('install');
    await createNamespace(cluster.client, namespace);
    let before = 0;
    for (const size of sizes) {
      await grow(cluster.client, before, size);
      before = size;
      await systemClock.sleep(15_000);
      resident.set(size, residentMiB(await pidOfController(cluster)));
    }
  } finally {
    await cluster.stop();
  }
  return resident;
}

async function main(): Promise<void> {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  const heaps = env['ONLY'] === 'resident' ? new Map<number, number>() : await heapBySize();
  const resident = env['ONLY'] === 'heap' ? new Map<number, number>() : await residentBySize();
  const first = heaps.get(sizes[0] ?? 0) ?? 0;
  const rows = sizes.map((size) => {
    const heap = heaps.get(size) ?? NaN;
    const each = size > (sizes[0] ?? 0) ? ((heap - first) / (size - (sizes[0] ?? 0)) / 1024).toFixed(1) : '';
    return `| ${size} | ${(heap / 2 ** 20).toFixed(1)} | ${each} | ${(resident.get(size) ?? NaN).toFixed(0)} |`;
  });
  const head = ['| Applications | heap, MiB | heap for each, KiB | resident, MiB |', '|---|---|---|---|'];
  process.stdout.write(`${[...head, ...rows].join('\n')}\n`);
}

await main();
