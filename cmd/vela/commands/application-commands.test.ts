import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CliBed } from '../../../test/support/cli-bed.ts';
import { putLease } from '../../../test/support/cli-fleet.ts';
import { SteppingClock } from '../../../test/support/stepping-clock.ts';
import type { Ended } from '../../../test/support/vela.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { annotations, finalizers, labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { shardResource } from '../../../pkg/apis/shard.ts';
import { leases } from '../../../pkg/lease/record.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
let bed: CliBed;

beforeAll(async () => {
  bed = await CliBed.start({ namespaces: ['apps'] });
}, 60_000);
afterAll(() => bed.stop(), 30_000);
afterEach(() => bed.client.deleteCollection(applicationResource, { namespace: 'apps' }));

const vela = (...args: readonly string[]): Promise<Ended> => bed.vela(args);
const application = (name: string, metadata: object = {}, spec: object = {}): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name, namespace: 'apps', ...metadata },
  spec: { components: [{ name: 'front', type: 'webservice', properties: { image: 'nginx' } }], ...spec },
});
const read = (name = 'web'): Promise<Application> =>
  bed.client.get<Application>(applicationResource, { name, namespace: 'apps' });
const put = (status?: object, metadata: object = {}): Promise<Application> =>
  bed.put<Application>(applicationResource, {
    ...application('web', metadata),
    ...(status && { status }),
  });

/** Does something at the first pause of a command. */
function atFirstPause(act: () => Promise<unknown>): SteppingClock {
  const clock = new SteppingClock();
  const sleep = clock.sleep.bind(clock);
  let isDone = false;
  clock.sleep = async (ms, signal) => {
    if (!isDone) await act();
    isDone = true;
    await sleep(ms, signal);
  };
  return clock;
}

describe('vela up -f', () => {
  const config = (name: string, value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { value },
  });

  test('applies everything of a file, Applications last, and says what changed', async () => {
    const file = await bed.file('all.json', {
      apiVersion: 'v1',
      kind: 'List',
      items: [application('web'), config('settings', '1')],
    });
    const up = ['up', '-f', file, '-n', 'apps', '--wait=false'];
    expect(await vela(...up)).toEqual({
      code: 0,
      stdout: 'ConfigMap apps/settings created\nApplication apps/web created\n',
      stderr: '',
    });
    expect((await vela(...up)).stdout).toBe('ConfigMap apps/settings unchanged\nApplication apps/web unchanged\n');
    await bed.file('all.json', config('settings', '2'));
    expect((await vela(...up)).stdout).toBe('ConfigMap apps/settings configured\n');
    expect(await bed.client.get(configMaps, { name: 'settings', namespace: 'apps' })).toMatchObject({
      data: { value: '2' },
    });
  });

  test('reads standard input', async () => {
    const { code, stdout } = await bed.vela(['up', '-f', '-', '--wait=false'], {
      stdin: JSON.stringify(application('web')),
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Application apps/web created\n' });
  });

  test('prints what is stored, one object or a list of several, and no summary', async () => {
    const one = await bed.file('one.json', application('web'));
    const printed = await vela('up', '-f', one, '--wait=false', '-o', 'json');
    expect(JSON.parse(printed.stdout)).toMatchObject({ kind: 'Application', metadata: { uid: expect.any(String) } });
    const two = await bed.file('two.json', application('other'));
    expect((await vela('up', '-f', one, '-f', two, '--wait=false', '-o', 'name')).stdout).toBe(
      'application.core.oam.dev/web\napplication.core.oam.dev/other\n',
    );
  });

  test('waits until the Application runs', async () => {
    const file = await bed.file('web.json', application('web'));
    const clock = atFirstPause(async () =>
      bed.setStatus(applicationResource, await read(), { status: 'running', observedGeneration: 1 }),
    );
    expect(await bed.vela(['up', '-f', file], { clock })).toEqual({
      code: 0,
      stdout: 'Application apps/web created\n  apps/web: waiting for a controller\n  apps/web: running\n',
      stderr: '',
    });
  });

  test('ends with status 4 when it does not run in time', async () => {
    const file = await bed.file('web.json', application('web'));
    expect(await vela('up', '-f', file, '--timeout', '1')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('not running in time: apps/web (waiting for a controller)'),
    });
  });

  test('releases under a version', async () => {
    const file = await bed.file('web.json', application('web'));
    await vela('up', '-f', file, '--wait=false', '--publish-version', 'v7');
    expect((await read()).metadata.annotations).toMatchObject({ [annotations.publishVersion]: 'v7' });
  });

  test.each([
    {
      name: 'another namespace than that of -n',
      object: application('web'),
      args: ['-n', 'other'],
      code: 2,
      says: 'Application web names namespace apps, but -n says other',
    },
    {
      name: 'an object without a name',
      object: { apiVersion: 'v1', kind: 'ConfigMap' },
      args: [],
      code: 1,
      says: 'document 1: metadata.name is missing',
    },
    {
      name: 'a kind that is not served',
      object: { apiVersion: 'example.com/v1', kind: 'Odd', metadata: { name: 'a' } },
      args: [],
      code: 3,
      says: 'Odd',
    },
    {
      name: 'an Application that is refused',
      object: { ...application('web'), spec: { components: 'none' } },
      args: [],
      code: 1,
      says: 'spec.components',
    },
    {
      name: 'a namespace that does not exist',
      object: { ...application('web'), metadata: { name: 'web', namespace: 'absent' } },
      args: [],
      code: 3,
      says: '"absent" not found',
    },
  ])('refuses $name', async ({ object, args, code, says }) => {
    const file = await bed.file('bad.json', object);
    expect(await vela('up', '-f', file, '--wait=false', ...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(says),
    });
  });
});

describe('vela up NAME', () => {
  test('publishes another version of an Application that exists', async () => {
    await put();
    expect(await vela('up', 'web', '-n', 'apps', '--publish-version', 'v2')).toMatchObject({
      code: 0,
      stdout: 'Application updated with new PublishVersion v2\n',
    });
    expect((await read()).metadata.annotations).toMatchObject({ [annotations.publishVersion]: 'v2' });
  });

  test('gives it to a shard, and refuses one that does not exist', async () => {
    await put();
    await putLease(bed, 'shard-0');
    expect(await vela('up', 'web', '-n', 'apps', '--shard-id', 'shard-1')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('shard shard-1 does not exist'),
    });
    expect(await vela('up', 'web', '-n', 'apps', '--shard-id', 'shard-0')).toMatchObject({
      code: 0,
      stdout: 'Application scheduled to shard-0\n',
    });
    expect((await read()).metadata.labels).toMatchObject({ [labels.scheduledShardId]: 'shard-0' });
    await bed.client.deleteCollection(leases, { namespace: systemNamespace });
  });

  test('ends with status 3 where it does not exist', async () => {
    expect(await vela('up', 'web', '-n', 'apps', '--publish-version', 'v2')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('"web" not found'),
    });
  });
});

describe('vela delete', () => {
  test('deletes by name and shows the end', async () => {
    await put();
    expect(await vela('delete', 'web', '-n', 'apps')).toEqual({
      code: 0,
      stdout: 'Start deleting application apps/web\nDelete application apps/web succeeded\n',
      stderr: '',
    });
  });

  test('goes on with the others where one does not exist', async () => {
    await put();
    const { code, stdout } = await vela('delete', 'web', 'absent', '-n', 'apps');
    expect({ code, lines: stdout.split('\n').toSorted() }).toEqual({
      code: 0,
      lines: [
        '',
        'Delete application apps/web succeeded',
        'Start deleting application apps/web',
        'application apps/absent not found',
      ],
    });
  });

  test('ends with status 3 where there is nothing to delete', async () => {
    expect(await vela('delete', 'absent', '-n', 'apps')).toMatchObject({
      code: 3,
      stderr: 'Error: nothing was deleted: no such Application\n',
    });
    expect(await vela('delete', '--all', '-n', 'apps')).toMatchObject({
      code: 3,
      stderr: 'Error: no Application in namespace apps\n',
    });
  });

  test('deletes all of a namespace', async () => {
    await put();
    await bed.put(applicationResource, application('other'));
    await vela('delete', '--all', '-n', 'apps', '--wait=false');
    expect((await bed.client.list(applicationResource, { namespace: 'apps' })).items).toEqual([]);
  });

  test('ends with status 4 and names those that are not gone in time', async () => {
    await put(undefined, { finalizers: [finalizers.application] });
    expect(await vela('delete', 'web', '-n', 'apps', '--timeout', '1')).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^Error: not gone in time: web\nHint: is the controller of its shard running\?/),
    });
    await bed.client.patch(
      applicationResource,
      { name: 'web', namespace: 'apps' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
  });

  test('--orphan leaves what was delivered: the finalizer is set before the deletion', async () => {
    await put(undefined, { finalizers: [finalizers.application] });
    await vela('delete', 'web', '-n', 'apps', '--orphan', '--wait=false');
    const { metadata } = await read();
    expect({ finalizers: metadata.finalizers, isDeleted: metadata.deletionTimestamp !== undefined }).toEqual({
      finalizers: [finalizers.application, finalizers.orphanResource],
      isDeleted: true,
    });
    await bed.client.patch(
      applicationResource,
      { name: 'web', namespace: 'apps' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
  });

  test.each([{ args: [] }, { args: ['web', '--all'] }])('with $args is refused', async ({ args }) => {
    expect(await vela('delete', ...args, '-n', 'apps')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give names of Applications, or --all'),
    });
  });
});

describe('vela workflow', () => {
  const workflow = (more: object = {}) => ({
    workflow: {
      mode: 'StepByStep',
      suspend: false,
      terminated: false,
      finished: false,
      steps: [{ id: '1', name: 'a', type: 't', phase: 'running' }],
      ...more,
    },
  });

  test.each([
    {
      verb: 'suspend',
      before: workflow(),
      says: 'Successfully suspend workflow: web',
      after: { suspend: true, steps: [{ phase: 'suspending' }] },
    },
    {
      verb: 'resume',
      before: workflow({ suspend: true, steps: [{ id: '1', name: 'a', phase: 'suspending' }] }),
      says: 'Successfully resume workflow: web',
      after: { suspend: false, steps: [{ phase: 'running' }] },
    },
    { verb: 'resume', before: workflow(), says: 'workflow web is not suspended.', after: { suspend: false } },
    {
      verb: 'terminate',
      before: workflow(),
      says: 'Successfully terminate workflow: web',
      after: { terminated: true },
    },
    {
      verb: 'restart',
      before: workflow({ finished: true }),
      says: 'Successfully restart workflow: web',
      after: undefined,
    },
  ])('$verb: $says', async ({ verb, before, says, after }) => {
    await put(before);
    expect(await vela('workflow', verb, 'web', '-n', 'apps')).toEqual({ code: 0, stdout: `${says}\n`, stderr: '' });
    const { status } = await read();
    if (after) expect(status?.workflow).toMatchObject(after);
    else expect(status?.workflow).toBeUndefined();
  });

  test('acts on one step', async () => {
    await put(workflow());
    expect((await vela('workflow', 'suspend', 'web', '-n', 'apps', '--step', 'a')).stdout).toBe(
      'Successfully suspend workflow: web from step a\n',
    );
    expect(await vela('workflow', 'suspend', 'web', '-n', 'apps', '--step', 'b')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no step "b"'),
    });
  });

  test.each([
    { verb: 'suspend', status: undefined, code: 1, says: 'application apps/web: the workflow is not running' },
    { verb: 'suspend', status: workflow({ finished: true }), code: 1, says: 'the workflow is not running' },
    {
      verb: 'resume',
      status: workflow({ terminated: true }),
      code: 1,
      says: 'the workflow was terminated; restart it',
    },
  ])('$verb is refused: $says', async ({ verb, status, code, says }) => {
    await put(status);
    expect(await vela('workflow', verb, 'web', '-n', 'apps')).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(says),
    });
  });

  test('list has a row for each Application, with dashes where it has none', async () => {
    await put(workflow({ status: 'executing', startTime: '2026-01-01T00:00:00Z' }));
    await bed.put(applicationResource, application('bare'));
    const lines = async (...args: readonly string[]) =>
      (await vela('workflow', 'list', ...args)).stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ +/));
    expect(await lines('-n', 'apps')).toEqual([
      ['NAME', 'TYPE', 'PHASE', 'START-TIME', 'END-TIME'],
      ['bare', 'Application', '-', '-', '-'],
      ['web', 'Application', 'executing', '2026-01-01T00:00:00Z', '-'],
    ]);
    expect((await lines('-A'))[1]).toEqual(['apps', 'bare', 'Application', '-', '-', '-']);
  });
});

describe('vela status', () => {
  test('has the Application, its workflow and its services', async () => {
    const services = [
      {
        name: 'front',
        namespace: 'apps',
        healthy: true,
        message: 'Ready:1/1',
        traits: [{ type: 'scaler', healthy: false, message: 'waiting' }],
      },
    ];
    const steps = [{ id: 's1', name: 'front', type: 'apply-component', phase: 'running', message: 'wait healthy' }];
    await put({
      observedGeneration: 1,
      status: 'runningWorkflow',
      services,
      workflow: { mode: 'DAG', finished: false, suspend: false, terminated: false, steps },
    });
    const { code, stdout } = await vela('status', 'web', '-n', 'apps');
    expect({ code, text: stdout.replace(/\d{4}-\S+Z/, 'TIME') }).toEqual({
      code: 0,
      text: `About:

  Name:        web
  Namespace:   apps
  Created at:  TIME
  Healthy:     ✅
  Details:     runningWorkflow

Workflow:

  mode: DAG
  finished: false
  Suspend: false
  Terminated: false
  Steps
  - id: s1
    name: front
    type: apply-component
    phase: running
    message: wait healthy

Services:

  - Name: front
    Cluster: local
    Namespace: apps
    Type: webservice
    Health: ✅
      Message: Ready:1/1
    Traits:
      Type: scaler
      Health: ❌
        Message: waiting
`,
    });
  });

  test('says that no controller has worked on it, and that it is stale', async () => {
    await put();
    expect((await vela('status', 'web', '-n', 'apps')).stdout).toMatch(
      /Healthy: +❌\n {2}Details: +no controller has worked on it yet\n/,
    );
    await bed.setStatus(applicationResource, await read(), { status: 'running', observedGeneration: 0 });
    expect((await vela('status', 'web', '-n', 'apps')).stdout).toMatch(
      /Stale: +the controller has seen generation 0 of 1\n/,
    );
  });

  test('shows conditions that fail, and what keeps the controllers from it', async () => {
    const time = '2026-01-01T00:00:00Z';
    const condition = (type: string, reason: string, message: string) => ({
      type,
      status: 'False',
      reason,
      message,
      lastTransitionTime: time,
    });
    await put(
      {
        observedGeneration: 1,
        status: 'rendering',
        conditions: [condition('Parsed', 'ReconcileError', 'unknown type')],
      },
      { labels: { [labels.scheduledShardId]: 'shard-0' } },
    );
    const shard = {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Shard',
      metadata: { name: 'shard-0' },
      spec: {},
      status: { conditions: [condition('HolderAccepted', 'Refused', 'the fences refuse it')] },
    };
    await bed.put(shardResource, shard);
    const { stdout } = await vela('status', 'web', '-n', 'apps');
    expect(stdout).toMatch(
      /Parsed: +ReconcileError: unknown type\n {2}Fleet: +HolderAccepted is False: the fences refuse it\n/,
    );
    await bed.client.deleteCollection(shardResource, {});
  });

  test.each([
    { flag: '--tree', says: 'application web has delivered no resource\n' },
    { flag: '--endpoint', says: 'application web has no endpoint: it delivers no Service and no Ingress\n' },
  ])('$flag of an Application that delivered nothing says so', async ({ flag, says }) => {
    await put();
    expect(await vela('status', 'web', '-n', 'apps', flag)).toEqual({ code: 0, stdout: says, stderr: '' });
  });

  test('prints the object, and ends with status 3 where there is none', async () => {
    await put();
    expect((await vela('status', 'web', '-n', 'apps', '-o', 'name')).stdout).toBe('application.core.oam.dev/web\n');
    expect(await vela('status', 'absent', '-n', 'apps')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('"absent" not found'),
    });
  });
});
