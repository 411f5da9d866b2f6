import { setTimeout as sleep } from 'node:timers/promises';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { seededRandom } from '../../../machinery/src/clock/clock.ts';
import type { Random } from '../../../machinery/src/clock/clock.ts';
import { cpuOf, podOf, threadsOf } from './cluster.ts';
import type { AuditLine, Controller } from './cluster.ts';
import { whileFollowing } from './follower.ts';
import { keepFirstProcessorFree } from './pin.ts';
import { formatRatio, ratioOf } from './ratio.ts';
import type { Row } from './table.ts';
import { warmFleet } from './warm-fleet.ts';
import type { Fleet } from './warm-fleet.ts';
import { benchApplication, names, quantile, shuffled } from './workload.ts';

/** What one run found. */
interface Delivery {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Of all processes that reconcile, milliseconds for each Application, beyond what they use at rest. */
  readonly cpuMs: number;
  /** For each Application, from creation until it is seen to run. */
  readonly untilRunningMs: readonly number[];
}

/** A cluster with so many shards, and what was found in each round. */
interface Case {
  readonly shards: number | undefined;
  readonly fleet: Fleet;
  readonly runs: Delivery[];
}

const restSeconds = 10;

export interface DeliveryOptions {
  /** Of each process in each round, so that the code of all of them has been run as often. */
  readonly applications: number;
  readonly perSecond: number;
  /** Delivered by each shard before anything is measured: code gets faster over some hundreds. */
  readonly warm: number;
  readonly shardCounts: readonly number[];
  readonly rounds: number;
}

/**
 * What the delivery of an Application costs without sharding, and with so many shards. The clusters of all cases are there
 * at once and get Applications in turn, one at a time, because a machine has better and worse seconds; each process as many
 * as every other, and all of them together no more than is well below what the machine can do: a machine that is full
 * measures its scheduler. Where possible all that reconcile share a processor, and everything else has the others.
 */
export async function deliveryRows(options: DeliveryOptions): Promise<readonly Row[]> {
  const cases: Case[] = [];
  const isPinned = await keepFirstProcessorFree();
  try {
    for (const shards of [undefined, ...options.shardCounts]) {
      const fleet = await warmFleet(shards, options.warm, isPinned);
      cases.push({ shards, fleet, runs: [] });
    }
    await Promise.all(
      cases.map(async ({ fleet }) => {
        fleet.rest = await restOf(fleet.workers);
      }),
    );
    const random = seededRandom(1);
    for (let round = 0; round < options.rounds; round++) await deliver(options, cases, { round, random });
    return [
      ...timeRows(cases),
      ...(await requestRows(cases, options)),
      { row: 'all that reconcile share a processor', target: '-', measured: isPinned ? 'yes' : 'no' },
    ];
  } finally {
    for (const { fleet } of cases) await fleet.cluster.stop();
  }
}

function timeRows(cases: readonly Case[]): readonly Row[] {
  const one = cases[1];
  const random = seededRandom(1);
  const of = (pick: (one: Case) => string): string =>
    cases.map((each) => `${each.shards ?? 'none'}: ${pick(each)}`).join('; ');
  const related = (each: Case, to: Case | undefined, figure: (runs: readonly Delivery[]) => number): string =>
    to && to !== each ? ` (${formatRatio(ratioOf({ of: each.runs, to: to.runs }, figure, random))})` : '';
  const times = ({ runs }: Case, part: number): string =>
    quantile(
      runs.flatMap(({ untilRunningMs }) => untilRunningMs),
      part,
    ).toFixed(0);
  return [
    {
      row: 'from creation to running, p50 / p99',
      target: '-',
      measured: of((each) => `${times(each, 0.5)} / ${times(each, 0.99)} ms`),
    },
    {
      row: 'CPU of all shards per Application (to one; nine of ten times)',
      target: 'within 5 %',
      measured: of(
        (each) => `${cpuOfRuns(each.runs).toFixed(1)} ms${each === cases[0] ? '' : related(each, one, cpuOfRuns)}`,
      ),
    },
    {
      row: 'CPU of a shard at rest, in a second',
      target: '-',
      measured: of(({ fleet }) => `${((fleet.rest * 1000) / fleet.workers.length).toFixed(1)} ms`),
    },
  ];
}

/** Each audit is read once, when everything is over. */
async function requestRows(cases: readonly Case[], { applications, rounds }: DeliveryOptions): Promise<readonly Row[]> {
  const counts: string[] = [];
  for (const { shards, fleet, runs } of cases) {
    const pods = new Set(fleet.workers.map(({ pod }) => pod));
    const isOfRun = ({ stageTimestamp }: AuditLine): boolean => {
      const at = Date.parse(stageTimestamp);
      return runs.some(({ start, end }) => at >= start && at <= end);
    };
    const requests = await fleet.cluster.audit(
      0,
      (line) =>
        pods.has(podOf(line) ?? '') && line.objectRef?.resource !== 'leases' && line.verb !== 'watch' && isOfRun(line),
    );
    const delivered = applications * fleet.workers.length * rounds;
    counts.push(`${shards ?? 'none'}: ${(requests.length / delivered).toFixed(1)}`);
  }
  return [{ row: 'requests per Application by shards', target: 'the same', measured: counts.join('; ') }];
}

const cpuOfRuns = (runs: readonly Delivery[]): number => runs.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / runs.length;

/** An Application that one of the clusters is to get. */
interface Planned {
  readonly fleet: Fleet;
  readonly name: string;
}

/** The process of the next Application, lap by lap: in each lap every process gets one, in any order. */
function plan(
  { applications }: DeliveryOptions,
  cases: readonly Case[],
  { round, random }: { readonly round: number; readonly random: Random },
): readonly Planned[] {
  return names(`app-${round}`, applications).flatMap((lap) =>
    shuffled(
      cases.flatMap(({ fleet }) => names(lap, fleet.workers.length).map((name) => ({ fleet, name }))),
      random,
    ),
  );
}

/** One round: what every case found is added to its runs. */
async function deliver(
  options: DeliveryOptions,
  cases: readonly Case[],
  moment: { readonly round: number; readonly random: Random },
): Promise<void> {
  const planned = plan(options, cases, moment);
  const used = await Promise.all(cases.map(({ fleet }) => total(fleet.workers, cpuOf)));
  const start = Date.now();
  const created = new Map<Fleet, Map<string, number>>(cases.map(({ fleet }) => [fleet, new Map<string, number>()]));
  const createInTime = async (): Promise<void> => {
    for (const [i, { fleet, name }] of planned.entries()) {
      await sleep(start + (i * 1000) / options.perSecond - Date.now());
      created.get(fleet)?.set(name, performance.now());
      await fleet.cluster.client.create(applicationResource, benchApplication(name));
    }
  };
  let creating: Promise<void> | undefined;
  const running = await Promise.all(
    cases.map(({ fleet }) => {
      fleet.count += options.applications * fleet.workers.length;
      const limits = { count: fleet.count, seconds: 600 };
      return whileFollowing(fleet.cluster.client, () => (creating ??= createInTime()), limits);
    }),
  );
  // the last Application runs, and its controller has yet to write down that it does
  await sleep(1000);
  const end = Date.now();
  for (const [i, { fleet, runs }] of cases.entries()) {
    const cpu = (await total(fleet.workers, cpuOf)) - (used[i] ?? NaN);
    const atRest = (fleet.rest * (end - start)) / 1000;
    runs.push({
      start,
      end,
      cpuMs: ((cpu - atRest) * 1000) / (options.applications * fleet.workers.length),
      untilRunningMs: [...(created.get(fleet) ?? [])].map(([name, at]) => (running[i]?.get(name) ?? NaN) - at),
    });
  }
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
