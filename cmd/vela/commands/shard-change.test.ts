import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CliBed } from '../../../test/support/cli-bed.ts';
import { fleetClock, putApplication, putLease, putPod, putShard } from '../../../test/support/cli-fleet.ts';
import type { Ended } from '../../../test/support/vela.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { annotations, labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { shardResource } from '../../../pkg/apis/shard.ts';
import { leases } from '../../../pkg/lease/record.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';

let bed: CliBed;

beforeAll(async () => {
  bed = await CliBed.start({ namespaces: ['apps'] });
}, 60_000);
afterAll(() => bed.stop(), 30_000);

beforeEach(async () => {
  for (const shard of ['master', 'shard-0', 'shard-1']) await putLease(bed, shard);
});
afterEach(async () => {
  await bed.client.deleteCollection(leases, { namespace: systemNamespace });
  await bed.client.deleteCollection(shardResource, {});
  await bed.client.deleteCollection(applicationResource, { namespace: 'apps' });
});

const vela = (...args: readonly string[]): Promise<Ended> => bed.vela(args, { clock: fleetClock() });

const specOf = async (name: string): Promise<unknown> =>
  (await bed.client.get<KubeObject>(shardResource, { name }))['spec'];

/** Does something once a command has printed the text, or asked for so many reads. */
function whenReading(after: number, act: () => Promise<unknown>): ReturnType<typeof fleetClock> {
  const clock = fleetClock();
  const sleep = clock.sleep.bind(clock);
  let pauses = 0;
  clock.sleep = async (ms, signal) => {
    pauses += 1;
    if (pauses === after) await act();
    await sleep(ms, signal);
  };
  return clock;
}

describe('vela shard cordon, drain and uncordon', () => {
  test.each([
    { verb: 'cordon', before: undefined, says: 'cordoned', spec: { unschedulable: true } },
    { verb: 'cordon', before: { weight: 2 }, says: 'cordoned', spec: { weight: 2, unschedulable: true } },
    { verb: 'cordon', before: { unschedulable: true }, says: 'already cordoned', spec: { unschedulable: true } },
    { verb: 'drain', before: undefined, says: 'draining', spec: { unschedulable: true, drain: true } },
    { verb: 'drain', before: { unschedulable: true }, says: 'draining', spec: { unschedulable: true, drain: true } },
    {
      verb: 'drain',
      before: { unschedulable: true, drain: true },
      says: 'already draining',
      spec: { unschedulable: true, drain: true },
    },
    {
      verb: 'uncordon',
      before: { weight: 2, unschedulable: true, drain: true },
      says: 'uncordoned',
      spec: { weight: 2 },
    },
    { verb: 'undrain', before: { drain: true }, says: 'uncordoned', spec: {} },
    { verb: 'uncordon', before: { weight: 2 }, says: 'already uncordoned', spec: { weight: 2 } },
  ])('$verb with the spec $before: $says', async ({ verb, before, says, spec }) => {
    if (before) await putShard(bed, 'shard-0', before);
    expect(await vela('shard', verb, 'shard-0')).toEqual({ code: 0, stdout: `shard/shard-0 ${says}\n`, stderr: '' });
    expect(await specOf('shard-0')).toEqual(spec);
  });

  test('write nothing where nothing changes', async () => {
    await putShard(bed, 'shard-0', { unschedulable: true });
    const { requests } = await bed.requestsOf(['shard', 'cordon', 'shard-0'], { clock: fleetClock() });
    expect(requests.filter((request) => !request.startsWith('list'))).toEqual([]);
  });

  test('uncordon of a shard that was never cordoned makes no object', async () => {
    await vela('shard', 'uncordon', 'shard-0');
    await expect(specOf('shard-0')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test.each(['cordon', 'uncordon', 'drain'])(
    '%s of a shard that does not exist names those there are',
    async (verb) => {
      expect(await vela('shard', verb, 'shard-9')).toEqual({
        code: 3,
        stdout: '',
        stderr: 'Error: there is no shard shard-9\nHint: there are master, shard-0, shard-1\n',
      });
    },
  );

  test('without any shard names the installation', async () => {
    await bed.client.deleteCollection(leases, { namespace: systemNamespace });
    expect((await vela('shard', 'cordon', 'shard-0')).stderr).toContain(
      'there are no shards at all; see vela install --set sharding.enabled=true',
    );
  });

  test('uncordon says that a drain goes on where the Deployment is being deleted', async () => {
    await putShard(bed, 'shard-0', { drain: true });
    const body = { metadata: { annotations: { [annotations.drainFor]: 'uid' } } };
    await bed.client.patch(shardResource, { name: 'shard-0' }, { type: 'merge', body });
    expect((await vela('shard', 'uncordon', 'shard-0')).stdout).toBe(
      'shard/shard-0 uncordoned\nIts Deployment is being deleted, so that it is emptied all the same.\n',
    );
  });
});

describe('vela shard drain --wait', () => {
  const remove = (name: string) => bed.client.delete(applicationResource, { name, namespace: 'apps' });

  test('ends when the shard is empty, and shows what is left', async () => {
    await putApplication(bed, 'one', 'shard-0');
    await putApplication(bed, 'two', 'shard-0', { labels: { [labels.shardMove]: 'shard-1' } });
    const clock = whenReading(2, async () => {
      await remove('one');
      await remove('two');
    });
    const { code, stdout } = await bed.vela(['shard', 'drain', 'shard-0', '--wait'], { clock });
    expect({ code, lines: stdout.split('\n') }).toEqual({
      code: 0,
      lines: ['shard/shard-0 draining', '  2 applications left, 1 on their way', 'shard/shard-0 drained', ''],
    });
  });

  test('ends at once where nothing is on the shard', async () => {
    expect((await vela('shard', 'drain', 'shard-0', '-w')).stdout).toBe(
      'shard/shard-0 draining\nshard/shard-0 drained\n',
    );
  });

  test('shows why no other shard takes them, and ends with status 4 when the time is over', async () => {
    await putApplication(bed, 'one', 'shard-0');
    const condition = {
      type: 'Drained',
      status: 'False',
      reason: 'NoEligibleShard',
      message: 'all are full',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    await putShard(bed, 'shard-0', { drain: true }, { phase: 'Ready', conditions: [condition] });
    const ended = await vela('shard', 'drain', 'shard-0', '--wait', '--timeout', '2');
    expect(ended).toEqual({
      code: 4,
      stdout: 'shard/shard-0 already draining\n  1 application left, 0 on their way: all are full\n',
      stderr:
        'Error: shard shard-0 was not empty within 2 s: 1 application left\n' +
        'Hint: the drain goes on; see vela shard describe shard-0, or take it back with vela shard uncordon shard-0\n',
    });
  });

  test('names the missing master where none runs', async () => {
    await bed.client.delete(leases, { name: 'kubevela', namespace: systemNamespace });
    await putLease(bed, 'master', { ago: 600 });
    await putApplication(bed, 'one', 'shard-0');
    const { code, stderr } = await vela('shard', 'drain', 'shard-0', '--wait', '--timeout', '1');
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('no master is running, which would ask for the moves'),
    });
  });

  test('ends with status 4 where the drain is taken back', async () => {
    await putApplication(bed, 'one', 'shard-0');
    const clock = whenReading(2, () => vela('shard', 'uncordon', 'shard-0'));
    expect(await bed.vela(['shard', 'drain', 'shard-0', '--wait'], { clock })).toMatchObject({
      code: 4,
      stderr: 'Error: the drain of shard shard-0 was taken back\n',
    });
  });
});

describe('vela shard move', () => {
  const read = (): Promise<KubeObject> => bed.client.get(applicationResource, { name: 'one', namespace: 'apps' });
  const move = (...more: readonly string[]) => ['shard', 'move', 'one', '-n', 'apps', ...more];

  /** Finishes a move as the master does. */
  async function commit(): Promise<void> {
    const { metadata } = await read();
    const to = metadata.labels?.[labels.shardMove] ?? '';
    const body = {
      metadata: {
        labels: { [labels.shardMove]: null, [labels.scheduledShardId]: to },
        annotations: { [annotations.shardMove]: null, [annotations.shardEpoch]: '1' },
      },
    };
    await bed.client.patch(applicationResource, { name: 'one', namespace: 'apps' }, { type: 'merge', body });
  }

  test('requests the move and waits for its commit', async () => {
    await putApplication(bed, 'one', 'shard-0');
    const { code, stdout } = await bed.vela(move('--to', 'shard-1'), { clock: whenReading(1, commit) });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Application moved to shard-1\n' });
  });

  test('assigns an Application without a shard at once', async () => {
    await putApplication(bed, 'one', undefined);
    expect(await vela(...move('--to', 'shard-1'))).toMatchObject({ code: 0 });
    expect((await read()).metadata.labels).toMatchObject({ [labels.scheduledShardId]: 'shard-1' });
  });

  test('changes nothing where it is there already', async () => {
    const { metadata } = await putApplication(bed, 'one', 'shard-1');
    expect(await vela(...move('--to', 'shard-1'))).toMatchObject({ code: 0 });
    expect((await read()).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  test('ends with status 4 and the request in place when the time is over', async () => {
    await putApplication(bed, 'one', 'shard-0');
    const { code, stdout, stderr } = await vela(...move('--to', 'shard-1', '--timeout', '5'));
    expect({ code, stdout }).toEqual({
      code: 4,
      stdout: expect.stringMatching(/^ {2}waiting for shard shard-0 to acknowledge the move[^\n]*\n$/),
    });
    expect(stderr).toMatch(
      /was not moved within 5 s: waiting for shard shard-0 .* cancel it with "vela shard move one -n apps --cancel"/,
    );
    expect((await read()).metadata.labels).toMatchObject({ [labels.shardMove]: 'shard-1' });
  });

  test('ends with status 4 where the move is taken back by another person, or the Application deleted', async () => {
    await putApplication(bed, 'one', 'shard-0');
    const cancelled = await bed.vela(move('--to', 'shard-1'), {
      clock: whenReading(1, () => vela(...move('--cancel'))),
    });
    expect(cancelled).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('application apps/one stays with shard-0'),
    });
    const clock = whenReading(1, () => bed.client.delete(applicationResource, { name: 'one', namespace: 'apps' }));
    expect(await bed.vela(move('--to', 'shard-1'), { clock })).toMatchObject({
      code: 4,
      stderr: 'Error: application apps/one is gone\n',
    });
  });

  test('refuses a second move while one is under way, and takes the first back', async () => {
    await putApplication(bed, 'one', 'shard-0');
    await vela(...move('--to', 'shard-1', '--timeout', '0'));
    expect(await vela(...move('--to', 'master', '--timeout', '0'))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('application apps/one cannot be moved to master: '),
    });
    expect(await vela(...move('--cancel'))).toEqual({ code: 0, stdout: 'Move taken back\n', stderr: '' });
    expect((await read()).metadata.labels).toEqual({ [labels.scheduledShardId]: 'shard-0' });
  });

  test.each([
    { args: [], code: 2, says: 'say where to: --to SHARD' },
    { args: ['--to', 'shard-1', '--cancel'], code: 2, says: 'say where to: --to SHARD' },
    { args: ['--to', 'shard-1'], code: 3, says: '"one" not found' },
    { args: ['--cancel'], code: 3, says: '"one" not found' },
  ])('with $args and no such Application ends with status $code', async ({ args, code, says }) => {
    expect(await vela(...move(...args))).toMatchObject({ code, stderr: expect.stringContaining(says) });
  });

  test('refuses a shard that does not exist, and makes no request to move', async () => {
    await putApplication(bed, 'one', 'shard-0');
    expect(await vela(...move('--to', 'shard-01'))).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'Error: shard shard-01 does not exist; did you mean "shard-0"\n' +
        'Hint: the shards are master, shard-0, shard-1; see vela shard list\n',
    });
    expect((await read()).metadata.labels).toEqual({ [labels.scheduledShardId]: 'shard-0' });
  });

  test('has nothing to take back where no move is under way', async () => {
    await putApplication(bed, 'one', 'shard-0');
    expect(await vela(...move('--cancel'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Error: application apps\/one: /),
    });
  });
});

describe('vela shard rebalance', () => {
  beforeEach(async () => {
    for (const shard of ['master', 'shard-0', 'shard-1']) await putPod(bed, shard).catch(() => undefined);
    for (const name of ['a', 'b', 'c', 'd']) await putApplication(bed, name, 'shard-0');
  });

  test('--dry-run prints the plan and moves nothing', async () => {
    const { code, stdout } = await vela('shard', 'rebalance', '--dry-run');
    expect({ code, lines: stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  ')) }).toEqual({
      code: 0,
      lines: [
        'SHARD  APPLICATIONS  SHARE  AFTER',
        'shard-0  4  2  2',
        'shard-1  0  2  2',
        '',
        'FROM  TO  APPLICATIONS',
        'shard-0  shard-1  2',
        '',
      ],
    });
    expect((await bed.client.list(applicationResource, { labelSelector: labels.shardMove })).items).toEqual([]);
  });

  test('prints the plan as JSON, and with the master where it is included', async () => {
    const plan = async (...more: readonly string[]) =>
      JSON.parse((await vela('shard', 'rebalance', '--dry-run', '-o', 'json', ...more)).stdout) as {
        moves: unknown;
        standings: readonly { shard: string }[];
      };
    expect((await plan()).moves).toEqual([{ from: 'shard-0', to: 'shard-1', count: 2 }]);
    expect((await plan('--include-master')).standings.map(({ shard }) => shard)).toContain('master');
  });

  test('has nothing to move where every shard has its share', async () => {
    expect((await vela('shard', 'rebalance', '--tolerance', '100', '--dry-run')).stdout).toMatch(
      /\nNothing to move\.\n$/,
    );
  });

  test('needs a master that carries the moves out', async () => {
    await bed.client.delete(leases, { name: 'kubevela', namespace: systemNamespace });
    expect(await vela('shard', 'rebalance')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no master is running'),
    });
    expect(await vela('shard', 'rebalance', '--dry-run')).toMatchObject({ code: 0 });
  });

  test('requests the moves, and ends with status 4 when they do not end in time', async () => {
    const { code, stdout, stderr } = await vela('shard', 'rebalance', '--timeout', '3');
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringMatching(
        /^Error: not all applications were moved within 3 s\nHint: moves that were asked for go on/,
      ),
    });
    expect(stdout).toMatch(/ {2}application apps\/[a-d]: shard-0 -> shard-1\n/);
  });
});
