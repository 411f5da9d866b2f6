import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { createNamespace } from '../support/applications.ts';
import { eventually } from '../support/fleet.ts';
import { ApiFaults } from './api-faults.ts';
import { namespace } from './applications.ts';
import { changesByAnswers } from './answers.ts';
import { writesOf } from './audit.ts';
import type { AuditLine, AuditedWrite } from './audit.ts';
import type { ChaosCluster } from './cluster.ts';
import { faults } from './faults.ts';
import type { Field } from './field.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
import { History } from './history.ts';
import type { Version } from './history.ts';
import { Load } from './load.ts';
import { planOf } from './plan.ts';
import type { PlannedFault } from './plan.ts';
import { Sightings } from './sightings.ts';
import { assertSettled, changesOf, deliveredResources } from './settled.ts';
import type { Settings } from './settings.ts';
import { Grants } from './timeline.ts';
import { checkCreations, checkEpochs, checkWriters } from './writers.ts';
import type { Violation } from './writers.ts';

export interface RoundResult {
  readonly seed: number;
  /** On which control plane, where that is to be said. */
  readonly plane: string | undefined;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  readonly late: number;
  /** By kind, how many faults struck. */
  readonly struck: ReadonlyMap<string, number>;
  readonly changes: ReadonlyMap<string, number>;
  readonly applications: number;
  readonly settledAfterSeconds: number;
}

/** One cluster, its fleet and its users, from the first start to the last check. */
export async function runRound(cluster: ChaosCluster, seed: number, settings: Settings): Promise<RoundResult> {
  const say = (text: string): Promise<void> =>
    appendFile(join(cluster.folder, 'round.log'), `${new Date().toISOString()} ${text}\n`);
  await bringUp(cluster, settings);
  const load = new Load({
    ...settings,
    client: () => cluster.client,
    random: seededRandom(seed + 1),
    count: settings.apps,
  });
  const history = new History(() => cluster.client);
  await history.start();
  const sightings = await followStates(cluster);
  try {
    await load.create();
    const settled = (): Promise<void> => assertSettled(cluster, load.wanted, settings.leaseSeconds * 1000);
    const pauseMs = pauseMsOf(cluster);
    await eventually('all Applications to run before the first fault', settled, 120, pauseMs);
    const before = await deliveredResources(cluster.client);
    await say('all run');
    const struck = new Map<string, number>();
    const over = new AbortController();
    const field: Field = {
      cluster,
      settings,
      api: new ApiFaults(cluster),
      shards: settings.shards,
      signal: over.signal,
    };
    const changing = load.run(settings.seconds);
    changing.catch(() => undefined);
    await strike(field, planOf(seed, settings), { struck, say });
    over.abort();
    await say('faults are over');
    const start = performance.now();
    await calm(field);
    await changing;
    const violations: Violation[] = refusalsOf(load);
    try {
      await eventually('the fleet to come to rest', settled, settings.quiesceSeconds, pauseMs);
    } catch (error) {
      violations.push(unsettled(error as Error));
    }
    const settledAfterSeconds = (performance.now() - start) / 1000;
    await say('at rest');
    const after = await deliveredResources(cluster.client);
    for (const message of changesOf(before, after, load.stable))
      violations.push({ invariant: 'unchanged resources do not restart', message, excerpt: [] });
    const story = await read(cluster, history, sightings);
    const { violations: found, late } = judge(story);
    violations.push(...found);
    const figures = figuresOf(story.versions, story.writes, settings.leaseSeconds);
    const applications = load.wanted.length;
    const plane = await cluster.describe();
    return { seed, plane, violations, figures, late, struck, changes: load.done, applications, settledAfterSeconds };
  } finally {
    load.stop();
    await Promise.all([history.stop(), sightings?.stop()]);
  }
}

const refusalsOf = ({ refused }: Load): Violation[] =>
  refused.map((message) => ({ invariant: 'no holder is refused', message, excerpt: [] }));

/** Each check lists everything, for which a real API server reads everything from etcd. */
const pauseMsOf = ({ plane }: ChaosCluster): number => (plane.kind === 'real' ? 1000 : 100);

/** The embedded API server has the outcome of writes in its audit log. */
async function followStates(cluster: ChaosCluster): Promise<Sightings | undefined> {
  if (cluster.plane.kind === 'embedded') return undefined;
  const sightings = new Sightings(() => cluster.client);
  await sightings.start();
  return sightings;
}

async function bringUp(cluster: ChaosCluster, { shards, leaseSeconds }: Settings): Promise<void> {
  await cluster.start();
  const lease = [`duration=${leaseSeconds}s`, `renew-deadline=${leaseSeconds * 0.66}s`, 'retry-period=1s'];
  const { coreArgs, installArgs } = cluster.plane;
  const args = [...lease.map((flag) => `--shard-lease-${flag}`), ...coreArgs].join(',');
  await cluster.vela('install', '--set', 'sharding.enabled=true', '--set', `extraArgs={${args}}`, ...installArgs);
  await cluster.askForShards(shards, { waits: true });
  await createNamespace(cluster.client, namespace);
}

interface Story {
  readonly versions: readonly Version[];
  readonly writes: readonly AuditedWrite[];
}

/** The records of the watches and the audit log; kept in the folder, too. */
async function read(cluster: ChaosCluster, { versions }: History, sightings: Sightings | undefined): Promise<Story> {
  await sleep(300); // until both have the last write
  await writeFile(join(cluster.folder, 'history.jsonl'), linesOf(versions));
  if (sightings) await writeFile(join(cluster.folder, 'sightings.jsonl'), linesOf(sightings.all));
  const changesOf = sightings && ((lines: readonly AuditLine[]) => changesByAnswers(lines, sightings.all));
  return { versions, writes: writesOf(await cluster.audit(), changesOf) };
}

const linesOf = (items: readonly object[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

function judge({ versions, writes }: Story): { readonly violations: readonly Violation[]; readonly late: number } {
  const { violations, late } = checkWriters(new Grants(versions, writes), versions, writes);
  return { violations: [...violations, ...checkEpochs(versions, writes), ...checkCreations(writes)], late };
}

interface Account {
  readonly struck: Map<string, number>;
  readonly say: (text: string) => Promise<void>;
}

/** Lets each fault strike at its time; they may overlap. Resolves when the last one is over. */
async function strike(field: Field, plan: readonly PlannedFault[], { struck, say }: Account): Promise<void> {
  const start = performance.now();
  const open: Promise<void>[] = [];
  for (const { atMs, kind, seed } of plan) {
    await sleep(Math.max(0, atMs - (performance.now() - start)));
    const random = seededRandom(seed);
    await say(`${kind} begins`);
    const fault = faults[kind](field, random).then(
      async (what) => {
        struck.set(kind, (struck.get(kind) ?? 0) + 1);
        await say(`${kind}: ${what}`);
      },
      // such as one that needs the API server while that is down
      (error: unknown) => say(`${kind} could not strike: ${String(error)}`),
    );
    open.push(fault);
  }
  await sleep(Math.max(0, field.settings.seconds * 1000 - (performance.now() - start)));
  await Promise.all(open);
}

/** Takes back whatever faults may have left behind. */
async function calm({ cluster, api, shards }: Field): Promise<void> {
  cluster.resumeAll();
  if (cluster.plane.kind === 'embedded') await eventually('the API server to answer', () => api.clear());
  await eventually('the addon to be accepted', () => cluster.askForShards(shards));
}

function unsettled(error: Error): Violation {
  const why = error.cause instanceof Error ? error.cause.message : String(error.cause);
  return { invariant: 'everything runs on a live holder, whole and complete', message: why, excerpt: [] };
}
