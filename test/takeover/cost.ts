/*
 * What an Application costs on a shard of KubeVela and on one of Flotilla in the same fleet: requests to the API server and
 * processor time, from its creation to its deletion with one change between, less what the same time costs at rest.
 *
 *   KUBEVELA_CORE=/path/to/vela-core APPS=20 make bench-takeover
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { labels } from '../../pkg/apis/names.ts';
import { cpuMsOf, live } from '../support/life.ts';
import { startPlaneCluster } from '../support/plane-cluster.ts';
import type { AuditEvent, TestCluster } from '../support/fleet.ts';
import { installKubeVela, KubeVela, kubeVelaCore } from './kubevela.ts';
import { pidOfShard } from './shard-process.ts';

const namespace = 'market';
const count = Number(process.env['APPS'] ?? 20);
const warm = Number(process.env['WARM'] ?? 10);
const restMs = 20_000;

interface Side {
  readonly shard: string;
  readonly title: string;
  readonly pid: () => Promise<number>;
  readonly agents: RegExp;
}

interface Cost {
  readonly writes: number;
  readonly reads: number;
  readonly cpuMs: number;
}

const isCounted = ({ verb, objectRef }: AuditEvent): boolean =>
  verb !== 'watch' && objectRef?.resource !== 'leases' && objectRef?.resource !== 'events';
const isRead = ({ verb }: AuditEvent): boolean => verb === 'get' || verb === 'list';

/** What one side costs while something goes on, and how long that took. */
async function measure(
  cluster: TestCluster,
  side: Side,
  work: () => Promise<unknown>,
): Promise<Cost & { readonly ms: number }> {
  const pid = await side.pid();
  const from = (await cluster.audit()).length;
  const before = await cpuMsOf(pid);
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  const cpuMs = (await cpuMsOf(pid)) - before;
  const own = (await cluster.audit())
    .slice(from)
    .filter((event) => isCounted(event) && side.agents.test(event.userAgent ?? ''));
  const reads = own.filter(isRead).length;
  return { reads, writes: own.length - reads, cpuMs, ms };
}

/** The cost of Applications, less what the same time costs at rest: the master of KubeVela has the user agent of its shards. */
async function costOf(cluster: TestCluster, side: Side, names: readonly string[]): Promise<Cost> {
  const where = { namespace, labels: { [labels.scheduledShardId]: side.shard } };
  const rest = await measure(cluster, side, () => sleep(restMs));
  const all = await measure(cluster, side, async () => {
    for (const name of names) await live(cluster.client, name, where);
  });
  const less = (part: 'reads' | 'writes' | 'cpuMs'): number => all[part] - (rest[part] * all.ms) / rest.ms;
  return { reads: less('reads'), writes: less('writes'), cpuMs: less('cpuMs') };
}

async function main(): Promise<void> {
  if (kubeVelaCore === '') throw new Error('KUBEVELA_CORE has to name the program of the controller');
  const cluster = await startPlaneCluster();
  const sharded = ['--enable-sharding', '--application-re-sync-period=5m'];
  const master = new KubeVela(cluster, [...sharded, '--shard-id=master']);
  const theirs = new KubeVela(cluster, [...sharded, '--shard-id=shard-k'], { isShard: true });
  try {
    await installKubeVela(cluster, { sharded: true });
    await master.start();
    await theirs.start();
    await cluster.must('install', '--shard-only', '--shard-id=shard-f');
    const sides: readonly Side[] = [
      {
        shard: 'shard-k',
        title: 'KubeVela',
        pid: () => Promise.resolve(theirs.pid),
        agents: /^(kubevela|vela-core\/v)/,
      },
      { shard: 'shard-f', title: 'Flotilla', pid: () => pidOfShard(cluster, 'shard-f'), agents: /^vela-core\/\d/ },
    ];
    const rows = ['| shard | requests | writes | reads | processor time |', '|---|---|---|---|---|'];
    for (const side of sides) {
      await costOf(cluster, side, namesOf('warm', warm));
      const { writes, reads, cpuMs } = await costOf(cluster, side, namesOf('app', count));
      const of = (total: number): string => (total / count).toFixed(1);
      rows.push(`| ${side.title} | ${of(writes + reads)} | ${of(writes)} | ${of(reads)} | ${of(cpuMs)} ms |`);
    }
    process.stdout.write(`For each of ${count} Applications, after ${warm} others:\n\n${rows.join('\n')}\n`);
  } finally {
    await master.stop();
    await theirs.stop();
    await cluster.stop();
  }
}

const namesOf = (prefix: string, length: number): readonly string[] =>
  Array.from({ length }, (_, i) => `${prefix}-${i}`);

await main();
