import { setTimeout as sleep } from 'node:timers/promises';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { seededRandom } from '../../../machinery/src/clock/clock.ts';
import type { Random } from '../../../machinery/src/clock/clock.ts';
import { Follower } from './follower.ts';
import { keepFirstProcessorFree } from './pin.ts';
import { formatRatio, ratioOf } from './ratio.ts';
import { countOf, difference, p99, reconcilesOf, together } from './reconcile-times.ts';
import type { Reconciles } from './reconcile-times.ts';
import type { Row } from './table.ts';
import { warmFleet } from './warm-fleet.ts';
import type { Fleet } from './warm-fleet.ts';
import { benchApplication, namespace, names, quantile, shuffled } from './workload.ts';

export interface ReconcileOptions {
  /** That each case gets in each round and that are measured. */
  readonly applications: number;
  /** Delivered by each shard before anything is measured. */
  readonly warm: number;
  readonly shardCounts: readonly number[];
  /** How often all clusters are made anew: two processes of the same program are not equally fast. */
  readonly rounds: number;
}

/** What one case found in one round. */
interface Found {
  readonly reconciles: Reconciles;
  /** For each Application, from creation until it is seen to run. */
  readonly untilRunningMs: readonly number[];
}

/** A cluster of a round. */
interface Subject {
  readonly fleet: Fleet;
  readonly follower: Follower;
}

/** A life may leave something to do behind, such as pods that end. */
const pauseMs = 50;
/** So many lives before those that are measured: deleting is code, too. */
const warmLives = 60;

/**
 * How long a reconcile takes without sharding and with so many shards. An Application is created, runs, is deleted and is
 * gone before the next one is created in any of the clusters: what is measured waits for nothing that is measured beside
 * it, and the clusters stay as small as they were, so that their own collector has no part in it.
 */
export async function reconcileRows(options: ReconcileOptions): Promise<readonly Row[]> {
  const isPinned = await keepFirstProcessorFree();
  const cases = [undefined, ...options.shardCounts];
  const found = cases.map((): Found[] => []);
  const random = seededRandom(1);
  for (let round = 0; round < options.rounds; round++) {
    const subjects: Subject[] = [];
    try {
      for (const shards of cases) subjects.push(await newSubject(shards, options.warm, isPinned));
      await live(subjects, names('warm-life', warmLives), random);
      const measured = await measure(subjects, names('app', options.applications), random);
      for (const [i, one] of measured.entries()) found[i]?.push(one);
      const soFar = measured.map((one) => `${p99Of([one]).toFixed(1)} ms`).join(', ');
      process.stderr.write(`reconcile, round ${round + 1} of ${options.rounds}: ${soFar}\n`);
    } finally {
      for (const { fleet, follower } of subjects) {
        await follower.stop();
        await fleet.cluster.stop();
      }
    }
  }
  return rowsOf(cases, found);
}

async function newSubject(shards: number | undefined, warm: number, isPinned: boolean): Promise<Subject> {
  const fleet = await warmFleet(shards, warm, isPinned);
  return { fleet, follower: new Follower(fleet.cluster.client) };
}

async function measure(
  subjects: readonly Subject[],
  lives: readonly string[],
  random: Random,
): Promise<readonly Found[]> {
  const reconciles = (): Promise<readonly Reconciles[]> =>
    Promise.all(subjects.map(({ fleet }) => reconcilesOf(fleet.workers)));
  const before = await reconciles();
  const untilRunningMs = await live(subjects, lives, random);
  return (await reconciles()).map((after, i) => ({
    reconciles: difference(before[i] ?? after, after),
    untilRunningMs: untilRunningMs[i] ?? [],
  }));
}

/** Lets Applications of these names live in each cluster, one at a time, the clusters in any order; until each ran. */
async function live(
  subjects: readonly Subject[],
  lives: readonly string[],
  random: Random,
): Promise<readonly (readonly number[])[]> {
  const untilRunningMs = subjects.map((): number[] => []);
  for (const name of lives)
    for (const i of shuffled([...subjects.keys()], random)) {
      const subject = subjects[i];
      if (!subject) continue;
      untilRunningMs[i]?.push(await liveOne(subject, name));
      await sleep(pauseMs);
    }
  return untilRunningMs;
}

/** Milliseconds until it ran. */
async function liveOne({ fleet, follower }: Subject, name: string): Promise<number> {
  const { client } = fleet.cluster;
  const start = performance.now();
  await client.create(applicationResource, benchApplication(name));
  await follower.until(`${name} to run`, () => follower.running.has(name));
  const untilRunningMs = performance.now() - start;
  await client.delete(applicationResource, { name, namespace });
  await follower.until(`${name} to be gone`, () => !follower.present.has(name));
  return untilRunningMs;
}

function rowsOf(cases: readonly (number | undefined)[], found: readonly (readonly Found[])[]): readonly Row[] {
  const [alone = []] = found;
  const of = (pick: (runs: readonly Found[]) => string): string =>
    cases.map((shards, i) => `${shards ?? 'none'}: ${pick(found[i] ?? [])}`).join('; ');
  const compared = (runs: readonly Found[], figure: (runs: readonly Found[]) => number): string => {
    const relation =
      runs === alone ? '' : ` (${formatRatio(ratioOf({ of: runs, to: alone }, figure, seededRandom(1)))})`;
    return `${figure(runs).toFixed(1)} ms${relation}`;
  };
  const untilRunning = (runs: readonly Found[], part: number): string =>
    quantile(
      runs.flatMap(({ untilRunningMs }) => untilRunningMs),
      part,
    ).toFixed(0);
  return [
    {
      row: 'p99 reconcile by shards (to none; nine of ten times)',
      target: 'within 3 %',
      measured: of((runs) => compared(runs, p99Of)),
    },
    {
      row: 'mean reconcile by shards (to none; nine of ten times)',
      target: '-',
      measured: of((runs) => compared(runs, meanOf)),
    },
    {
      row: 'p99 reconcile, round by round',
      target: '-',
      measured: of((runs) => `${runs.map((run) => p99Of([run]).toFixed(0)).join(' ')} ms`),
    },
    {
      row: 'reconciles that were measured',
      target: '-',
      measured: of((runs) => String(countOf(allOf(runs)))),
    },
    {
      row: 'from creation to running, one at a time, p50 / p99',
      target: '-',
      measured: of((runs) => `${untilRunning(runs, 0.5)} / ${untilRunning(runs, 0.99)} ms`),
    },
  ];
}

const allOf = (runs: readonly Found[]): Reconciles => together(runs.map(({ reconciles }) => reconciles));

/** Milliseconds, like the mean. */
const p99Of = (runs: readonly Found[]): number => p99(allOf(runs)) * 1000;

function meanOf(runs: readonly Found[]): number {
  const all = allOf(runs);
  return (all.seconds / countOf(all)) * 1000;
}
