import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { CliBed } from '../../../test/support/cli-bed.ts';
import { fleetClock, fleetTime, putApplication, putLease, putPod, putShard } from '../../../test/support/cli-fleet.ts';
import type { Ended } from '../../../test/support/vela.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { annotations, labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { shardPartitionResource } from '../../../pkg/apis/shard-partition.ts';
import type { Resource } from '../../../machinery/src/meta.ts';
import { stateOf } from './shard-list.ts';
import type { ShardRow } from '../shards.ts';

const eventResource: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
let bed: CliBed;

const vela = (...args: readonly string[]): Promise<Ended> => bed.vela(args, { clock: fleetClock() });

const load2 = (busy: number, backlog: number, applications = 2) => ({ busy, backlog, applications });

/** A master, a busy shard, an idle one that is drained, one that another one adopted, and one that is gone. */
beforeAll(async () => {
  bed = await CliBed.start({ namespaces: ['apps'] });
  const report = { version: '1.0.0', configHash: 'aaa', address: 'http://10.0.0.1:8080' };
  await putLease(bed, 'master', { report: { ...report, load: load2(0.1, 0, 0) } });
  await putLease(bed, 'shard-1', {
    ago: 5,
    report: { ...report, version: '0.9.0', load: { ...load2(0.92, 40), oldestSeconds: 61 } },
  });
  await putLease(bed, 'shard-2', { report: { ...report, load: load2(0.02, 0) } });
  await putLease(bed, 'shard-10', { holder: 'vela-core-shard-1-0_uid', report: { ...report, homeShard: 'shard-1' } });
  await putPod(bed, 'master');
  await putPod(bed, 'shard-1', true, 4);
  await putPod(bed, 'shard-2', false);
  await putShard(bed, 'shard-1', { weight: 2, capacity: 100, class: 'large', labels: { zone: 'a' } });
  const drained = {
    type: 'Drained',
    status: 'False',
    reason: 'NoEligibleShard',
    message: 'every other shard is full',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await putShard(bed, 'shard-2', { unschedulable: true, drain: true }, { phase: 'Ready', conditions: [drained] });
  await putShard(bed, 'shard-3', {}, { phase: 'Gone' });
  await putApplication(bed, 'one', 'shard-1');
  await putApplication(bed, 'two', 'shard-1');
  await putApplication(bed, 'moving', 'shard-2', { labels: { [labels.shardMove]: 'shard-1' } });
  await putApplication(bed, 'lost', 'shard-7');
  const none = await putApplication(bed, 'none', undefined);
  const message = 'no shard has room';
  const condition = {
    type: 'Scheduled',
    status: 'False',
    reason: 'NoEligibleShard',
    message,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await bed.setStatus(applicationResource, none, { conditions: [condition] });
  await bed.put(shardPartitionResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ShardPartition',
    metadata: { name: 'gold' },
    spec: { shardSelector: {}, selector: {} },
    status: { endpoints: [{ shard: 'shard-1' }] },
  });
  await putEvents();
}, 60_000);

afterAll(() => bed.stop(), 30_000);

async function putEvents(): Promise<void> {
  const put = async (
    kind: string,
    name: string,
    more: { readonly ago: number; readonly reason: string; readonly message: string; readonly count?: number },
  ) => {
    const namespace = kind === 'Shard' ? 'default' : 'apps';
    const time = new Date(fleetTime - more.ago * 1000).toISOString().replace(/\.\d+/, '');
    const involved =
      kind === 'Shard'
        ? { apiVersion: 'flotilla.dev/v1alpha1', kind, name }
        : { apiVersion: 'core.oam.dev/v1beta1', kind, name, namespace };
    await bed.client.create(eventResource, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${more.ago}`, namespace },
      involvedObject: involved,
      type: 'Normal',
      reason: more.reason,
      message: more.message,
      count: more.count ?? 1,
      firstTimestamp: time,
      lastTimestamp: time,
    });
  };
  await put('Shard', 'shard-1', { ago: 90, reason: 'PhaseChanged', message: 'Joining -> Ready' });
  await put('Shard', 'shard-2', { ago: 3_600, reason: 'Draining', message: 'moving applications away', count: 3 });
  await put('Application', 'one', { ago: 86_400, reason: 'ShardMoved', message: 'from shard-2 to shard-1' });
  await put('Application', 'two', { ago: 10, reason: 'Assigned', message: 'assigned to shard-10' });
  await put('Application', 'two', { ago: 20, reason: 'Deployed', message: 'on shard-1' });
}

const linesOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, '  '));

describe('vela shard list', () => {
  test('has the master first and the others by number; those that are gone and have nothing are left out', async () => {
    const { code, stdout } = await vela('shard', 'list');
    expect({ code, lines: linesOf(stdout) }).toEqual({
      code: 0,
      lines: [
        'SHARD  PHASE  READY  APPLICATIONS  BACKLOG  HOLDER  RENEWED  STATE',
        'master  Ready  1/1  0  0  vela-core-master-0  3s ago',
        'shard-1  Ready  1/1  2  40  vela-core-shard-1-0  5s ago  drifted, 1 coming',
        'shard-2  Ready  0/1  1  0  vela-core-shard-2-0  3s ago  draining, 1 leaving',
        'shard-7  Gone  0/0  1',
        'shard-10  Adopted by shard-1  0/0  0  vela-core-shard-1-0  3s ago',
      ],
    });
  });

  test('shows all with --all', async () => {
    expect((await vela('shard', 'ls', '--all', '-o', 'name')).stdout.split('\n')).toEqual([
      'master',
      'shard-1',
      'shard-2',
      'shard-3',
      'shard-7',
      'shard-10',
      '',
    ]);
  });

  test('is wide with epoch, weight, capacity, class, version, configuration and address', async () => {
    const lines = linesOf((await vela('shard', 'list', '-o', 'wide')).stdout);
    expect(lines[0]).toMatch(/STATE {2}EPOCH {2}WEIGHT {2}CAPACITY {2}CLASS {2}VERSION {2}CONFIG {2}ADDRESS$/);
    expect(lines[2]).toMatch(/1 coming {2}2 {2}2 {2}100 {2}large {2}0\.9\.0 {2}aaa {2}http:\/\/10\.0\.0\.1:8080$/);
  });

  test('as JSON has the facts of each shard, without those of planning', async () => {
    const rows = JSON.parse((await vela('shard', 'list', '-o', 'json')).stdout) as readonly {
      readonly view?: unknown;
      readonly lease?: { readonly facts?: unknown };
    }[];
    expect(rows[1]).toMatchObject({
      shard: 'shard-1',
      phase: 'Ready',
      ready: 1,
      applications: 2,
      arriving: 1,
      departing: 0,
      drifted: true,
      weight: 2,
      capacity: 100,
      lease: { renewedSecondsAgo: 5, epoch: 2 },
    });
    expect(rows.filter(({ view, lease }) => view !== undefined || lease?.facts !== undefined)).toEqual([]);
  });

  test('costs one list of each of four kinds', async () => {
    const { requests } = await bed.requestsOf(['shard', 'list']);
    expect(requests.toSorted()).toEqual(['list applications', 'list leases', 'list pods', 'list shards']);
  });

  test('reads the namespace of the installation', async () => {
    expect((await vela('shard', 'list', '-n', 'apps', '-o', 'name')).stdout).not.toContain('shard-10');
  });
});

describe('vela shard describe', () => {
  test('has everything about a shard', async () => {
    const { code, stdout } = await vela('shard', 'describe', 'shard-1');
    expect({ code, lines: linesOf(stdout) }).toEqual({
      code: 0,
      lines: [
        'Shard:  shard-1',
        'Phase:  Ready',
        'State:  drifted, 1 coming',
        'Holder:  vela-core-shard-1-0_uid',
        'Lease:  kubevela-shard-1, renewed 5s ago, lasts 15s',
        'Epoch:  2',
        'Applications:  2 (1 coming, 0 leaving)',
        'Load:  92% busy, 40 waiting, every Application reconciled within 61s',
        'Weight:  2',
        'Capacity:  100',
        'Class:  large',
        'Labels:  zone=a',
        'Partitions:  gold',
        'Version:  0.9.0 (differs from the master)',
        'Configuration:  aaa',
        'Address:  http://10.0.0.1:8080',
        'Assignment:  assigner of the master',
        '',
        'Pods:',
        '  NAME  READY  RESTARTS  ADDRESS',
        '  vela-core-shard-1-0  yes  4  10.0.0.1',
        '',
        'Conditions:',
        '  none',
        '',
        'Events:',
        'AGE  TYPE  REASON  OBJECT  MESSAGE',
        '24h  Normal  ShardMoved  app/apps/one  from shard-2 to shard-1',
        '90s  Normal  PhaseChanged  shard/shard-1  Joining -> Ready',
      ],
    });
  });

  test('says what an adopted shard has, and lacks', async () => {
    const { stdout } = await vela('shard', 'describe', 'shard-10');
    expect(stdout).toMatch(
      /Phase: +Adopted\nState: +takes new Applications\nHolder: +vela-core-shard-1-0_uid, a process of shard-1 that adopted it\n/,
    );
    expect(stdout).toMatch(/Load: +not reported\n[^]*Capacity: +no limit\n/);
    expect(stdout).toMatch(/\nPods:\n {2}none\n\nConditions:\n {2}none\n/);
  });

  test('shows conditions, and events with their number', async () => {
    const { stdout } = await vela('shard', 'describe', 'shard-2');
    expect(stdout).toMatch(/ {2}Drained +False +NoEligibleShard +every other shard is full\n/);
    expect(stdout).toMatch(/60m +Normal +Draining +shard\/shard-2 +moving applications away \(3 times\)\n/);
  });

  test('as YAML holds assignment, partitions and events too', async () => {
    const value = load((await vela('shard', 'describe', 'shard-1', '-o', 'yaml')).stdout);
    expect(value).toMatchObject({
      shard: 'shard-1',
      partitions: ['gold'],
      assignment: ['assigner of the master'],
      events: [{ reason: 'ShardMoved' }, { reason: 'PhaseChanged' }],
    });
  });

  test('names the shards there are where one does not exist', async () => {
    expect(await vela('shard', 'describe', 'shard-9')).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'Error: there is no shard shard-9\nHint: there are master, shard-1, shard-2, shard-3, shard-7, shard-10\n',
    });
  });
});

describe('vela shard events', () => {
  test('has those of Shards, and of Applications because of shards, newest last', async () => {
    const { stdout } = await vela('shard', 'events');
    expect(linesOf(stdout).map((line) => line.split('  ').slice(0, 4))).toEqual([
      ['AGE', 'TYPE', 'REASON', 'OBJECT'],
      ['24h', 'Normal', 'ShardMoved', 'app/apps/one'],
      ['60m', 'Normal', 'Draining', 'shard/shard-2'],
      ['90s', 'Normal', 'PhaseChanged', 'shard/shard-1'],
      ['10s', 'Normal', 'Assigned', 'app/apps/two'],
    ]);
  });

  test.each([
    { id: 'shard-1', reasons: ['ShardMoved', 'PhaseChanged'] },
    { id: 'shard-10', reasons: ['Assigned'] },
    { id: 'master', reasons: [] },
  ])('of $id are those that name it as a whole word', async ({ id, reasons }) => {
    const events = JSON.parse((await vela('shard', 'events', id, '-o', 'json')).stdout) as readonly {
      reason: string;
    }[];
    expect(events.map(({ reason }) => reason)).toEqual(reasons);
  });

  test('of a shard that does not exist are refused', async () => {
    expect(await vela('shard', 'events', 'shard-9')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('there is no shard shard-9'),
    });
  });
});

describe('vela shard top', () => {
  test('has the busiest shard first; those without a report last', async () => {
    const { stdout } = await vela('shard', 'top');
    expect(linesOf(stdout)).toEqual([
      'SHARD  BUSY  BACKLOG  APPLICATIONS  REPORTED',
      'shard-1  92%  40  2  5s ago',
      'master  10%  0  0  3s ago',
      'shard-2  2%  0  1  3s ago',
      'shard-7  1',
      'shard-10  0',
    ]);
  });

  test('prints numbers as JSON, and names alone', async () => {
    const rows = JSON.parse((await vela('shard', 'top', '-o', 'json')).stdout) as readonly object[];
    expect(rows[0]).toEqual({ shard: 'shard-1', applications: 2, busy: 0.92, backlog: 40, reportedSecondsAgo: 5 });
    expect((await vela('shard', 'top', '-o', 'name')).stdout).toMatch(/^shard-1\nmaster\n/);
  });
});

describe('vela shard unassigned', () => {
  test('has Applications without a shard, and those of a shard without a process, with the reason', async () => {
    const { stdout } = await vela('shard', 'unassigned');
    expect(linesOf(stdout)).toEqual([
      'NAMESPACE  NAME  SHARD  WHY',
      'apps  lost  shard-7  shard shard-7 has no live process',
      'apps  none  (none)  no shard has room',
    ]);
  });

  test('is limited to a namespace, and prints names', async () => {
    expect((await vela('shard', 'unassigned', '-n', 'default')).stdout).toBe('NAMESPACE  NAME  SHARD  WHY\n');
    expect((await vela('shard', 'unassigned', '-o', 'name')).stdout).toBe(
      'application.core.oam.dev/lost\napplication.core.oam.dev/none\n',
    );
  });
});

describe('vela shard advise', () => {
  test('advises to repair what is ill before anything else', async () => {
    expect((await vela('shard', 'advise')).stdout).toBe('repair: shard-10 is Adopted\n');
    expect(JSON.parse((await vela('shard', 'advise', '-o', 'json')).stdout)).toEqual({
      advice: 'repair',
      because: 'shard-10 is Adopted',
    });
  });

  test('has no name to print', async () => {
    expect(await vela('shard', 'advise', '-o', 'name')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('use json or yaml'),
    });
  });
});

describe('vela top', () => {
  test('has the shards, the phases and the Applications that need attention', async () => {
    const { code, stdout } = await vela('top', '--limit', '2');
    expect(code).toBe(0);
    expect(linesOf(stdout).slice(-6)).toEqual([
      '5 Applications: 5 new',
      '',
      'NAMESPACE  APPLICATION  SHARD  PROGRESS',
      'apps  lost  shard-7  waiting for a controller',
      'apps  moving  shard-2  waiting for a controller',
      'and 3 more that need attention',
    ]);
  });

  test('as JSON has all of them, whatever the limit', async () => {
    const value = JSON.parse((await vela('top', '-o', 'json', '--limit', '1')).stdout) as {
      readonly problems: readonly object[];
    };
    expect(value).toMatchObject({
      applications: 5,
      phases: [['new', 5]],
      shards: expect.arrayContaining([
        { shard: 'shard-1', phase: 'Ready', applications: 2, load: expect.objectContaining({ busy: 0.92 }) },
      ]),
    });
    expect(value.problems).toHaveLength(5);
  });
});

test.each<{ row: Partial<ShardRow>; state: string }>([
  { row: {}, state: '' },
  { row: { cordoned: true }, state: 'cordoned' },
  { row: { cordoned: true, draining: true }, state: 'draining' },
  {
    row: { draining: true, conditions: [{ type: 'Drained', status: 'True', reason: 'R', lastTransitionTime: '' }] },
    state: 'drained',
  },
  { row: { drifted: true, arriving: 1, departing: 2 }, state: 'drifted, 2 leaving, 1 coming' },
])('the state of $row is "$state"', ({ row, state }) => {
  const still = { cordoned: false, draining: false, drifted: false, arriving: 0, departing: 0, conditions: [] };
  expect(stateOf({ ...still, ...row } as unknown as ShardRow)).toBe(state);
});

test('notes of a Lease are shown in words', async () => {
  const lease = { name: 'kubevela-shard-2', namespace: systemNamespace };
  const leases: Resource = {
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    plural: 'leases',
    namespaced: true,
  };
  const notes = { [annotations.adopt]: '{"shard-9":{}}', [annotations.wantedBy]: 'shard-2-0' };
  await bed.client.patch(leases, lease, { type: 'merge', body: { metadata: { annotations: notes } } });
  const { stdout } = await vela('shard', 'describe', 'shard-2');
  expect(stdout).toMatch(/Adopts: +\{"shard-9":\{\}\}\nWanted back by: +shard-2-0\n/);
});
