import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { textIo } from '../../test/support/vela.ts';
import type { Text } from '../../test/support/vela.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import type { Session } from './connect.ts';
import type { CliError, Io } from './io.ts';
import { isRunning, progressOf, waitUntilRunning } from './progress.ts';

const application = (status?: object, more: object = {}, name = 'web'): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name, namespace: 'prod', generation: 1 },
  spec: { components: [] },
  ...(status && { status: { observedGeneration: 1, ...status } }),
  ...more,
});

const condition = (type: string, message?: string) => ({ type, status: 'False', reason: 'R', message });
const step = (phase: string, message?: string, more: object = {}) => ({
  id: 'i',
  name: 's',
  type: 't',
  phase,
  message,
  ...more,
});
const running = { status: 'running' };

describe('the progress of an Application in one line', () => {
  test.each<{ name: string; app: Application; line: string }>([
    { name: 'nothing is known', app: application(), line: 'waiting for a controller' },
    { name: 'a status without a phase', app: application({}), line: 'waiting for a controller' },
    {
      name: 'it runs, whatever a service says',
      app: application({ ...running, services: [{ name: 'a', healthy: false }] }),
      line: 'running',
    },
    {
      name: 'a condition',
      app: application({ status: 'rendering', conditions: [condition('Parsed', 'unknown type')] }),
      line: 'rendering (unknown type)',
    },
    {
      name: 'the condition Ready alone explains nothing',
      app: application({ status: 'rendering', conditions: [condition('Ready', 'not ready')] }),
      line: 'rendering',
    },
    {
      name: 'a step that runs',
      app: application({
        status: 'runningWorkflow',
        workflow: { steps: [step('succeeded', 'x'), step('running', 'wait healthy')] },
      }),
      line: 'runningWorkflow (wait healthy)',
    },
    {
      name: 'a step that failed',
      app: application({ status: 'workflowFailed', workflow: { steps: [step('failed', 'no such image')] } }),
      line: 'workflowFailed (no such image)',
    },
    {
      name: 'a service with a message',
      app: application({
        status: 'runningWorkflow',
        services: [
          { name: 'a', healthy: true },
          { name: 'b', healthy: false, message: 'Ready:0/1' },
        ],
      }),
      line: 'runningWorkflow (b: Ready:0/1)',
    },
    {
      name: 'a service without one',
      app: application({ status: 'unhealthy', services: [{ name: 'b', healthy: false }] }),
      line: 'unhealthy (b: not healthy)',
    },
    {
      name: 'a condition goes before a step, and a step before a service',
      app: application({
        status: 'x',
        conditions: [condition('Render', 'first')],
        workflow: { steps: [step('failed', 'second')] },
        services: [{ name: 'b', healthy: false }],
      }),
      line: 'x (first)',
    },
  ])('shows: $name', ({ app, line }) => {
    expect(progressOf(app)).toBe(line);
  });

  test.each([
    { name: 'the phase running at the present generation', app: application(running), is: true },
    { name: 'an earlier generation', app: application({ ...running, observedGeneration: 0 }), is: false },
    { name: 'another phase', app: application({ status: 'unhealthy' }), is: false },
    { name: 'no status', app: application(), is: false },
  ])('runs at $name: $is', ({ app, is }) => {
    expect(isRunning(app)).toBe(is);
  });
});

describe('waiting for Applications', () => {
  let cluster: FakeCluster;
  let io: Io & { readonly stdout: Text };
  beforeEach(() => {
    cluster = new FakeCluster({ resources: [applicationResource], now: () => 0 });
    io = textIo();
  });

  /** Plays one state at each read of the Application; the last one stays. */
  function play(states: readonly (object | undefined)[], more: object = {}, name = 'web'): void {
    const target = { name, namespace: 'prod' };
    cluster.create(applicationResource, application(undefined, more, name));
    let reads = 0;
    const before = cluster.interceptRead;
    cluster.interceptRead = (read) => {
      before?.(read);
      if (read.name !== name) return;
      const status = states[Math.min(reads++, states.length - 1)];
      if (status)
        cluster.replace(
          applicationResource,
          { ...cluster.get(applicationResource, target), status: { observedGeneration: 1, ...status } },
          'status',
        );
    };
  }

  const wait = (timeoutMs = 60_000, names = ['web']): Promise<CliError | undefined> => {
    const session = { client: cluster.client(), namespace: 'prod', server: '' } as unknown as Session;
    return waitUntilRunning(
      io,
      session,
      names.map((name) => ({ name, namespace: 'prod' })),
      timeoutMs,
    ).then(
      () => undefined,
      (error: unknown) => error as CliError,
    );
  };

  test('ends when all run, and shows each change once', async () => {
    const waiting = { status: 'runningWorkflow', services: [{ name: 'a', healthy: false, message: 'Ready:0/1' }] };
    play([undefined, { status: 'rendering' }, waiting, waiting, waiting, running]);
    expect(await wait()).toBeUndefined();
    expect(io.stdout.text.split('\n')).toEqual([
      '  prod/web: waiting for a controller',
      '  prod/web: rendering',
      '  prod/web: runningWorkflow (a: Ready:0/1)',
      '  prod/web: running',
      '',
    ]);
  });

  test('asks no more about those that run', async () => {
    play([running], {}, 'first');
    play([{ status: 'rendering' }, { status: 'rendering' }, running], {}, 'second');
    const reads: string[] = [];
    cluster.onRequest = ({ name }) => reads.push(name);
    expect(await wait(60_000, ['first', 'second'])).toBeUndefined();
    expect(reads).toEqual(['first', 'second', 'second', 'second']);
  });

  test.each(['workflowFailed', 'workflowTerminated'])('ends with status 4 at the phase %s', async (status) => {
    play([{ status: 'rendering' }, { status, workflow: { steps: [step('failed', 'no rights')] } }]);
    expect(await wait()).toMatchObject({
      message: `application prod/web failed: ${status} (no rights)`,
      exitCode: 4,
      hint: 'vela status web -n prod',
    });
  });

  test('does not take the failure of an earlier generation for one of its own', async () => {
    play([
      { status: 'workflowFailed', observedGeneration: 0 },
      { status: 'workflowFailed', observedGeneration: 0 },
      running,
    ]);
    expect(await wait()).toBeUndefined();
  });

  test('goes on where an Application that cannot be parsed is parsed within three seconds', async () => {
    const unparsed = { status: 'rendering', conditions: [condition('Parsed', 'unknown trait')] };
    play([unparsed, unparsed, unparsed, running]);
    expect(await wait()).toBeUndefined();
  });

  test.each([
    { name: 'cannot be parsed', status: { status: 'rendering', conditions: [condition('Parsed', 'unknown trait')] } },
    {
      name: 'has a step that only a change ends',
      status: {
        status: 'runningWorkflow',
        workflow: { steps: [step('failed', 'unknown trait', { reason: 'Action' })] },
      },
    },
    {
      name: 'has such a step in a group',
      status: {
        status: 'runningWorkflow',
        conditions: [condition('Workflow', 'unknown trait')],
        workflow: { steps: [step('running', '', { subSteps: [step('failed', 'x', { reason: 'Action' })] })] },
      },
    },
  ])('ends with status 4 where one $name for longer', async ({ status }) => {
    play([status]);
    const failed = await wait();
    expect(failed).toMatchObject({ exitCode: 4, message: expect.stringContaining('unknown trait') });
    expect(io.clock.monotonic()).toBeGreaterThanOrEqual(3_000);
    expect(io.clock.monotonic()).toBeLessThan(4_000);
  });

  test('waits on for a step that is tried again', async () => {
    const retried = {
      status: 'runningWorkflow',
      workflow: { steps: [step('failed', 'timeout', { reason: 'Execute' })] },
    };
    play([...Array.from({ length: 30 }, () => retried), running]);
    expect(await wait()).toBeUndefined();
  });

  test('ends with status 4 when the time is over, and names what each one waits for', async () => {
    play([{ status: 'rendering' }], {}, 'a');
    play([undefined], {}, 'b');
    expect(await wait(1_000, ['a', 'b'])).toMatchObject({
      message: 'not running in time: prod/a (rendering), prod/b (waiting for a controller)',
      exitCode: 4,
      hint: 'wait longer with --timeout, or see vela status',
    });
  });

  test('with a timeout of 0 asks once', async () => {
    play([{ status: 'rendering' }]);
    expect(await wait(0)).toMatchObject({ exitCode: 4 });
    expect(cluster.requests).toBeLessThanOrEqual(2);
  });

  test('ends with status 3 when one is deleted', async () => {
    play([{ status: 'rendering' }]);
    const { stdout } = io;
    cluster.onRequest = () => {
      if (stdout.text !== '' && cluster.list(applicationResource, {}).length > 0)
        cluster.delete(applicationResource, { name: 'web', namespace: 'prod' }, {});
    };
    expect(await wait()).toMatchObject({ message: 'application prod/web was deleted in between', exitCode: 3 });
  });

  const suspended = { status: 'workflowSuspending', workflow: { suspend: true, steps: [] } };

  test('ends at a workflow that a person suspended, and prints the command that resumes it', async () => {
    play([suspended]);
    expect(await wait()).toBeUndefined();
    expect(io.stdout.text).toMatch(/the workflow is suspended; vela workflow resume web -n prod\n$/);
  });

  test('waits for a suspension that ends by itself', async () => {
    const workflow = { steps: [{ name: 'w', type: 'suspend', properties: { duration: '5s' } }] };
    play([suspended, suspended, running], { spec: { components: [], workflow } });
    expect(await wait()).toBeUndefined();
    expect(io.stdout.text).not.toContain('workflow resume');
  });

  test('passes on what the API server refuses', async () => {
    cluster.onRequest = () => {
      throw new Error('no rights');
    };
    expect((await wait())?.message).toBe('no rights');
  });
});
