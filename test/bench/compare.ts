/*
 * Requests and processor time for the life of an Application, with this build and with that of an earlier commit in turn.
 *
 *   BASE=f750a61 ROUNDS=10 APPS=10 make bench-compare        BASE can be the folder of a checkout that is built, too
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { createNamespace } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import { eventually, startClusterOf } from '../support/fleet.ts';
import type { AuditEvent, TestCluster } from '../support/fleet.ts';
import { cpuMsOf, live } from '../support/life.ts';

const { env } = process;
const base = env['BASE'] ?? '';
const rounds = Number(env['ROUNDS'] ?? 10);
const count = Number(env['APPS'] ?? 10);
const warm = Number(env['WARM'] ?? 5);
const namespace = 'market';

/** For one Application. */
interface Cost {
  readonly cpuMs: number;
  /** Requests by verb and resource. */
  readonly requests: ReadonlyMap<string, number>;
}

/** A built clone of a commit. */
function buildOf(commit: string, folder: string): string {
  const clone = join(folder, 'base');
  const run = (command: string, args: readonly string[], cwd: string): unknown =>
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  run('git', ['clone', '--quiet', packageRoot(), clone], folder);
  run('git', ['checkout', '--quiet', commit], clone);
  run('make', ['build'], clone);
  return clone;
}

async function pidOfController({ client }: TestCluster): Promise<number> {
  const { items } = await client.list(podResource, { namespace: systemNamespace });
  const ids = JSON.stringify(items.map(({ status }) => status));
  const pid = Number(/process:\/\/(\d+)/.exec(ids)?.[1]);
  if (!(pid > 0)) throw new Error('the controller does not run');
  return pid;
}

const names = (prefix: string, length: number): readonly string[] => Array.from({ length }, (_, i) => `${prefix}-${i}`);

async function measure(root: string): Promise<Cost> {
  const cluster = await startClusterOf(root, '--ready-delay', '50');
  try {
    await cluster.must('install');
    await createNamespace(cluster.client, namespace);
    for (const name of names('warm', warm)) await live(cluster.client, name, { namespace });
    await quiet(cluster);
    const pid = await pidOfController(cluster);
    const from = (await cluster.audit()).length;
    const before = await cpuMsOf(pid);
    for (const name of names('app', count)) await live(cluster.client, name, { namespace });
    const cpuMs = ((await cpuMsOf(pid)) - before) / count;
    const own = (await cluster.audit()).slice(from).filter(isOfController);
    return { cpuMs, requests: countsOf(own.map(kindOf)) };
  } finally {
    await cluster.stop();
  }
}

/** Waits until the controller has nothing left to do, such as the schemas of new definitions. */
async function quiet(cluster: TestCluster): Promise<void> {
  let last = -1;
  await eventually(
    'the controller to be idle',
    async () => {
      const own = (await cluster.audit()).filter(isOfController).length;
      const isIdle = own === last;
      last = own;
      if (!isIdle) throw new Error(`${own} requests`);
    },
    120,
    3_000,
  );
}

const isOfController = ({ verb, userAgent = '', objectRef }: AuditEvent): boolean =>
  verb !== 'watch' && userAgent.startsWith('vela-core') && objectRef?.resource !== 'leases';

const kindOf = ({ verb, objectRef: { resource = '', subresource = '' } = {} }: AuditEvent): string =>
  `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;

function countsOf(kinds: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1 / count);
  return counts;
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const range = (values: readonly number[]): string =>
  `${middle(values).toFixed(1)} (${Math.min(...values).toFixed(1)}-${Math.max(...values).toFixed(1)})`;

function report(title: string, costs: readonly Cost[]): string {
  const all = (one: Cost): number => [...one.requests.values()].reduce((sum, value) => sum + value, 0);
  return `| ${title} | ${range(costs.map(({ cpuMs }) => cpuMs))} | ${range(costs.map(all))} |`;
}

/** The kinds of requests of which one build sends more than the other. */
function differences(before: readonly Cost[], now: readonly Cost[]): readonly string[] {
  const kinds = [...new Set([...before, ...now].flatMap(({ requests }) => [...requests.keys()]))].sort();
  return kinds.flatMap((kind) => {
    const [a, b] = [before, now].map((costs) => middle(costs.map(({ requests }) => requests.get(kind) ?? 0)));
    return Math.abs((a ?? 0) - (b ?? 0)) < 0.05
      ? []
      : [`| ${kind} | ${(a ?? 0).toFixed(1)} | ${(b ?? 0).toFixed(1)} |`];
  });
}

async function main(): Promise<void> {
  if (base === '') throw new Error('BASE has to name a commit');
  const folder = mkdtempSync(join(tmpdir(), 'bench-compare-'));
  try {
    const old = existsSync(join(base, 'dist')) ? resolve(base) : buildOf(base, folder);
    const [before, now]: [Cost[], Cost[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      before.push(await measure(old));
      now.push(await measure(packageRoot()));
      process.stderr.write(
        `round ${round + 1}: ${before.at(-1)?.cpuMs.toFixed(1)} and ${now.at(-1)?.cpuMs.toFixed(1)} ms\n`,
      );
    }
    const ratios = now.map(({ cpuMs }, i) => cpuMs / (before[i]?.cpuMs ?? NaN));
    const lines = [
      `Each of ${count} Applications is created, changed and deleted; ${rounds} rounds in turn, median (range).`,
      '',
      '| build | processor time, ms | requests |',
      '|---|---|---|',
      report(base, before),
      report('now', now),
      '',
      `Processor time now and before: ${range(ratios)}`,
      '',
      '| requests that differ | before | now |',
      '|---|---|---|',
      ...differences(before, now),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
