import { setTimeout as sleep } from 'node:timers/promises';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { BenchCluster, cpuOf, podOf, threadsOf } from './cluster.ts';
import type { Controller } from './cluster.ts';
import type { Row } from './table.ts';
import { benchApplication, createAll, names, quantile, whenAllRun, whileFollowing } from './workload.ts';

/** What one run found. */
interface Delivery {
  readonly requests: number;
  /** Of all processes that reconcile, milliseconds for each Application, beyond what they use at rest. */
  readonly cpuMs: number;
  /** Of one process that has nothing to do, milliseconds in a second. */
  readonly restMs: number;
  /** How many reconciles took at most so many seconds. */
  readonly reconciles: ReadonlyMap<number, number>;
  /** For each Application, from creation until it is seen to run. */
  readonly untilRunningMs: readonly number[];
}

/** What all runs with so many shards found: means, and quantiles of all together. */
interface Case {
  readonly shards: number | undefined;
  readonly requests: number;
  readonly cpuMs: number;
  readonly restMs: number;
  readonly p99Ms: number;
  readonly untilRunningMs: readonly [number, number];
}

const restSeconds = 10;

export interface DeliveryOptions {
  /** Of each case in each round. */
  readonly applications: number;
  readonly perSecond: number;
  /** Delivered by each shard before anything is measured: code gets faster over some hundreds. */
  readonly warm: number;
  readonly shardCounts: readonly number[];
  readonly rounds: number;
}

/**
 * What the delivery of an Application costs without sharding, and with so many shards. The clusters of all cases are there
 * at once and take turns, because a machine has better and worse minutes. Applications come at the same rate in each case,
 * well below what the machine can do: a machine that is full measures its scheduler.
 */
export async function deliveryRows(options: DeliveryOptions): Promise<readonly Row[]> {
  const cases: Measured[] = [];
  try {
    for (const shards of [undefined, ...options.shardCounts])
      cases.push({ shards, fleet: await warmFleet(shards, options.warm), runs: [] });
    await Promise.all(
      cases.map(async ({ fleet }) => {
        fleet.rest = await restOf(fleet.workers);
      }),
    );
    for (let round = 0; round < options.rounds; round++)
      for (const { fleet, runs } of round % 2 === 0 ? cases : cases.toReversed())
        runs.push(await deliver(options, fleet, round));
    return rowsOf(cases.map(({ shards, runs }) => together(shards, runs)));
  } finally {
    for (const { fleet } of cases) await fleet.cluster.stop();
  }
}

interface Measured {
  readonly shards: number | undefined;
  readonly fleet: Fleet;
  readonly runs: Delivery[];
}

function rowsOf(found: readonly Case[]): readonly Row[] {
  const [alone, ...sharded] = found;
  const first = sharded[0];
  const of = (pick: (one: Case) => string): string =>
    found.map((one) => `${one.shards ?? 'none'}: ${pick(one)}`).join(', ');
  const ratio = (value: number, base: number | undefined): string => (base ? (value / base).toFixed(2) : '-');
  return [
    {
      row: 'p99 reconcile by shards (with 1 / without)',
      target: 'within 3 %',
      measured: `${of(({ p99Ms }) => `${p99Ms.toFixed(0)} ms`)} (${ratio(first?.p99Ms ?? NaN, alone?.p99Ms)})`,
    },
    {
      row: 'from creation to running, p50 / p99',
      target: '-',
      measured: of(({ untilRunningMs: [half, most] }) => `${half.toFixed(0)} / ${most.toFixed(0)} ms`),
    },
    {
      row: 'requests per Application by shards',
      target: 'the same',
      measured: of(({ requests }) => requests.toFixed(1)),
    },
    {
      row: 'CPU of all shards per Application (to one)',
      target: 'within 5 %',
      measured: of(({ cpuMs }) => `${cpuMs.toFixed(0)} ms (${ratio(cpuMs, first?.cpuMs)})`),
    },
    {
      row: 'CPU of a shard at rest, in a second',
      target: '-',
      measured: of(({ restMs }) => `${restMs.toFixed(1)} ms`),
    },
  ];
}

function together(shards: number | undefined, runs: readonly Delivery[]): Case {
  const times = runs.flatMap(({ untilRunningMs }) => untilRunningMs);
  const mean = (pick: (run: Delivery) => number): number => runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
  const reconciles = new Map<number, number>();
  for (const run of runs)
    for (const [bound, count] of run.reconciles) reconciles.set(bound, (reconciles.get(bound) ?? 0) + count);
  return {
    shards,
    requests: mean(({ requests }) => requests),
    cpuMs: mean(({ cpuMs }) => cpuMs),
    restMs: mean(({ restMs }) => restMs),
    p99Ms: p99(reconciles) * 1000,
    untilRunningMs: [quantile(times, 0.5), quantile(times, 0.99)],
  };
}

/** A cluster whose controllers have delivered something already. */
interface Fleet {
  readonly cluster: BenchCluster;
  readonly workers: readonly Controller[];
  /** How many Applications there are. */
  count: number;
  /** What all of them use in a second in which they have nothing to do, in seconds. */
  rest: number;
}

async function warmFleet(shards: number | undefined, warmPerShard: number): Promise<Fleet> {
  // nobody shall look again at what was delivered while something else is measured
  const args = ['--application-re-sync-period=24h'];
  const cluster = await BenchCluster.start({ shards, usualLeases: true, args, values: ['concurrentReconciles=1'] });
  const workers = (await cluster.controllers()).filter(({ shard }) => shards === undefined || shard !== 'master');
  const count = warmPerShard * workers.length;
  await createAll(
    cluster.client,
    names('warm', count).map((name) => benchApplication(name)),
  );
  await whenAllRun(cluster.client, count);
  return { cluster, workers, count, rest: 0 };
}

async function deliver({ applications, perSecond }: DeliveryOptions, fleet: Fleet, round: number): Promise<Delivery> {
  const { cluster, workers, rest } = fleet;
  const buckets = await histograms(workers);
  await sleep(200);
  const [cpu, start] = [await total(workers, cpuOf), Date.now()];
  const pods = new Set(workers.map(({ pod }) => pod));
  const created = new Map<string, number>();
  const createInTime = async (): Promise<void> => {
    for (const [i, name] of names(`app-${round}`, applications).entries()) {
      await sleep(start + (i * 1000) / perSecond - Date.now());
      created.set(name, performance.now());
      await cluster.client.create(applicationResource, benchApplication(name));
    }
  };
  fleet.count += applications;
  const running = await whileFollowing(cluster.client, createInTime, { count: fleet.count, seconds: 600 });
  // the last Application runs, and its controller has yet to write down that it does
  await sleep(1000);
  const seconds = (Date.now() - start) / 1000;
  const used = (await total(workers, cpuOf)) - cpu;
  const requests = await cluster.audit(
    start,
    (line) => pods.has(podOf(line) ?? '') && line.objectRef?.resource !== 'leases' && line.verb !== 'watch',
  );
  return {
    requests: requests.length / applications,
    cpuMs: ((used - rest * seconds) * 1000) / applications,
    restMs: (rest * 1000) / workers.length,
    untilRunningMs: [...created].map(([name, at]) => (running.get(name) ?? NaN) - at),
    reconciles: difference(buckets, await histograms(workers)),
  };
}

/** What all processes use in a second in which they have nothing to do; some seconds clear up after a burst. */
async function restOf(workers: readonly Controller[]): Promise<number> {
  const used: number[] = [];
  let before = await total(workers, threadsOf);
  for (let i = 0; i < restSeconds; i += 1) {
    await sleep(1000);
    const now = await total(workers, threadsOf);
    used.push(now - before);
    before = now;
  }
  return quantile(used, 0.5);
}

async function total(workers: readonly Controller[], of: (pid: number) => Promise<number>): Promise<number> {
  const values = await Promise.all(workers.map(({ pid }) => of(pid)));
  return values.reduce((sum, value) => sum + value, 0);
}

const bucketLine =
  /^controller_runtime_reconcile_time_seconds_bucket\{(?=[^}]*controller="application")[^}]*le="([^"]+)"[^}]*\} (\S+)$/;

/** How many reconciles of Applications took at most so long, of all processes together. */
async function histograms(workers: readonly Controller[]): Promise<ReadonlyMap<number, number>> {
  const sums = new Map<number, number>();
  for (const { ip } of workers) {
    const text = await (await fetch(`http://${ip}:8080/metrics`)).text();
    for (const line of text.split('\n')) {
      const [, le = '', count = '0'] = bucketLine.exec(line) ?? [];
      if (le === '') continue;
      const bound = le === '+Inf' ? Infinity : Number(le);
      sums.set(bound, (sums.get(bound) ?? 0) + Number(count));
    }
  }
  return sums;
}

const difference = (
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> =>
  new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));

/** Interpolated inside the bucket. */
function p99(buckets: ReadonlyMap<number, number>): number {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => buckets.get(bound) ?? 0);
  const rank = (counts.at(-1) ?? 0) * 0.99;
  const at = counts.findIndex((count) => count >= rank);
  const [low, high] = [bounds[at - 1] ?? 0, bounds[at] ?? NaN];
  const [below, within] = [counts[at - 1] ?? 0, counts[at] ?? 0];
  return Number.isFinite(high) ? low + ((high - low) * (rank - below)) / Math.max(1, within - below) : low;
}
