import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, deployments, oneAction } from '../../../../test/support/application-bed.ts';
import { applicationResource } from '../../../apis/application.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import type { WorkflowStep } from '../../../apis/workflow.ts';

const web = { name: 'web', type: 'web', properties: { image: 'nginx' } };
const webKey = { name: 'web', namespace: 'default' };

function bedWith(steps: readonly WorkflowStep[]): ApplicationBed {
  const bed = new ApplicationBed();
  bed.put(application({ components: [web], workflow: { steps } }));
  return bed;
}

const stepOf = (bed: ApplicationBed, name: string) => bed.app()?.status?.workflow?.steps?.find((s) => s.name === name);

function resume(bed: ApplicationBed): void {
  const app = bed.app();
  const workflow = app?.status?.workflow;
  if (!app || !workflow) throw new Error('nothing to resume');
  const status = { ...app.status, workflow: { ...workflow, suspend: false } };
  bed.cluster.replace(applicationResource, { ...app, status }, 'status');
}

describe('a deploy step', () => {
  test('with auto: false delivers nothing until the workflow is resumed', async () => {
    const bed = bedWith([{ name: 'ask', type: 'deploy', properties: { auto: false } }]);
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('workflowSuspending');
    expect(stepOf(bed, 'ask')).toMatchObject({
      phase: 'suspending',
      reason: 'Suspend',
      message: 'Suspended by field suspend',
    });
    expect(bed.cluster.find(deployments, webKey)).toBeUndefined();
    bed.restart();
    await bed.settle();
    expect(bed.cluster.find(deployments, webKey)).toBeUndefined();
    resume(bed);
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('running');
    expect(bed.cluster.find(deployments, webKey)).toBeDefined();
  });
});

describe('outputs of a step', () => {
  test('that runs out of time reach the steps that always run', async () => {
    const slow = { ...web, properties: { image: 'slow' } };
    const steps: WorkflowStep[] = [
      {
        name: 'comp',
        type: 'apply-component',
        timeout: '3s',
        properties: { component: 'web' },
        outputs: [{ name: 'called', valueFrom: 'output.metadata.name' }],
      },
      {
        name: 'report',
        type: 'apply-object',
        if: 'always',
        properties: { value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'notes' }, data: {} } },
        inputs: [{ from: 'called', parameterKey: 'value.data.name' }],
      },
    ];
    const bed = new ApplicationBed();
    bed.put(application({ components: [slow], workflow: { steps } }));
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('workflowFailed');
    expect(stepOf(bed, 'comp')).toMatchObject({ phase: 'failed', reason: 'Timeout' });
    const notes = bed.cluster.all().find((o) => o.metadata.name === 'notes');
    expect(notes?.['data']).toEqual({ name: 'web' });
  });

  test('with an expression that can never be evaluated fail the step before it does anything', async () => {
    const outputs = [{ name: 'x', valueFrom: 'output.metadata +' }];
    const bed = bedWith([{ name: 'comp', type: 'apply-component', properties: { component: 'web' }, outputs }]);
    await bed.settle();
    expect(stepOf(bed, 'comp')).toMatchObject({
      phase: 'failed',
      reason: 'Expression',
      message: expect.stringContaining('output "x": valueFrom: output.metadata + cannot be evaluated: '),
    });
    expect(bed.app()?.status?.status).toBe('workflowFailed');
    expect(bed.cluster.find(deployments, webKey)).toBeUndefined();
  });

  test('with an expression that fails on what the step left fail the step, whatever waits for them', async () => {
    const outputs = [{ name: 'x', valueFrom: 'output.metadata.name + 1' }];
    const bed = bedWith([
      { name: 'comp', type: 'apply-component', properties: { component: 'web' }, outputs },
      { name: 'next', type: 'suspend', inputs: [{ from: 'x', parameterKey: 'message' }] },
    ]);
    await bed.settle();
    expect(stepOf(bed, 'comp')).toMatchObject({ phase: 'failed', reason: 'Expression' });
    expect(stepOf(bed, 'next')?.phase).toBe('skipped');
    expect(bed.app()?.status?.status).toBe('workflowFailed');
  });

  test('of a path that leads nowhere are null, which the step says', async () => {
    const outputs = [{ name: 'x', valueFrom: 'output.metadata.nothing' }];
    const bed = bedWith([{ name: 'comp', type: 'apply-component', properties: { component: 'web' }, outputs }]);
    await bed.settle();
    expect(stepOf(bed, 'comp')).toMatchObject({
      phase: 'succeeded',
      message: expect.stringContaining('failed to get output from output.metadata.nothing: '),
    });
  });
});

describe('a step type with a definition', () => {
  test('runs as the definition says, also under the name of a built-in type, and the revision records it', async () => {
    const bed = new ApplicationBed();
    bed.defineStep(
      'deploy',
      oneAction('kube.apply', () => ({ value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' } } })),
    );
    bed.put(application({ components: [web], workflow: { steps: [{ name: 'd', type: 'deploy' }] } }));
    await bed.settle();
    expect(bed.inventory()).toContain('ConfigMap default/mine');
    expect(bed.cluster.find(deployments, webKey)).toBeUndefined();
    const revision = bed.cluster.find(applicationRevisionResource, { name: 'app-v1', namespace: 'default' });
    const { workflowStepDefinitions } = revision?.['spec'] as { workflowStepDefinitions: JsonObject };
    expect(Object.keys(workflowStepDefinitions)).toEqual(['deploy']);
  });

  test('delivers components through the deploy action, and shows their state', async () => {
    const bed = new ApplicationBed();
    bed.defineStep(
      'deploy',
      oneAction('multicluster.deploy', ({ parameter }) => ({
        policies: parameter['policies'] ?? [],
        parallelism: 5,
        ignoreTerraformComponent: true,
        inlinePolicies: [
          { type: 'override', properties: { components: [{ name: 'web', properties: { image: 'other' } }] } },
        ],
      })),
    );
    bed.put(application({ components: [web], workflow: { steps: [{ name: 'd', type: 'deploy' }] } }));
    await bed.settle();
    expect(bed.cluster.find(deployments, webKey)?.['spec']).toMatchObject({ image: 'other' });
    expect(bed.app()?.status?.services).toMatchObject([{ name: 'web', healthy: true }]);
  });

  test.each([
    ['oam.apply-application', { waitHealthy: true }, ['slow', 'web'], 'waiting'],
    ['oam.apply-application', { waitHealthy: false }, ['slow', 'web'], 'succeeded'],
    ['oam.apply-remaining', { exceptions: ['slow'] }, ['web'], 'succeeded'],
    ['oam.apply-component-remaining', { component: 'web', exceptions: ['service'] }, ['web'], 'succeeded'],
  ])('performs %s %j', async (action, params, delivered, end) => {
    const bed = new ApplicationBed();
    bed.defineStep(
      'own',
      oneAction(action, () => params),
    );
    const slow = { name: 'slow', type: 'web', properties: { image: 'slow' } };
    const withPort = { ...web, properties: { image: 'nginx', port: 80 } };
    bed.put(application({ components: [withPort, slow], workflow: { steps: [{ name: 's', type: 'own' }] } }));
    await bed.reconcile();
    const found = bed.cluster.all().filter((o) => o.kind === 'Deployment');
    expect(found.map((o) => o.metadata.name).sort()).toEqual(delivered);
    expect(stepOf(bed, 's')?.phase).toBe(end === 'waiting' ? 'running' : end);
    const services = bed.cluster.all().filter((o) => o.kind === 'Service');
    expect(services).toHaveLength(action === 'oam.apply-component-remaining' ? 0 : 1);
  });

  test('shows an error that its template ignores, and reports it by an Event', async () => {
    const bed = new ApplicationBed();
    const value = { apiVersion: 'nosuch.example.com/v1', kind: 'Thing', metadata: { name: 'x' } };
    bed.defineStep(
      'find',
      oneAction('kube.read', () => ({ value })),
    );
    bed.put(application({ components: [], workflow: { steps: [{ name: 'r', type: 'find' }] } }));
    await bed.settle();
    expect(stepOf(bed, 'r')).toMatchObject({ phase: 'succeeded', message: expect.stringMatching(/^act: .*Thing/) });
    expect(bed.events).toContainEqual(
      expect.stringMatching(/^Warning StepIgnoredErrors: step "r" succeeded in spite of: act: .*Thing/),
    );
  });

  test('shows the components that its actions delivered, also to the next process', async () => {
    const bed = new ApplicationBed();
    bed.defineStep(
      'own',
      oneAction('oam.apply-application', () => ({ waitHealthy: true })),
    );
    bed.put(application({ components: [web], workflow: { steps: [{ name: 's', type: 'own' }] } }));
    await bed.settle();
    expect(bed.app()?.status?.services).toMatchObject([{ name: 'web', healthy: true, message: 'Ready:1/1' }]);
    bed.restart();
    await bed.clock.advance(300_000);
    await bed.settle();
    expect(bed.app()?.status?.services).toMatchObject([{ name: 'web', healthy: true, message: 'Ready:1/1' }]);
  });
});
