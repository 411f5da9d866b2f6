import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, componentDefinition } from '../../../../test/support/application-bed.ts';
import { failure } from '../../../../test/support/memory-api.ts';
import { componentDefinitionResource } from '../../../apis/component-definition.ts';

const web = { name: 'web', type: 'web', properties: { image: 'nginx', port: 80 } };

const invalid = failure(422, 'Invalid', 'Deployment is invalid');

describe('a component', () => {
  test('delivers nothing beside a workload that is refused', async () => {
    const bed = new ApplicationBed();
    bed.cluster.onRequest = ({ verb, resource }) => {
      if (verb === 'apply' && resource.plural === 'deployments') throw invalid;
    };
    bed.put(application({ components: [web] }));
    await bed.settle();
    expect(bed.inventory()).not.toContain('Service default/web');
    expect(bed.app()?.status?.workflow?.steps).toMatchObject([{ phase: 'failed', message: 'Deployment is invalid' }]);
  });

  test('with an object of an unknown kind delivers and records nothing', async () => {
    const bed = new ApplicationBed();
    bed.cluster.create(componentDefinitionResource, componentDefinition('strange'));
    bed.put(application({ components: [{ name: 'odd', type: 'strange', properties: {} }] }));
    await bed.settle();
    expect(bed.inventory().filter((name) => /^(ConfigMap default\/same|ResourceTracker)/.test(name))).toEqual([]);
    expect(bed.app()?.status?.workflow?.steps).toMatchObject([
      { phase: 'failed', message: expect.stringContaining('Gone') as unknown },
    ]);
  });
});

describe('a component that waits for another', () => {
  test('is shown as the step that it becomes', async () => {
    const bed = new ApplicationBed();
    const slow = { ...web, properties: { image: 'slow', port: 80 } };
    const next = { ...web, name: 'next', dependsOn: ['web'] };
    bed.put(application({ components: [slow, next] }));
    await bed.reconcile();
    expect(bed.app()?.status?.workflow?.steps?.map(({ name, type, phase }) => [name, type, phase])).toEqual([
      ['web', 'apply-component', 'running'],
      ['next', 'builtin-apply-component', 'pending'],
    ]);
  });
});
