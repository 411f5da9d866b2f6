import { describe, expect, test } from '@jest/globals';
import {
  application,
  ApplicationBed,
  configMaps,
  deployments,
  services,
} from '../../../../test/support/application-bed.ts';
import { condition, conf1, config, delivered, web, web1 } from '../../../../test/support/delivered-application.ts';
import { labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';

describe('an Application', () => {
  test('is delivered with a revision, a tracker and a status', async () => {
    const bed = new ApplicationBed();
    const traits = [{ type: 'scaler', properties: { replicas: 3 } }];
    bed.put(application({ components: [web('nginx', { traits }), config] }));
    await bed.settle();
    expect(bed.inventory()).toEqual([
      'Application default/app',
      'ApplicationRevision default/app-v1',
      'ConfigMap default/conf',
      'Deployment default/web',
      'ResourceTracker app-v1-default',
      'Service default/web',
    ]);
    const status = bed.app()?.status;
    expect(status?.status).toBe('running');
    expect(status?.latestRevision?.name).toBe('app-v1');
    expect(status?.workflow).toMatchObject({
      finished: true,
      status: 'succeeded',
      mode: 'DAG-DAG',
      appRevision: 'app-v1',
    });
    expect(status?.services?.map((s) => [s.name, s.healthy])).toEqual([
      ['web', true],
      ['conf', true],
    ]);
    expect(status?.conditions?.map((c) => [c.type, c.status])).toEqual(
      ['Parsed', 'Revision', 'Policy', 'Render', 'Workflow', 'Ready'].map((type) => [type, 'True']),
    );
    expect(bed.cluster.find(deployments, web1)?.['spec']).toMatchObject({ replicas: 3 });
    expect(bed.cluster.find(deployments, web1)?.metadata.labels).toMatchObject({
      [labels.appName]: 'app',
      [labels.appNamespace]: 'default',
      [labels.appComponent]: 'web',
      [labels.appRevision]: 'app-v1',
      [labels.resourceType]: 'WORKLOAD',
      [labels.workloadType]: 'web',
    });
    expect(bed.cluster.find(services, web1)?.metadata.labels).toMatchObject({
      [labels.resourceType]: 'TRAIT',
      [labels.traitType]: 'AuxiliaryWorkload',
      [labels.traitResource]: 'service',
    });
  });

  test('needs few writes: every one that is made is one of these', async () => {
    const bed = new ApplicationBed();
    bed.put(application({ components: [config] }));
    await bed.settle();
    expect(bed.cluster.changes).toEqual([
      'patch Application app',
      'create ApplicationRevision app-v1',
      'create ResourceTracker app-v1-default',
      'apply ConfigMap conf',
      'patch ApplicationRevision/status app-v1',
      'patch Application/status app',
    ]);
  });

  test('that did not change is not written again, not even by a process that has just started', async () => {
    const bed = await delivered();
    for (let i = 0; i < 3; i++) {
      bed.restart();
      await bed.clock.advance(300_000);
      await bed.settle();
    }
    expect(bed.cluster.changes).toEqual([]);
  });

  test('says once what it did', async () => {
    const bed = await delivered();
    const reasons = bed.events.map((e) => e.split(':')[0]);
    expect(reasons).toEqual(['Rendered', 'Deployed'].map((r) => `Normal ${r}`));
  });

  test('that is updated gets a new revision and loses what it does not name any more', async () => {
    const bed = await delivered();
    bed.put(application({ components: [web('nginx:2')] }));
    await bed.settle();
    expect(bed.inventory()).toEqual([
      'Application default/app',
      'ApplicationRevision default/app-v1',
      'ApplicationRevision default/app-v2',
      'Deployment default/web',
      'ResourceTracker app-v2-default',
      'Service default/web',
    ]);
    expect(bed.cluster.find(deployments, web1)?.['spec']).toMatchObject({ image: 'nginx:2' });
    expect(bed.app()?.status?.services?.map((s) => s.name)).toEqual(['web']);
  });

  test('that goes back to what it was takes its old revision up again', async () => {
    const bed = await delivered();
    bed.put(application({ components: [config] }));
    await bed.settle();
    bed.put(application({ components: [web(), config] }));
    await bed.settle();
    expect(bed.app()?.status?.latestRevision?.name).toBe('app-v1');
    expect(bed.inventory()).toContain('Deployment default/web');
    expect(bed.inventory().filter((o) => o.startsWith('ResourceTracker'))).toEqual(['ResourceTracker app-v3-default']);
  });

  test('keeps its resources when its spec is changed and changed back between two reconciles', async () => {
    const bed = await delivered();
    bed.put(application({ components: [config] }));
    bed.put(application({ components: [web(), config] }));
    await bed.settle();
    expect(bed.inventory()).toContain('Deployment default/web');
    expect(bed.app()?.status?.status).toBe('running');
  });

  test('that has a new generation but no new revision has a tracker of that generation', async () => {
    const bed = await delivered();
    bed.put(application({ components: [{ ...web(), traits: [] }, config] }));
    await bed.settle();
    expect(bed.inventory().filter((o) => o.startsWith('ResourceTracker'))).toEqual(['ResourceTracker app-v1-default']);
    const tracker = bed.cluster.find(resourceTrackerResource, { name: 'app-v1-default' });
    expect(tracker?.['spec']).toMatchObject({ applicationGeneration: bed.app()?.metadata.generation });
    expect(bed.app()?.metadata.generation).toBe(2);
    expect(bed.cluster.changes.filter((change) => change.includes('Deployment'))).toEqual([]);
  });

  test('keeps only as many old revisions as it may', async () => {
    const bed = await delivered();
    for (const image of ['a', 'b', 'c', 'd']) {
      bed.put(application({ components: [web(image)] }));
      await bed.settle();
    }
    const revisions = bed.inventory().filter((o) => o.startsWith('ApplicationRevision'));
    expect(revisions).toEqual([3, 4, 5].map((n) => `ApplicationRevision default/app-v${n}`));
  });

  test('that is deleted leaves nothing', async () => {
    const bed = await delivered();
    bed.remove();
    await bed.settle();
    expect(bed.inventory()).toEqual([]);
  });

  test('waits for a resource that does not go at once', async () => {
    const bed = await delivered();
    const held = bed.cluster.get(configMaps, conf1);
    bed.cluster.replace(configMaps, { ...held, metadata: { ...held.metadata, finalizers: ['x/y'] } }, undefined);
    bed.remove();
    await expect(bed.reconcile()).resolves.toEqual({ requeueAfterMs: 3000 });
    expect(bed.app()?.status?.status).toBe('deleting');
    expect(condition(bed, 'Ready')).toMatchObject({
      reason: 'Deleting',
      message: expect.stringContaining('ConfigMap default/conf'),
    });
    const going = bed.cluster.get(configMaps, conf1);
    bed.cluster.replace(configMaps, { ...going, metadata: { ...going.metadata, finalizers: [] } }, undefined);
    await bed.settle();
    expect(bed.inventory()).toEqual([]);
  });
});

describe('a mistake', () => {
  test.each([
    {
      name: 'unknown component type',
      components: [{ name: 'a', type: 'wob' }],
      want: 'unknown component type "wob"; did you mean "web"',
    },
    {
      name: 'unknown trait',
      components: [web('x', { traits: [{ type: 'scalr' }] })],
      want: 'unknown trait "scalr"; did you mean "scaler"',
    },
    { name: 'component twice', components: [config, config], want: 'component "conf" is declared twice' },
    {
      name: 'unknown dependency',
      components: [web('x', { dependsOn: ['wbe'] })],
      want: 'depends on unknown component "wbe"; did you mean "web"',
    },
  ])('is reported in the condition Parsed: $name', async ({ components, want }) => {
    const bed = new ApplicationBed();
    bed.put(application({ components }));
    await expect(bed.reconcile()).rejects.toThrow(want);
    await expect(bed.reconcile()).rejects.toThrow(want);
    expect(condition(bed, 'Parsed')).toMatchObject({ status: 'False', message: expect.stringContaining(want) });
    expect(bed.app()?.status?.status).toBe('rendering');
    expect(bed.events).toHaveLength(1);
    bed.remove();
    await bed.settle();
    expect(bed.inventory()).toEqual([]);
  });

  test('in parameters ends the workflow and leaves what was delivered before', async () => {
    const bed = await delivered();
    bed.put(application({ components: [web('x', { properties: { broken: true } }), config] }));
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('workflowFailed');
    expect(condition(bed, 'Workflow')?.message).toContain('broken: is not allowed');
    expect(bed.cluster.get(deployments, web1)['spec']).toMatchObject({ image: 'nginx' });
    bed.put(application({ components: [web('good'), config] }));
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('running');
  });
});
