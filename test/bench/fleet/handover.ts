import type { Application } from '../../../pkg/apis/application.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { labels, systemNamespace } from '../../../pkg/apis/names.ts';
import type { Lease } from '../../../pkg/lease/record.ts';
import { leases, recordOf } from '../../../pkg/lease/record.ts';
import { podResource } from '../../support/core-process.ts';
import { eventually } from '../../support/fleet.ts';
import { BenchCluster, leaseSeconds, podOf } from './cluster.ts';
import type { Controller } from './cluster.ts';
import { whenAllRun } from './follower.ts';
import type { Row } from './table.ts';
import { createAll, names, namespace, quantile, smallApplication, timeToReconcile } from './workload.ts';

const familyKinds: ReadonlySet<string> = new Set(['applications', 'applicationrevisions', 'resourcetrackers']);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

interface Trial {
  readonly ms: number;
  /** To families of others than the Application by which it was measured. */
  readonly writes: number;
}

export interface HandoverOptions {
  readonly trials: number;
  readonly applications: number;
}

/** What a shard's Applications feel when its process ends, with another one that stands by, and without. */
export async function handoverRows({ trials, applications }: HandoverOptions): Promise<readonly Row[]> {
  const { graceful, hard } = await withFleet(2, applications, async (cluster) => ({
    graceful: await repeat(trials, () => strike(cluster, 'delete')),
    hard: await repeat(trials, () => strike(cluster, 'SIGSTOP')),
  }));
  const adopted = await withFleet(1, applications, (cluster) =>
    repeat(Math.min(trials, 3), () => strike(cluster, 'SIGSTOP')),
  );
  const writes = [...hard, ...adopted].reduce((sum, trial) => sum + trial.writes, 0);
  return [
    { row: 'graceful handover p95', target: '< 2 s', measured: shown(graceful) },
    {
      row: `hard failover to a standby p95, lease ${leaseSeconds} s`,
      target: `< ${leaseSeconds + 5} s`,
      measured: shown(hard),
    },
    { row: `hard failover by adoption p95, lease ${leaseSeconds} s`, target: '-', measured: shown(adopted) },
    { row: 'writes to families of both kinds of failover', target: '0', measured: String(writes) },
  ];
}

const shown = (trials: readonly Trial[]): string =>
  `${seconds(
    quantile(
      trials.map(({ ms }) => ms),
      0.95,
    ),
  )} (${trials.map(({ ms }) => seconds(ms)).join(', ')})`;

async function withFleet<T>(replicas: number, count: number, work: (cluster: BenchCluster) => Promise<T>): Promise<T> {
  const cluster = await BenchCluster.start({ shards: 2, replicas });
  try {
    await createAll(
      cluster.client,
      names('app', count).map((name) => smallApplication(name)),
    );
    await whenAllRun(cluster.client, count);
    return await work(cluster);
  } finally {
    await cluster.stop();
  }
}

async function repeat(times: number, trial: () => Promise<Trial>): Promise<readonly Trial[]> {
  const found: Trial[] = [];
  for (let i = 0; i < times; i += 1) found.push(await trial());
  return found;
}

let version = 1;

/** Takes the holder of a shard away and measures until a change of one of its Applications was delivered. */
async function strike(cluster: BenchCluster, how: 'delete' | 'SIGSTOP'): Promise<Trial> {
  const { client } = cluster;
  const shard = 'shard-0';
  const holder = await eventually('a holder', () => holderOf(cluster, shard));
  const { items } = await client.list<Application>(applicationResource, {
    namespace,
    labelSelector: `${labels.scheduledShardId}=${shard}`,
  });
  const probe = items[version % items.length]?.metadata.name ?? '';
  version += 1;
  const start = Date.now();
  // a pod that is deleted is replaced at once; a process that ended often would be restarted later and later
  if (how === 'delete') await client.delete(podResource, { name: holder.pod, namespace: systemNamespace });
  else process.kill(holder.pid, how);
  const ms = await timeToReconcile(client, probe, version).finally(() => {
    if (how === 'SIGSTOP') process.kill(holder.pid, 'SIGCONT');
  });
  const lines = await cluster.audit(start, (line) => {
    const { resource = '', name = '' } = line.objectRef ?? {};
    if (podOf(line) === undefined || !familyKinds.has(resource) || line.responseStatus.code >= 300) return false;
    return !['get', 'list', 'watch'].includes(line.verb) && !name.startsWith(`${probe}-`) && name !== probe;
  });
  await settle(cluster, shard, how);
  return { ms, writes: lines.length };
}

/** Waits until a shard is held by a process of its own and all processes answer again. */
async function settle(cluster: BenchCluster, shard: string, how: string): Promise<void> {
  const before = how === 'SIGSTOP' ? 3 : 1;
  await new Promise((resolve) => setTimeout(resolve, before * 1000));
  await eventually('the shard to be back with its own', async () => {
    const holder = await holderOf(cluster, shard);
    if (holder.shard !== shard) throw new Error(`${shard} is with ${holder.pod}`);
    const own = JSON.parse(await cluster.vela('shard', 'list', '-o', 'json')) as { shard: string; phase: string }[];
    const bad = own.find(({ phase }) => phase !== 'Ready');
    if (bad) throw new Error(`${bad.shard} is ${bad.phase}`);
  });
}

async function holderOf(cluster: BenchCluster, shard: string): Promise<Controller> {
  const lease = await cluster.client.get<Lease>(leases, { name: `kubevela-${shard}`, namespace: systemNamespace });
  const pod = recordOf(lease).holder?.split('_')[0];
  const found = (await cluster.controllers()).find((controller) => controller.pod === pod);
  if (!found) throw new Error(`${shard} is held by ${pod ?? 'no pod'}`);
  return found;
}
