import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, deployments } from '../../../../test/support/application-bed.ts';
import { failure } from '../../../../test/support/memory-api.ts';
import type { ParsedApplication } from '../../../appfile/parse.ts';
import type { PlannedStep } from '../../../workflow/plan.ts';
import { placements } from '../component/place.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import type { WorkflowStep } from '../../../apis/workflow.ts';

const web = (image = 'nginx') => ({ name: 'web', type: 'web', properties: { image } });
const steps: readonly WorkflowStep[] = [
  { name: 'first', type: 'apply-component', properties: { component: 'web' } },
  { name: 'wait', type: 'suspend' },
];

function bedWith(spec: object): ApplicationBed {
  const bed = new ApplicationBed();
  bed.put(application({ components: [web()], ...spec }));
  return bed;
}

const statusOf = (object: KubeObject | undefined): unknown => object?.['status'];

const invalid = failure(422, 'Invalid', 'Deployment is invalid');

describe('the status while a workflow is under way', () => {
  test('shows what was delivered so far', async () => {
    const bed = bedWith({ workflow: { steps } });
    await bed.settle();
    expect(bed.app()?.status).toMatchObject({
      status: 'workflowSuspending',
      appliedResources: [{ kind: 'Deployment', name: 'web', creator: 'workflow' }],
    });
  });

  test('shows nothing that was recorded but refused', async () => {
    const bed = bedWith({});
    bed.cluster.onRequest = ({ verb, resource }) => {
      if (verb === 'apply' && resource.plural === 'deployments') throw invalid;
    };
    await bed.settle();
    expect(bed.app()?.status).toMatchObject({ status: 'workflowFailed', appliedResources: [] });
    expect(bed.cluster.list(resourceTrackerResource, {})).toHaveLength(1);
  });

  test('and the revision of a workflow that another one replaces is that of an end without success', async () => {
    const bed = bedWith({ workflow: { steps } });
    await bed.settle();
    const revision = (name: string) => bed.cluster.find(applicationRevisionResource, { name, namespace: 'default' });
    expect(statusOf(revision('app-v1'))).toBeUndefined();
    bed.put(application({ components: [web('nginx:2')], workflow: { steps } }));
    await bed.settle();
    expect(statusOf(revision('app-v1'))).toMatchObject({
      succeeded: false,
      workflow: { appRevision: 'app-v1', status: 'suspending', terminated: true, finished: true },
    });
    expect(statusOf(revision('app-v2'))).toBeUndefined();
  });
});

describe('the cluster that a policy or a step names', () => {
  const topology = { name: 'here', type: 'topology', properties: { clusters: ['local'] } };
  const label = (bed: ApplicationBed) =>
    bed.cluster.get(deployments, { name: 'web', namespace: 'default' }).metadata.labels?.['app.oam.dev/cluster'];

  test('is on objects, in services and in applied resources', async () => {
    const bed = bedWith({ policies: [topology] });
    await bed.settle();
    expect(label(bed)).toBe('local');
    expect(bed.app()?.status).toMatchObject({
      services: [{ name: 'web', cluster: 'local' }],
      appliedResources: [{ name: 'web', cluster: 'local' }],
    });
  });

  test('is not shown where none is named', async () => {
    const bed = bedWith({});
    await bed.settle();
    expect(label(bed)).toBe('');
    expect(bed.app()?.status?.services?.[0]?.cluster).toBeUndefined();
  });

  test('cannot be one that is selected by labels: the step fails and names the remedy', async () => {
    const properties = { clusterLabelSelector: { region: 'north' } };
    const bed = bedWith({ policies: [{ ...topology, properties }] });
    await bed.settle();
    expect(bed.app()?.status?.workflow?.steps?.[0]).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('use clusters: ["local"]'),
    });
    const empty = bedWith({ policies: [{ ...topology, properties: { ...properties, allowEmpty: true } }] });
    await empty.settle();
    expect(empty.app()?.status?.status).toBe('running');
    expect(empty.app()?.status?.appliedResources).toEqual([]);
  });
});

describe('a replication policy', () => {
  const replication = (selector: readonly string[]) => [
    { name: 'two', type: 'replication', properties: { keys: ['a', 'b'], selector } },
  ];
  const deploy = { steps: [{ name: 'd', type: 'deploy', properties: { policies: ['two'] } }] };

  test('places a component once for each key', () => {
    const components = [web(), { ...web(), name: 'other' }];
    const app = application({ components });
    const parsed = { app, components, policies: replication(['web']) } as unknown as ParsedApplication;
    const step = { name: 'd', type: 'deploy', properties: { policies: ['two'] } } as unknown as PlannedStep;
    const result = placements(step, parsed);
    expect(result.ok && result.placements.map((p) => [p.component.name, p.replicaKey])).toEqual([
      ['other', undefined],
      ['web', 'a'],
      ['web', 'b'],
    ]);
  });

  test('is delivered by a deploy step', async () => {
    const bed = bedWith({ policies: replication(['web']), workflow: deploy });
    await bed.settle();
    expect(bed.app()?.status).toMatchObject({ status: 'running', services: [{ name: 'web' }] });
    bed.restart();
    await bed.settle();
    expect(bed.app()?.status?.services).toHaveLength(1);
  });

  test('that selects no component fails the step', async () => {
    const bed = bedWith({ policies: replication(['nosuch']), workflow: deploy });
    await bed.settle();
    expect(bed.app()?.status?.workflow?.steps?.[0]).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('no component selected to replicate'),
    });
  });
});

test('an override policy that selects no component fails the deploy step, with what it selects from', async () => {
  const bed = bedWith({
    policies: [{ name: 'some', type: 'override', properties: { selector: ['wep'] } }],
    workflow: { steps: [{ name: 'd', type: 'deploy', properties: { policies: ['some'] } }] },
  });
  await bed.settle();
  expect(bed.app()?.status?.workflow?.steps?.[0]).toMatchObject({
    phase: 'failed',
    message: 'step "d" delivers nothing: selector ["wep"] of policy "some" selects none of the components web',
  });
});

test('a versioned tracker exists also where everything belongs to the root tracker', async () => {
  const rules = [{ selector: { componentNames: ['web'] }, strategy: 'onAppDelete' }];
  const bed = bedWith({ policies: [{ type: 'garbage-collect', properties: { rules } }] });
  await bed.settle();
  const trackers = bed.cluster.list(resourceTrackerResource, {});
  expect(
    trackers.map((t) => [t.metadata.name, (t['spec'] as { managedResources?: unknown[] }).managedResources?.length]),
  ).toEqual([
    ['app-default', 1],
    ['app-v1-default', undefined],
  ]);
});
