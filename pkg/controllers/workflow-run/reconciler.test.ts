import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, oneAction } from '../../../test/support/application-bed.ts';
import { applicationResource } from '../../apis/application.ts';
import { annotations, labels } from '../../apis/names.ts';
import { workflowResource } from '../../apis/workflow.ts';
import type { WorkflowRun, WorkflowRunSpec, WorkflowRunStatus } from '../../apis/workflow-run.ts';
import { workflowRunResource } from '../../apis/workflow-run.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { ApplicationOptions } from '../application/deps.ts';
import { WorkflowRunReconciler } from './reconciler.ts';

const target = { name: 'run', namespace: 'default' };
const never = new AbortController().signal;

class RunBed extends ApplicationBed {
  runs: WorkflowRunReconciler;

  constructor(options: Partial<ApplicationOptions> = {}) {
    super({ retry: { maxFailures: 2, maxWaitBackoffMs: 60_000, maxFailedBackoffMs: 60_000 }, ...options });
    this.runs = new WorkflowRunReconciler(this.deps());
    this.defineStep(
      'wait',
      oneAction('builtin.wait', ({ parameter }) => ({ continue: parameter['go'] ?? false, message: 'not yet' })),
    );
    this.defineStep(
      'fail',
      oneAction('builtin.fail', () => ({ message: 'as asked' })),
    );
    this.defineStep('show', (_, { context }) =>
      Promise.resolve({ kind: 'succeeded', produced: { seen: context }, message: (context['from'] ?? '') as string }),
    );
    this.defineStep(
      'store',
      oneAction('kube.apply', ({ parameter, context }) => ({
        value: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: parameter['name'] ?? 'stored', namespace: 'default' },
          data: { by: context['name'] ?? '' },
        },
      })),
    );
    this.defineStep(
      'drop',
      oneAction('kube.delete', () => ({
        value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stored', namespace: 'default' } },
      })),
    );
  }

  createRun(spec: WorkflowRunSpec, metadata: Partial<KubeObject['metadata']> = {}): void {
    const run = {
      apiVersion: 'core.oam.dev/v1alpha1',
      kind: 'WorkflowRun',
      metadata: { ...target, ...metadata },
      spec,
    };
    this.cluster.create(workflowRunResource, run);
  }

  get run(): WorkflowRun {
    return this.cluster.get(workflowRunResource, target);
  }

  get status(): WorkflowRunStatus {
    return this.run.status ?? {};
  }

  setStatus(status: WorkflowRunStatus): void {
    this.cluster.replace(workflowRunResource, { ...this.run, status }, 'status');
  }

  reconcileRun() {
    return this.runs.reconcile('default/run', never);
  }

  async finish(): Promise<WorkflowRunStatus> {
    for (let i = 0; i < 20; i += 1) {
      const { requeueAfterMs } = await this.reconcileRun();
      if (requeueAfterMs === undefined) return this.status;
      await this.clock.advance(requeueAfterMs);
    }
    throw new Error(`the run does not end: ${JSON.stringify(this.status)}`);
  }
}

const steps = (...types: readonly string[]) => ({
  workflowSpec: { steps: types.map((type) => ({ name: type, type })) },
});

describe('a WorkflowRun', () => {
  test('executes its steps in their order, once', async () => {
    const bed = new RunBed();
    bed.createRun(steps('show', 'store'));
    const status = await bed.finish();
    expect(status).toMatchObject({
      status: 'succeeded',
      finished: true,
      mode: { steps: 'StepByStep', subSteps: 'DAG' },
      steps: [
        { name: 'show', phase: 'succeeded' },
        { name: 'store', phase: 'succeeded' },
      ],
      conditions: [{ type: 'WorkflowRun', status: 'True' }],
      startTime: expect.any(String),
      endTime: expect.any(String),
    });
    const before = bed.cluster.changes.length;
    expect(await bed.reconcileRun()).toEqual({});
    expect(bed.cluster.changes.slice(before)).toEqual([]);
  });

  test('marks what it applies as its own, and as nothing of an Application', async () => {
    const bed = new RunBed();
    bed.createRun(steps('store'));
    await bed.finish();
    const stored = bed.cluster.get(configMaps, { name: 'stored', namespace: 'default' });
    expect(stored.metadata.labels).toEqual({
      [labels.workflowRunName]: 'run',
      [labels.workflowRunNamespace]: 'default',
    });
    expect(stored['data']).toEqual({ by: 'run' });
  });

  test('gives its context to the steps', async () => {
    const bed = new RunBed();
    bed.createRun({ ...steps('show'), context: { from: 'the run' } });
    expect((await bed.finish()).steps?.[0]?.message).toBe('the run');
  });

  test('takes steps and mode of the Workflow that it names', async () => {
    const bed = new RunBed();
    const workflow = {
      apiVersion: 'core.oam.dev/v1alpha1',
      kind: 'Workflow',
      metadata: { name: 'w', namespace: 'default' },
    };
    bed.cluster.create(workflowResource, { ...workflow, mode: { steps: 'DAG' }, steps: [{ name: 'a', type: 'show' }] });
    bed.createRun({ workflowRef: 'w' });
    expect(await bed.finish()).toMatchObject({ status: 'succeeded', mode: { steps: 'DAG' }, steps: [{ name: 'a' }] });
  });

  test('waits, is suspended, goes on and ends where another process left it', async () => {
    const bed = new RunBed();
    bed.createRun(steps('wait', 'show'));
    expect((await bed.reconcileRun()).requeueAfterMs).toBeGreaterThan(0);
    expect(bed.status).toMatchObject({ status: 'executing', steps: [{ name: 'wait', message: 'not yet' }] });
    bed.setStatus({ ...bed.status, suspend: true });
    expect(await bed.reconcileRun()).toEqual({});
    expect(bed.status).toMatchObject({ status: 'suspending', suspend: true });
    bed.runs = new WorkflowRunReconciler(bed.deps());
    bed.setStatus({ ...bed.status, suspend: false });
    await bed.reconcileRun();
    expect(bed.status.status).toBe('executing');
    bed.setStatus({
      ...bed.status,
      terminated: true,
      steps: (bed.status.steps ?? []).map((step) => ({ ...step, phase: 'failed', reason: 'Terminate' })),
    });
    expect(await bed.finish()).toMatchObject({ status: 'terminated', finished: true });
  });

  test('begins anew when its status is emptied', async () => {
    const bed = new RunBed();
    bed.createRun(steps('fail'));
    expect(await bed.finish()).toMatchObject({ status: 'failed', steps: [{ reason: 'Action', message: 'as asked' }] });
    bed.setStatus({});
    expect(await bed.finish()).toMatchObject({ status: 'failed', finished: true });
  });

  test.each<[string, WorkflowRunSpec, string]>([
    ['without steps', {}, 'neither workflowSpec nor workflowRef'],
    ['with no step in its list', { workflowSpec: { steps: [] } }, 'the workflow has no steps'],
    ['of a Workflow that does not exist', { workflowRef: 'w' }, 'there is no Workflow "w"'],
    ['with an unknown step type', steps('nonsense'), 'nonsense'],
    ['with both', { ...steps('show'), workflowRef: 'w' }, 'keep one of them'],
  ])('%s says what is wrong in its condition, once', async (_, spec, message) => {
    const bed = new RunBed();
    bed.createRun(spec);
    await bed.reconcileRun().catch(() => undefined);
    expect(bed.status).toMatchObject({ status: 'initializing' });
    expect(bed.status.conditions).toEqual([
      expect.objectContaining({
        type: 'WorkflowRun',
        status: 'False',
        message: expect.stringContaining(message),
      }),
    ]);
    const before = bed.cluster.changes.length;
    await bed.reconcileRun().catch(() => undefined);
    expect(bed.cluster.changes.slice(before)).toEqual([]);
  });

  test.each(['store', 'drop'])('leaves what an Application delivers: %s', async (type) => {
    const bed = new RunBed();
    const owned = { [labels.appName]: 'app', [labels.appNamespace]: 'default' };
    bed.cluster.create(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'stored', namespace: 'default', labels: owned },
      data: { by: 'app' },
    });
    bed.createRun(steps(type));
    const status = await bed.finish();
    expect(status).toMatchObject({ status: 'failed' });
    expect(status.steps?.[0]?.message).toContain('ConfigMap default/stored is managed by application default/app');
    expect(bed.cluster.get(configMaps, { name: 'stored', namespace: 'default' })['data']).toEqual({ by: 'app' });
  });

  test('changes what an earlier run applied, and deletes what it is asked to', async () => {
    const bed = new RunBed();
    bed.createRun(steps('store'));
    await bed.finish();
    bed.cluster.delete(workflowRunResource, target, {});
    bed.createRun(steps('store', 'drop'));
    expect((await bed.finish()).status).toBe('succeeded');
    expect(bed.cluster.find(configMaps, { name: 'stored', namespace: 'default' })).toBeUndefined();
  });

  test('keeps its variables in a ConfigMap that goes with it', async () => {
    const bed = new RunBed();
    const show = { name: 'show', type: 'show', outputs: [{ name: 'seen', valueFrom: 'seen.name' }] };
    bed.createRun({ workflowSpec: { steps: [show, { name: 'wait', type: 'wait' }] } });
    await bed.reconcileRun();
    const { contextBackend } = bed.status;
    const stored = bed.cluster.get(configMaps, { name: contextBackend?.name ?? '', namespace: 'default' });
    expect(stored['data']).toMatchObject({ vars: '{"seen":"run"}' });
    expect(stored.metadata.ownerReferences).toEqual([
      expect.objectContaining({ apiVersion: 'core.oam.dev/v1alpha1', kind: 'WorkflowRun', name: 'run' }),
    ]);
  });

  test('does not act as the user that its annotations name: no admission has checked them', async () => {
    const bed = new RunBed();
    const users = new Set<string>();
    bed.cluster.intercept = ({ user }) => {
      users.add(user);
    };
    const annotated = { [annotations.username]: 'admin', [annotations.group]: 'system:masters' };
    bed.createRun(steps('store'), { annotations: annotated });
    await bed.finish();
    expect([...users]).not.toContain('admin');
  });
});

describe('a shard', () => {
  const of = (shard: string) => ({ labels: { [labels.scheduledShardId]: shard } });

  test('executes the runs with its label alone, under the epochs of run and Lease', async () => {
    const bed = new RunBed({ shard: 'a', leaseEpoch: 7 });
    bed.createRun(steps('show'), { ...of('a'), annotations: { [annotations.shardEpoch]: '3' } });
    expect(await bed.finish()).toMatchObject({ status: 'succeeded', shardFence: '3.7' });
  });

  test.each([
    ['of another shard', of('b'), {}],
    ['without a shard', {}, {}],
    [
      'of another version of the controller',
      { ...of('a'), annotations: { [annotations.runVersionRequire]: 'v9' } },
      {},
    ],
    ['of a shard that is only drained', of('a'), { drainOnly: true }],
  ])('leaves a run %s', async (_, metadata, options) => {
    const bed = new RunBed({ shard: 'a', leaseEpoch: 7, ...options });
    bed.createRun(steps('show'), metadata);
    await bed.reconcileRun();
    expect(bed.run.status).toBeUndefined();
  });

  test('executes no step twice on an outdated status', async () => {
    const bed = new RunBed();
    bed.createRun(steps('wait'));
    await bed.reconcileRun();
    expect(bed.runs.isOwnWrite('default/run', bed.run)).toBe(true);
    bed.setStatus({ ...bed.status, suspend: true });
    expect(bed.runs.isOwnWrite('default/run', bed.run)).toBe(false);
  });
});

test('an Application of the same name is another object', async () => {
  const bed = new RunBed();
  bed.cluster.create(applicationResource, application({ components: [] }, { name: 'run' }));
  bed.createRun(steps('store'));
  expect((await bed.finish()).status).toBe('succeeded');
});
