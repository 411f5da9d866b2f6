import { describe, expect, test } from '@jest/globals';
import {
  application,
  ApplicationBed,
  componentDefinition,
  configMaps,
  deployments,
} from '../../../../test/support/application-bed.ts';
import { componentDefinitionResource } from '../../../apis/component-definition.ts';
import type { ApplicationRevision } from '../../../apis/application-revision.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { policyResource } from '../../../apis/policy.ts';

const web = { name: 'web', type: 'web', properties: { image: 'nginx' } };
const deploy = { steps: [{ name: 'go', type: 'deploy', properties: { policies: ['more'] } }] };
const meta = { name: 'more', namespace: 'default' };

const policy = (image: string) => ({
  apiVersion: 'core.oam.dev/v1alpha1',
  kind: 'Policy',
  metadata: meta,
  type: 'override',
  properties: { components: [{ name: 'web', properties: { image } }] },
});

const image = (bed: ApplicationBed) =>
  (bed.cluster.find(deployments, { name: 'web', namespace: 'default' })?.['spec'] as JsonObject | undefined)?.['image'];

const message = (bed: ApplicationBed, type: string) =>
  bed.app()?.status?.conditions?.find((c) => c.type === type)?.message;

describe('a Policy object that a deploy step names', () => {
  test('takes effect, and is part of the revision', async () => {
    const bed = new ApplicationBed();
    bed.cluster.create(policyResource, policy('nginx:2'));
    bed.put(application({ components: [web], workflow: deploy }));
    await bed.settle();
    expect(image(bed)).toBe('nginx:2');
    const target = { name: 'app-v1', namespace: 'default' };
    const stored = bed.cluster.find(applicationRevisionResource, target) as ApplicationRevision | undefined;
    expect(Object.keys(stored?.spec.policies ?? {})).toEqual(['default/more']);
  });

  test('makes a new revision when it changes', async () => {
    const bed = new ApplicationBed();
    bed.cluster.create(policyResource, policy('nginx:2'));
    bed.put(application({ components: [web], workflow: deploy }));
    await bed.settle();
    bed.cluster.replace(policyResource, { ...bed.cluster.find(policyResource, meta), ...policy('nginx:3') }, undefined);
    bed.restart();
    await bed.settle();
    expect([bed.app()?.status?.latestRevision?.name, image(bed)]).toEqual(['app-v2', 'nginx:3']);
  });

  test('that does not exist is named by the condition, and used once it exists', async () => {
    const bed = new ApplicationBed();
    bed.put(application({ components: [web], workflow: deploy }));
    await bed.reconcile().catch(() => undefined);
    expect(message(bed, 'Parsed')).toBe(
      'policy "more" of a deploy step is neither declared nor a Policy in the namespace',
    );
    bed.cluster.create(policyResource, policy('nginx:2'));
    await bed.settle();
    expect(image(bed)).toBe('nginx:2');
  });
});

test('a deploy step with a property that it does not have is refused', async () => {
  const bed = new ApplicationBed();
  const steps = [{ name: 'go', type: 'deploy', properties: { policy: 'more' } }];
  bed.put(application({ components: [web], workflow: { steps } }));
  await bed.reconcile().catch(() => undefined);
  expect(message(bed, 'Parsed')).toBe(
    'step "go": a deploy step has no property "policy"; it has auto, policies, parallelism, ignoreTerraformComponent',
  );
});

describe('an Application with wrong steps', () => {
  const wrong = { steps: [{ name: 'go', type: 'apply-component', properties: { component: 'other' } }] };

  test('shows its revision beside the problem, and runs once that is mended', async () => {
    const bed = new ApplicationBed();
    bed.put(application({ components: [web], workflow: wrong }));
    await bed.reconcile().catch(() => undefined);
    expect(bed.app()?.status).toMatchObject({
      status: 'workflowFailed',
      latestRevision: { name: 'app-v1' },
      workflow: { appRevision: 'app-v1', finished: false },
    });
    expect(message(bed, 'Workflow')).toBe('step "go" applies unknown component "other"');
    bed.put(application({ components: [web] }));
    await bed.settle();
    expect([bed.app()?.status?.status, bed.app()?.status?.latestRevision?.name]).toEqual(['running', 'app-v2']);
  });
});

describe('a component that refers to objects', () => {
  const properties = { objects: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'source' }] };
  const copies = { name: 'copies', type: 'ref-objects', properties };
  const topology = [{ name: 't', type: 'topology', properties: { namespace: 'target' } }];
  const source = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'source', namespace: 'default' } };

  function newBed(): ApplicationBed {
    const bed = new ApplicationBed();
    bed.cluster.create(componentDefinitionResource, componentDefinition('ref-objects'));
    bed.put(application({ components: [copies], policies: topology }));
    return bed;
  }

  test('has them in its revision', async () => {
    const bed = newBed();
    bed.cluster.create(configMaps, { ...source, data: { a: '1' } });
    await bed.settle();
    const target = { name: 'app-v1', namespace: 'default' };
    const stored = bed.cluster.find(applicationRevisionResource, target) as ApplicationRevision | undefined;
    expect(stored?.spec.referredObjects).toMatchObject([{ kind: 'ConfigMap', data: { a: '1' } }]);
  });

  test('names the object that does not exist, and recovers once it does', async () => {
    const bed = newBed();
    await bed.reconcile().catch(() => undefined);
    expect(message(bed, 'Parsed')).toContain('"source" not found');
    bed.cluster.create(configMaps, source);
    await bed.settle();
    expect(message(bed, 'Parsed')).toBeUndefined();
    expect(bed.app()?.status?.latestRevision?.name).toBe('app-v1');
  });
});
