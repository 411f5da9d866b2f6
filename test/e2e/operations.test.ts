import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels, systemNamespace } from '../../pkg/apis/names.ts';
import { shardSetName, shardSetResource } from '../../pkg/apis/shard-set.ts';
import type { ShardSet } from '../../pkg/apis/shard-set.ts';
import {
  assertAllRunning,
  createNamespace,
  deploymentResource,
  sampleApplication,
  shardsDeployed,
} from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

const namespace = 'operations';
const count = 20;
const addon = 'vela-core-shard-manager';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '100');
  await cluster.must('install', '--set', 'sharding.enabled=true');
  await cluster.must('addon', 'enable', addon, 'nShards=3');
  await createNamespace(cluster.client, namespace);
}, 120_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

const apps = async (): Promise<readonly Application[]> =>
  (await cluster.client.list<Application>(applicationResource, { namespace })).items;

const shardOf = ({ metadata }: KubeObject): string => metadata.labels?.[labels.scheduledShardId] ?? '';
const epochOf = ({ metadata }: KubeObject): string => metadata.annotations?.[annotations.shardEpoch] ?? '0';

async function perShard(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const app of await apps()) counts[shardOf(app)] = (counts[shardOf(app)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort());
}

/** What was delivered: which object it is, and how often its spec has changed. */
async function delivered(): Promise<readonly string[]> {
  const { items } = await cluster.client.list(deploymentResource, { namespace });
  return items.map(({ metadata: { name, uid, generation } }) => `${name} ${uid} ${generation}`).sort();
}

const whenRunning = (): Promise<unknown> =>
  eventually('all Applications to run', () => assertAllRunning(cluster.client, namespace, count), 60);

const slaves = (): Promise<readonly string[]> => shardsDeployed(cluster.client);

interface Row {
  readonly shard: string;
  readonly phase: string;
  readonly applications: number;
  readonly cordoned: boolean;
  readonly draining: boolean;
}

const list = async (): Promise<readonly Row[]> =>
  JSON.parse(await cluster.must('shard', 'list', '-o', 'json')) as readonly Row[];

test('vela logs prints what the pods of an Application logged', async () => {
  const logs = (...more: readonly string[]): Promise<string> =>
    cluster.must('logs', `addon-${addon}`, '-n', systemNamespace, ...more);
  const text = await eventually('all shards to have logged', async () => {
    const printed = await logs('--tail', '1');
    expect(printed.trim().split('\n')).toHaveLength(3);
    return printed;
  });
  const pods = [...text.matchAll(/^\[([^/\]]+)\/[^\]]+\] \{/gm)].map(([, pod = '']) => pod);
  expect(new Set(pods).size).toBe(3);
  expect(await logs('--pod', pods[0] ?? '', '--since', '1h')).toMatch(/^\{/);
  expect(await cluster.vela('logs', `addon-${addon}`, '-n', systemNamespace, '-c', 'web')).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/has no component web\n.*the components are /s),
  });
}, 60_000);

describe('cordoned shards', () => {
  test('get nothing new', async () => {
    expect(await cluster.must('shard', 'cordon', 'shard-0')).toBe('shard/shard-0 cordoned\n');
    await cluster.must('shard', 'cordon', 'shard-2');
    await eventually('the cordons to be known', async () => {
      const marks = Object.fromEntries((await list()).map(({ shard, cordoned }) => [shard, cordoned]));
      expect(marks).toMatchObject({ 'shard-0': true, 'shard-1': false, 'shard-2': true });
    });
    const names = Array.from({ length: count }, (_, i) => `app-${i}`);
    for (const name of names) await cluster.client.create(applicationResource, sampleApplication(name, namespace));
    await whenRunning();
    expect(await perShard()).toEqual({ 'shard-1': count });
    const [, ...rows] = (await cluster.must('ls', '-A', '--shard', 'shard-1')).trimEnd().split('\n');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter((row) => !row.includes(' shard-1 '))).toEqual([]);
    expect(await cluster.must('shard', 'uncordon', 'shard-0')).toBe('shard/shard-0 uncordoned\n');
    await cluster.must('shard', 'uncordon', 'shard-2');
  }, 60_000);
});

describe('a drain', () => {
  test('moves everything to others while it is being changed, and delivers it no second time', async () => {
    const before = (await delivered()).map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(await cluster.must('shard', 'drain', 'shard-1')).toBe('shard/shard-1 draining\n');
    for (const app of await apps()) {
      const component = { ...app.spec.components[0], traits: [{ type: 'scaler', properties: { replicas: 2 } }] };
      const target = { name: app.metadata.name ?? '', namespace };
      const body = { spec: { components: [component] } } as never;
      await cluster.client.patch(applicationResource, target, { type: 'merge', body });
    }
    const said = await cluster.must('shard', 'drain', 'shard-1', '--wait', '--timeout', '60');
    expect(said).toMatch(/already draining[\s\S]*shard\/shard-1 drained/);
    await whenRunning();
    const { 'shard-1': left = 0, ...others } = await perShard();
    expect(left).toBe(0);
    expect(Object.keys(others)).toEqual(['shard-0', 'shard-2']);
    expect(Math.min(...Object.values(others))).toBeGreaterThanOrEqual(8);
    const { items } = await cluster.client.list(deploymentResource, { namespace });
    expect(items.map((item) => (item['spec'] as { replicas: number }).replicas)).toEqual(items.map(() => 2));
    expect((await delivered()).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(before);
    expect((await apps()).map(epochOf)).toEqual(Array.from({ length: count }, () => '1'));
    await eventually('the condition', async () => {
      expect(await cluster.must('shard', 'describe', 'shard-1')).toMatch(/Drained +True/);
    });
    await cluster.must('shard', 'undrain', 'shard-1');
  }, 90_000);
});

describe('rebalancing', () => {
  test('shows its plan, and moves no more than that without touching what was delivered', async () => {
    const before = await delivered();
    expect(await cluster.must('shard', 'rebalance', '--dry-run')).toMatch(/shard-\d +shard-1 +\d/);
    await cluster.must('shard', 'rebalance');
    expect(Object.values(await perShard()).sort()).toEqual([6, 7, 7]);
    await whenRunning();
    expect(await delivered()).toEqual(before);
    expect(await cluster.must('shard', 'rebalance')).toContain('Nothing to move.');
  }, 60_000);
});

describe('another template of the pods', () => {
  test('moves nothing', async () => {
    const before = (await apps()).map((app) => `${app.metadata.name ?? ''} ${shardOf(app)} ${epochOf(app)}`);
    await cluster.must('addon', 'enable', addon, 'nShards=3', 'memory=1100Mi');
    await eventually('the fleet to be whole', async () => {
      const rows = (await list()).filter(({ shard }) => shard !== 'master');
      expect(rows.map(({ phase }) => phase)).toEqual(['Ready', 'Ready', 'Ready']);
    });
    expect((await apps()).map((app) => `${app.metadata.name ?? ''} ${shardOf(app)} ${epochOf(app)}`)).toEqual(before);
  }, 60_000);
});

describe('an addon that is upgraded without arguments', () => {
  test('keeps its shards and their size', async () => {
    expect(await cluster.must('addon', 'upgrade', addon)).toContain('kept: nShards=3 memory="1100Mi"');
    expect(await slaves()).toEqual(['shard-0', 'shard-1', 'shard-2']);
    const kept = { name: 'kubevela-vela-core-shard-2', namespace: systemNamespace };
    expect(JSON.stringify(await cluster.client.get(deploymentResource, kept))).toContain('"memory":"1100Mi"');
  }, 60_000);
});

describe('fewer shards', () => {
  test('the Deployment goes when its shard is empty, and what was delivered is not touched', async () => {
    const before = await delivered();
    const refused = await cluster.vela('addon', 'enable', addon, 'nShards=2');
    expect(refused).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/shard shard-2 is removed; \d+ applications? moves? to/),
    });
    expect(refused.stderr).toMatch(/no terminal[\s\S]*repeat the command with --yes/);
    expect(await slaves()).toHaveLength(3);
    const said = await cluster.must('addon', 'enable', addon, 'nShards=2', '--yes');
    expect(said).toContain('kept: memory="1100Mi"');
    expect(said).toMatch(/moved from shard shard-2 to the other shards/);
    await eventually('the third shard to go', async () => {
      const there = await slaves();
      const { 'shard-2': left = 0 } = await perShard();
      if (left > 0 && !there.includes('shard-2')) throw new Error(`it is gone, and ${left} are left`);
      expect(there).toEqual(['shard-0', 'shard-1']);
    });
    expect(Object.keys(await perShard())).toEqual(['shard-0', 'shard-1']);
    await whenRunning();
    expect(await delivered()).toEqual(before);
    const unknown = await cluster.vela('shard', 'drain', 'shard-9');
    expect(unknown).toMatchObject({ code: 3 });
    expect(unknown.stderr).toMatch(/there is no shard shard-9[\s\S]*there are master, shard-0, shard-1/);
  }, 60_000);

  test('and one more again, by its subresource scale, gets its share, and no more than that is moved', async () => {
    const before = await delivered();
    const epochs = async (): Promise<number> => (await apps()).reduce((sum, app) => sum + Number(epochOf(app)), 0);
    const set = { name: shardSetName, namespace: systemNamespace };
    const whenIt = (what: string, status: Partial<ShardSet>): Promise<void> =>
      eventually(what, async () => {
        expect(await cluster.client.get<ShardSet>(shardSetResource, set)).toMatchObject(status);
      });
    await whenIt('it to have followed the addon', { spec: { replicas: 2 } });
    const body = { spec: { replicas: 3 } };
    await cluster.client.patch(shardSetResource, set, { type: 'merge', body }, { subresource: 'scale' });
    await whenIt('the third shard to be ready', { status: { replicas: 3, readyReplicas: 3 } });
    const added = { name: 'kubevela-vela-core-shard-2', namespace: systemNamespace };
    expect(JSON.stringify(await cluster.client.get(deploymentResource, added))).toContain('"memory":"1100Mi"');
    const sum = await epochs();
    const { 'shard-0': first = 0, 'shard-1': second = 0 } = await perShard();
    expect(await cluster.must('shard', 'rebalance')).toMatch(/6 applications moved/);
    expect(first + second).toBe(count);
    expect(Object.values(await perShard()).sort()).toEqual([6, 7, 7]);
    expect((await epochs()) - sum).toBe(6);
    expect(await delivered()).toEqual(before);
  }, 60_000);

  test('none at all: everything is with the master', async () => {
    const before = await delivered();
    for (const command of [
      ['disable', addon],
      ['upgrade', addon, 'nShards=1'],
    ])
      expect(await cluster.vela('addon', ...command)).toMatchObject({
        code: 2,
        stdout: expect.stringMatching(/shard shard-2 is removed; \d applications? moves? to/),
        stderr: expect.stringContaining('repeat the command with --yes'),
      });
    expect(await slaves()).toHaveLength(3);
    await cluster.must('addon', 'disable', addon, '--yes', '--timeout', '60');
    expect(await slaves()).toEqual([]);
    expect(await perShard()).toEqual({ master: count });
    await whenRunning();
    expect(await delivered()).toEqual(before);
    expect(await cluster.must('shard', 'unassigned')).toMatch(/^NAMESPACE +NAME +SHARD +WHY\n$/);
  }, 90_000);
});
