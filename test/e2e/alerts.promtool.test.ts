import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { applicationResource } from '../../pkg/apis/application.ts';
import { labels } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { createNamespace, sampleApplication } from '../support/applications.ts';
import { announceShard, freePort, startCore, whenReady } from '../support/core-process.ts';
import type { CoreProcess } from '../support/core-process.ts';
import { eventually, runCommand, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { scrape, scrapeAll, scrapeWhen, seriesOf } from '../support/metrics-recording.ts';
import type { Sample, Scrape } from '../support/metrics-recording.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly source: string };
}

const namespace = 'alerts';
const folders: string[] = [];
const urls: Record<string, string> = {};
const fleet: Record<string, CoreProcess> = {};
/** What the processes exported in each situation. */
const recorded: Record<string, readonly Sample[]> = {};
const declared: Record<string, Scrape> = {};
let cluster: TestCluster;
let rules: readonly Rule[];

async function start(pod: string, ...flags: string[]): Promise<void> {
  const port = await freePort();
  urls[pod] = `http://127.0.0.1:${port}`;
  const all = ['--enable-sharding', `--metrics-addr=127.0.0.1:${port}`, ...flags];
  fleet[pod] = await startCore({ kubeconfig: cluster.kubeconfig, pod, flags: all });
  const core = fleet[pod];
  await eventually(`${pod} to be ready`, () => whenReady(core), 120);
}

const only = (...pods: string[]): Record<string, string> =>
  Object.fromEntries(pods.map((pod) => [pod, urls[pod] ?? '']));

async function record(what: string, shows: Parameters<typeof scrapeWhen>[2], from = urls): Promise<void> {
  recorded[what] = await scrapeWhen(what, from, shows);
}

const create = (name: string, shard: string | undefined): Promise<unknown> => {
  const app = sampleApplication(name, namespace);
  const own = shard === undefined ? {} : { labels: { [labels.scheduledShardId]: shard } };
  return cluster.client.create(applicationResource, { ...app, metadata: { ...app.metadata, ...own } });
};

beforeAll(async () => {
  const { spec } = load(await readFile(join(packageRoot(), 'docs/alerts.yaml'), 'utf8')) as {
    spec: { groups: [{ rules: Rule[] }] };
  };
  rules = spec.groups[0].rules;
  cluster = await startCluster('--ready-delay', '20');
  // everything but the controllers, which are processes of this test
  await cluster.must('install', '--set', 'sharding.enabled=true', '--set', 'replicaCount=0', '--no-wait');
  await createNamespace(cluster.client, namespace);
  await start('master', '--shard-id=master', '--shard-failover=off');
  for (const shard of ['a', 'b']) {
    await announceShard(cluster.client, shard);
    await start(shard, `--shard-id=${shard}`);
  }
  await create('first', 'a');
  await record('healthy', (value) =>
    ['a', 'b'].every((shard) => value('flotilla_shard_phase', { shard, phase: 'Ready' }) === 1),
  );
  for (const pod of ['master', 'a']) declared[pod] = await scrape(urls[pod] ?? '');
  await situations();
}, 400_000);

afterAll(async () => {
  await Promise.all(Object.values(fleet).map((core) => core.stop().catch(() => undefined)));
  await cluster.stop();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}, 60_000);

/** One after another, with real faults of real processes. */
async function situations(): Promise<void> {
  await create('stray', 'nowhere');
  await record('a stray Application', (value) => (value('flotilla_applications_stray') ?? 0) > 0);
  for (let i = 0; i < 85; i += 5) await Promise.all([0, 1, 2, 3, 4].map((j) => create(`many-${i + j}`, 'a')));
  await record('uneven shards', (value) => (value('flotilla_shard_applications', { shard: 'a' }) ?? 0) > 80);
  fleet['b']?.child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  fleet['b']?.child.kill('SIGCONT');
  await record('a blocked event loop', (value) => (value('flotilla_event_loop_lag_seconds') ?? 0) > 1, only('b'));
  for (const shard of ['a', 'b', 'master']) await cluster.must('shard', 'cordon', shard);
  await create('unassigned', undefined);
  await record('an unassigned Application', (value) => (value('flotilla_applications_unassigned') ?? 0) > 0);
  for (const shard of ['a', 'b', 'master']) await cluster.must('shard', 'uncordon', shard);
  fleet['a']?.child.kill('SIGKILL');
  await record('a dead shard', (value) => (value('flotilla_shards_without_holder') ?? 0) > 0);
  await adopted();
  await lowMargin();
  fleet['master']?.child.kill('SIGKILL');
  await eventually('the master to be gone', () => expect(scrape(urls['master'] ?? '')).rejects.toThrow());
  recorded['a dead master'] = await scrapeAll(urls);
  fleet['b']?.child.kill('SIGKILL');
  await eventually('the last shard to be gone', () => expect(scrape(urls['b'] ?? '')).rejects.toThrow());
  recorded['a dead fleet'] = await scrapeAll(urls);
}

/** The process of b works for a: with a master that asks for it. */
async function adopted(): Promise<void> {
  await fleet['master']?.stop();
  await start('master', '--shard-id=master', '--shard-failover=adopt');
  await record('an adopted shard', (value) => value('flotilla_shard_phase', { shard: 'a', phase: 'Adopted' }) === 1);
}

/** The API server does not answer for a moment. */
async function lowMargin(): Promise<void> {
  const server = cluster.serverPid;
  process.kill(server, 'SIGSTOP');
  try {
    await record(
      'a low lease margin',
      (value) => {
        const left = value('flotilla_lease_valid_seconds', { name: 'kubevela-b' }) ?? 0;
        return left > 0 && left < 0.3 * (value('flotilla_lease_duration_seconds', { name: 'kubevela-b' }) ?? 0);
      },
      only('b'),
    );
  } finally {
    process.kill(server, 'SIGCONT');
  }
}

/** Recorded samples with one of them as it would be later: what takes too long to wait for, or cannot be forced. */
function later(from: string, name: string, change: (value: number) => number): readonly Sample[] {
  const samples = recorded[from] ?? [];
  const index = samples.findIndex((sample) => sample.name === name);
  if (index < 0) throw new Error(`no process exported ${name}`);
  return samples.map((sample, at) => (at === index ? { ...sample, value: change(sample.value) } : sample));
}

/** With one more series of the master, which only a fault of the API server would bring. */
function asMaster({ name, labels: own, value }: Sample): readonly Sample[] {
  expect(declared['master']?.names).toContain(name);
  return [...(recorded['healthy'] ?? []), { name, labels: { ...own, pod: 'another-master' }, value }];
}

/** Two fleets, each with a master: the processes of this one, and the same as another one exports them. */
function twoFleets(): readonly Sample[] {
  const samples = recorded['healthy'] ?? [];
  return [
    ...samples,
    ...samples.map((one) => ({ ...one, labels: { ...one.labels, pod: `other-${one.labels['pod']}` } })),
  ];
}

const faults: Readonly<Record<string, () => readonly (readonly Sample[])[]>> = {
  ApplicationsUnassigned: () => [recorded['an unassigned Application'] ?? []],
  ApplicationsStray: () => [recorded['a stray Application'] ?? []],
  ShardWithoutHolder: () => [recorded['a dead shard'] ?? []],
  FailoverHeld: () => [recorded['a dead shard'] ?? []],
  HolderRefused: () => [asMaster({ name: 'flotilla_shard_holder_refused', labels: { shard: 'a' }, value: 1 })],
  PolicyNotEnforced: () => [asMaster({ name: 'flotilla_policy_enforced', labels: { policy: 'a' }, value: 0 })],
  ShardNotReady: () => [recorded['a dead shard'] ?? []],
  ShardAdoptedForLong: () => [recorded['an adopted shard'] ?? []],
  ApplicationsStale: () => [later('healthy', 'flotilla_shard_oldest_reconcile_seconds', (value) => value + 1_000)],
  NoMasterAtWork: () => [recorded['a dead master'] ?? []],
  TwoHoldersOfOneLease: () => [twoFleets()],
  LeaseMarginLow: () => [recorded['a low lease margin'] ?? []],
  EventLoopBlocked: () => [recorded['a blocked event loop'] ?? []],
  MovesStuck: () => [later('healthy', 'flotilla_shard_moves_stuck_total', (value) => value + 1)],
  StaleWriterRefused: () => [later('healthy', 'flotilla_fence_refusals_total', (value) => value + 1)],
  ApplicationsQuarantined: () => [later('healthy', 'flotilla_quarantined_applications', () => 1)],
  ShardsUneven: () => [recorded['uneven shards'] ?? []],
};

const [calmIntervals, faultIntervals] = [40, 80];

/** Runs promtool on the rules: 20 minutes in health, then 40 minutes as given; each alert fires, or does not, at both ends. */
async function promtool(alert: string, fault: readonly Sample[], late = '58m'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-alerts-'));
  folders.push(folder);
  await writeFile(join(folder, 'rules.yaml'), dump({ groups: [{ name: 'flotilla', rules }] }));
  const firing = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
  const input = seriesOf([
    { samples: recorded['healthy'] ?? [], intervals: calmIntervals },
    { samples: fault, intervals: faultIntervals },
  ]);
  const count = (at: string, isFiring: boolean): object => ({
    expr: `${firing} > bool 0`,
    eval_time: at,
    exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
  });
  const at = ['MovesStuck', 'StaleWriterRefused'].includes(alert) ? '22m' : late;
  const tests = [{ interval: '30s', input_series: input, promql_expr_test: [count('19m', false), count(at, true)] }];
  await writeFile(join(folder, 'test.yaml'), dump({ rule_files: ['rules.yaml'], evaluation_interval: '30s', tests }));
  const { code, stdout, stderr } = await runCommand('promtool', ['test', 'rules', join(folder, 'test.yaml')], {
    env: { ...process.env },
  });
  return code === 0 ? '' : `${stdout}${stderr}`;
}

describe('alerts on series of running processes', () => {
  test('every alert has a situation in which it fires', () => {
    expect(Object.keys(faults).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  test.each(Object.keys(faults))('%s fires in it, and not in health', async (alert) => {
    for (const fault of faults[alert]?.() ?? []) expect(await promtool(alert, fault)).toBe('');
  });

  test('a shard that dies while no master works is noticed by what the shards themselves export', async () => {
    expect(await promtool('ShardWithoutHolder', recorded['a dead fleet'] ?? [], '30m')).toBe('');
  });

  test('every metric of an alert is exported by the processes that its annotation "source" names', () => {
    for (const { alert, expr, annotations } of rules) {
      const names = [...expr.matchAll(/\b((?:flotilla|leader_election)_[a-z_]+)\b/g)].map((match) => match[1] ?? '');
      expect(names.length).toBeGreaterThan(0);
      const sources = annotations.source === 'master' ? ['master'] : ['master', 'a'];
      const isExported = (name: string): boolean => sources.some((pod) => declared[pod]?.names.has(name));
      expect({ alert, missing: names.filter((name) => !isExported(name)) }).toEqual({ alert, missing: [] });
      if (annotations.source !== 'master or shard') continue;
      const ofShard = names.some((name) => declared['a']?.names.has(name));
      expect({ alert, ofShard }).toEqual({ alert, ofShard: true });
    }
  });

  test('every metric of a panel is exported by a master or a shard', async () => {
    const { panels } = JSON.parse(await readFile(join(packageRoot(), 'docs/dashboard.json'), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const known = new Set([...(declared['master']?.names ?? []), ...(declared['a']?.names ?? [])]);
    const asked = panels
      .flatMap(({ targets }) => targets.map(({ expr }) => expr))
      .flatMap((expr) => [...expr.matchAll(/\b([a-z]+(?:_[a-z]+)+)\b(?=[{[)\s]|$)/g)].map((match) => match[1] ?? ''))
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(
      [...new Set(asked)].filter(
        (name) => /^(flotilla|workqueue|controller_runtime|rest_client|leader)/.test(name) && !known.has(name),
      ),
    ).toEqual([]);
  });
});
