import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { endProcess, eventually } from './fleet.ts';

export const podResource: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** A controller that runs beside a cluster instead of in it. */
export interface CoreProcess {
  readonly pod: string;
  readonly health: string;
  readonly child: ChildProcess;
  /** What it wrote, for a failing test. */
  output(): string;
  stop(): Promise<number | null>;
}

export interface CoreOptions {
  readonly kubeconfig: string;
  readonly pod: string;
  readonly flags: readonly string[];
}

/** Short, so that a test sees a Lease change hands. */
const election = [
  '--leader-election-lease-duration=3s',
  '--leader-election-renew-deadline=2s',
  '--leader-election-retry-period=500ms',
];

/** Starts `vela-core` as a process of this machine; the built command under dist/ must be there. */
export async function startCore({ kubeconfig, pod, flags }: CoreOptions): Promise<CoreProcess> {
  const port = await freePort();
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--health-addr=127.0.0.1:${port}`,
    '--metrics-addr=0',
    ...election,
    ...flags,
  ];
  const env = { ...process.env, POD_NAME: pod, POD_NAMESPACE: systemNamespace, FLOTILLA_LISTEN_HOST: '127.0.0.1' };
  const child = spawn(join(packageRoot(), 'bin/vela-core'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    pod,
    child,
    health: `http://127.0.0.1:${port}`,
    output: () => Buffer.concat(chunks).toString(),
    stop: async () => {
      await endProcess(child);
      return child.exitCode;
    },
  };
}

/** Waits until the process says that it is ready. */
export async function whenReady(core: CoreProcess): Promise<void> {
  await eventually(
    `${core.pod} to be ready`,
    async () => {
      if (core.child.exitCode !== null) throw new Error(`it ended: ${core.output()}`);
      const answer = await fetch(`${core.health}/readyz?verbose`);
      if (!answer.ok) throw new Error(`${await answer.text()}${core.output()}`);
    },
    20,
  );
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The pod by which the master knows of a process that the cluster did not start. */
export async function announceShard(client: KubeClient, shard: string): Promise<void> {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `outside-${shard}`,
      namespace: systemNamespace,
      labels: { 'app.kubernetes.io/name': 'vela-core', [labels.shardId]: shard },
    },
    spec: { containers: [{ name: 'kubevela', image: 'registry.example/outside:1' }] },
  };
  await client.create(podResource, pod);
}
