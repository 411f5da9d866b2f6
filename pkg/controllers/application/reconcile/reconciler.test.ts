import { describe, expect, test } from '@jest/globals';
import {
  application,
  ApplicationBed,
  configMaps,
  deployments,
  services,
} from '../../../../test/support/application-bed.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import type { JsonObject, KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';

const web = (image = 'nginx', more: object = {}) => ({
  name: 'web',
  type: 'web',
  properties: { image, port: 80 },
  ...more,
});
const config = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
const web1 = { name: 'web', namespace: 'default' };
const conf1 = { name: 'conf', namespace: 'default' };

async function delivered(bed = new ApplicationBed()): Promise<ApplicationBed> {
  bed.put(application({ components: [web(), config] }));
  await bed.settle();
  bed.cluster.changes.length = 0;
  return bed;
}

const condition = (bed: ApplicationBed, type: string) => bed.app()?.status?.conditions?.find((c) => c.type === type);

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
      'patch Application/status app',
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
    expect(reasons).toEqual(
      ['Parsed', 'Revisioned', 'PolicyGenerated', 'Rendered', 'Applied', 'Deployed'].map((r) => `Normal ${r}`),
    );
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

describe('what was delivered', () => {
  test('is put back when it was deleted or edited', async () => {
    const bed = await delivered();
    bed.cluster.delete(configMaps, conf1, {});
    const live = bed.cluster.get(deployments, web1);
    bed.cluster.replace(
      deployments,
      { ...live, spec: { ...(live['spec'] as JsonObject), image: 'edited' } },
      undefined,
    );
    await bed.settle();
    expect(bed.cluster.get(deployments, web1)['spec']).toMatchObject({ image: 'nginx' });
    expect(bed.cluster.get(configMaps, conf1)['data']).toEqual({ a: '1' });
  });

  test('keeps what others added to it', async () => {
    const bed = await delivered();
    const live = bed.cluster.get(deployments, web1);
    bed.cluster.replace(
      deployments,
      { ...live, metadata: { ...live.metadata, labels: { ...live.metadata.labels, mine: 'yes' } } },
      undefined,
    );
    bed.cluster.changes.length = 0;
    await bed.settle();
    expect(bed.cluster.changes).toEqual([]);
  });

  test('gets its finalizer again after a removal without a controller', async () => {
    const bed = await delivered();
    const app = bed.app();
    const { finalizers: _, ...metadata } = app?.metadata ?? {};
    bed.cluster.replace(applicationResource, { ...app, metadata } as Application, undefined);
    bed.restart();
    bed.cluster.changes.length = 0;
    await bed.settle();
    expect(bed.app()?.metadata.finalizers).toEqual(app?.metadata.finalizers);
    expect(bed.cluster.changes).toEqual(['patch Application app']);
  });

  test('costs no request while watches say that nothing happened to it', async () => {
    const bed = await delivered();
    bed.watching = true;
    await bed.settle();
    bed.cluster.requests = 0;
    await bed.settle();
    expect(bed.cluster.requests).toBe(0);
    bed.cluster.delete(configMaps, conf1, {});
    await bed.settle();
    expect(bed.cluster.get(configMaps, conf1)['data']).toEqual({ a: '1' });
  });

  test.each([
    { name: 'deleted', force: false },
    { name: 'gone altogether', force: true },
  ])('outlives its tracker, when that is $name', async ({ force }) => {
    const bed = await delivered();
    const tracker = { name: 'app-v1-default' };
    const before = bed.cluster.get(deployments, web1).metadata.uid;
    const live = bed.cluster.get(resourceTrackerResource, tracker);
    if (force) {
      const bare = { ...live, metadata: { ...live.metadata, finalizers: [] } };
      bed.cluster.replace(resourceTrackerResource, bare, undefined);
    }
    bed.cluster.delete(resourceTrackerResource, tracker, {});
    bed.restart();
    await bed.settle();
    expect(bed.cluster.get(deployments, web1).metadata.uid).toBe(before);
    expect(bed.cluster.list(resourceTrackerResource, {})).toHaveLength(1);
    expect(bed.app()?.status?.status).toBe('running');
    bed.remove();
    await bed.settle();
    expect(bed.inventory()).toEqual([]);
  });

  test('of another Application with the same concatenated name is a different one', async () => {
    const bed = new ApplicationBed();
    const rules = [{ selector: { componentNames: ['conf'] }, strategy: 'onAppDelete' }];
    const policies = [{ type: 'garbage-collect', properties: { rules } }];
    const twin = (name: string, namespace: string) => ({
      ...application({ components: [config], policies }),
      metadata: { name, namespace },
    });
    bed.cluster.create(applicationResource, twin('a-b', 'c'));
    bed.cluster.create(applicationResource, twin('a', 'b-c'));
    for (const key of ['c/a-b', 'b-c/a']) await bed.reconciler.reconcile(key, new AbortController().signal);
    const names = bed.cluster.list(resourceTrackerResource, {}).map((t) => t.metadata.name ?? '');
    const roots = names.filter((name) => !name.includes('-v1-'));
    expect(roots).toEqual(['a-b-c', expect.stringMatching(/^a-b-c-[0-9a-f]{8}$/)]);
  });

  test('of an earlier version is kept under keepLegacyResource', async () => {
    const bed = new ApplicationBed();
    const policies = [{ type: 'garbage-collect', properties: { keepLegacyResource: true } }];
    bed.put(application({ components: [web(), config], policies }));
    await bed.settle();
    bed.put(application({ components: [web('b')], policies }));
    await bed.settle();
    expect(bed.inventory()).toContain('ConfigMap default/conf');
    bed.remove();
    await bed.settle();
    expect(bed.inventory()).toEqual([]);
  });

  test('is left alone under apply-once', async () => {
    const bed = new ApplicationBed();
    const policies = [{ type: 'apply-once', properties: { enable: true } }];
    bed.put(application({ components: [config], policies }));
    await bed.settle();
    bed.cluster.delete(configMaps, conf1, {});
    await bed.settle('app', 1).catch(() => undefined);
    expect(bed.cluster.find(configMaps, conf1)).toBeUndefined();
  });

  test('that existed before and belongs to no Application is not changed', async () => {
    const bed = new ApplicationBed();
    const stranger = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...conf1 }, data: { mine: '1' } };
    bed.cluster.create(configMaps, stranger);
    bed.put(application({ components: [config] }));
    for (let i = 0; i < 4; i++) {
      bed.restart();
      await bed.reconcile();
      await bed.clock.advance(10_000);
    }
    expect(bed.cluster.get(configMaps, conf1)['data']).toEqual({ mine: '1' });
    expect(condition(bed, 'Workflow')?.message).toContain('exists but is not managed by any application now');
    bed.remove();
    await bed.settle();
    expect(bed.inventory()).toEqual(['ConfigMap default/conf']);
  });

  test('is adopted when a policy says so', async () => {
    const bed = new ApplicationBed();
    const stranger = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...conf1 }, data: { mine: '1' } };
    bed.cluster.create(configMaps, stranger);
    const rules = [{ selector: { resourceTypes: ['ConfigMap'] } }];
    bed.put(application({ components: [config], policies: [{ type: 'take-over', properties: { rules } }] }));
    await bed.settle();
    expect(bed.cluster.get(configMaps, conf1)['data']).toEqual({ a: '1', mine: '1' });
    expect(bed.app()?.status?.status).toBe('running');
  });

  test('belongs to the first of two Applications', async () => {
    const bed = await delivered();
    bed.put(application({ components: [config] }, { name: 'other' }));
    await bed.reconcile('other');
    const message = bed.app('other')?.status?.conditions?.find((c) => c.type === 'Workflow')?.message;
    expect(message).toContain('is managed by other application default/app');
    bed.remove('other');
    await bed.settle('other');
    expect(bed.inventory()).toContain('ConfigMap default/conf');
  });

  test('is shared, and stays until the last of those that share it goes', async () => {
    const bed = new ApplicationBed();
    const policies = [{ type: 'shared-resource', properties: { rules: [{ selector: { componentNames: ['conf'] } }] } }];
    for (const name of ['one', 'two']) bed.put(application({ components: [config], policies }, { name }));
    await bed.settle('one');
    await bed.settle('two');
    const shared = () => bed.cluster.find(configMaps, conf1)?.metadata;
    expect(shared()?.annotations?.[annotations.sharedBy]).toBe('default/one,default/two');
    bed.remove('one');
    await bed.settle('one');
    expect(shared()?.labels?.[labels.appName]).toBe('two');
    bed.remove('two');
    await bed.settle('two');
    expect(bed.inventory()).toEqual([]);
  });

  test.each([
    { strategy: 'onAppDelete', afterUpdate: true, afterDelete: false },
    { strategy: 'never', afterUpdate: true, afterDelete: true },
    { strategy: 'onAppUpdate', afterUpdate: false, afterDelete: false },
  ])('is collected by the strategy $strategy', async ({ strategy, afterUpdate, afterDelete }) => {
    const bed = new ApplicationBed();
    const rules = [{ selector: { componentNames: ['conf'] }, strategy }];
    const policies = [{ type: 'garbage-collect', properties: { rules } }];
    bed.put(application({ components: [web(), config], policies }));
    await bed.settle();
    bed.put(application({ components: [web()], policies }));
    await bed.settle();
    expect(bed.inventory().includes('ConfigMap default/conf')).toBe(afterUpdate);
    bed.remove();
    await bed.settle();
    expect(bed.inventory()).toEqual(afterDelete ? ['ConfigMap default/conf'] : []);
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

describe('a workflow', () => {
  test('waits for one component before it goes on to the next', async () => {
    const bed = new ApplicationBed();
    bed.put(application({ components: [web('slow'), { ...config, dependsOn: ['web'] }] }));
    await bed.reconcile();
    expect(bed.app()?.status?.status).toBe('runningWorkflow');
    expect(bed.inventory()).not.toContain('ConfigMap default/conf');
    const live = bed.cluster.get(deployments, web1);
    const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    bed.cluster.replace(deployments, { ...live, spec: { ...(live['spec'] as JsonObject), image: 'nginx' } }, undefined);
    bed.cluster.replace(deployments, { ...bed.cluster.get(deployments, web1), status }, 'status');
    bed.put(application({ components: [web('nginx'), { ...config, dependsOn: ['web'] }] }));
    await bed.settle();
    expect(bed.inventory()).toContain('ConfigMap default/conf');
  });

  test('delivers late traits anew when the state of the workload changes', async () => {
    const bed = new ApplicationBed();
    const late = { name: 'late', namespace: 'default' };
    bed.put(application({ components: [web('nginx', { traits: [{ type: 'late' }] })] }));
    await bed.settle();
    expect(bed.cluster.find(configMaps, late)?.['data']).toEqual({ ready: '0' });
    const deployment = bed.cluster.find(deployments, web1);
    const status = { ...(deployment?.['status'] as JsonObject), collisionCount: 7 };
    bed.cluster.react = (object) => (object.kind === 'Deployment' ? { ...object, status } : object);
    bed.cluster.replace(deployments, { ...deployment, status } as KubeObject, 'status');
    await bed.clock.advance(300_000);
    await bed.settle();
    expect(bed.cluster.find(configMaps, late)?.['data']).toEqual({ ready: '7' });
    bed.cluster.changes.length = 0;
    await bed.clock.advance(300_000);
    await bed.settle();
    expect(bed.cluster.changes).toEqual([]);
  });

  test('shows the services that are still there when an update fails', async () => {
    const bed = await delivered();
    bed.put(application({ components: [{ ...web(), properties: { broken: true } }, config] }));
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('workflowFailed');
    expect(bed.app()?.status?.services?.map(({ name }) => name)).toEqual(['web', 'conf']);
    expect(bed.app()?.status?.appliedResources).toHaveLength(3);
    bed.put(application({ components: [config] }));
    await bed.settle();
    expect(bed.app()?.status?.services?.map(({ name }) => name)).toEqual(['conf']);
  });

  test('delivers late traits once the workload is healthy', async () => {
    const bed = new ApplicationBed();
    bed.put(application({ components: [web('slow', { traits: [{ type: 'late' }] })] }));
    await bed.reconcile();
    expect(bed.app()?.status?.services?.[0]?.traits).toMatchObject([{ type: 'late', pending: true }]);
    expect(bed.inventory()).not.toContain('ConfigMap default/late');
    const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    bed.cluster.react = (object) => (object.kind === 'Deployment' ? { ...object, status } : object);
    bed.cluster.replace(deployments, { ...bed.cluster.get(deployments, web1), status }, 'status');
    await bed.settle();
    expect(bed.inventory()).toContain('ConfigMap default/late');
    expect(bed.app()?.status?.services?.[0]?.traits).toMatchObject([{ type: 'late', healthy: true }]);
    bed.cluster.delete(configMaps, { name: 'late', namespace: 'default' }, {});
    await bed.settle();
    expect(bed.inventory()).toContain('ConfigMap default/late');
  });

  test.each([
    { what: 'its move is asked for', change: { annotations: { 'example.com/asked': 'true' } }, kept: true },
    { what: 'it is labelled', change: { labels: { team: 'a' } }, kept: true },
    { what: 'another shard gets it', change: { labels: { [labels.scheduledShardId]: 'shard-9' } }, kept: false },
  ])('the result is recorded although $what during the reconcile: $kept', async ({ change, kept }) => {
    const bed = new ApplicationBed();
    bed.put(application({ components: [config] }));
    bed.cluster.intercept = ({ verb, resource }, moment) => {
      if (verb !== 'apply' || resource.kind !== 'ConfigMap' || moment !== 'after') return;
      bed.cluster.intercept = undefined;
      const app = bed.app() as KubeObject;
      const metadata = { ...app.metadata, ...change };
      bed.cluster.replace(applicationResource, { ...app, metadata }, undefined);
    };
    const result = await bed.reconcile();
    expect(bed.app()?.metadata).toMatchObject(change);
    expect(bed.app()?.status?.status).toBe(kept ? 'running' : 'rendering');
    // the change is reconciled at once
    expect(result.requeueAfterMs).toBe(kept ? 0 : 500);
  });

  test('is suspended and resumed', async () => {
    const bed = new ApplicationBed();
    const steps = [
      { name: 'one', type: 'apply-component', properties: { component: 'conf' } },
      { name: 'wait', type: 'suspend' },
      { name: 'two', type: 'apply-component', properties: { component: 'web' } },
    ];
    bed.put(application({ components: [web(), config], workflow: { steps } }));
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('workflowSuspending');
    expect(bed.app()?.status?.services?.map((service) => service.name)).toEqual(['conf']);
    expect(bed.inventory()).not.toContain('Deployment default/web');
    bed.restart();
    const app = bed.app();
    const workflow = { ...app?.status?.workflow, suspend: false };
    const resumed = { ...app, status: { ...app?.status, workflow } } as unknown as KubeObject;
    bed.cluster.replace(applicationResource, resumed, 'status');
    await bed.settle();
    expect(bed.app()?.status?.status).toBe('running');
    expect(bed.inventory()).toContain('Deployment default/web');
  });

  test.each([
    { asked: 'true', waits: 0 },
    { asked: '2026-01-01T01:00:00Z', waits: 3_600_000 },
    { asked: '10m', waits: 600_000 },
  ])('runs again when the annotation says $asked', async ({ asked, waits }) => {
    const bed = await delivered();
    const first = bed.app()?.status?.workflow?.steps?.[0]?.id;
    bed.put(application({ components: [web(), config] }, { annotations: { [annotations.restartWorkflow]: asked } }));
    if (waits > 0) {
      await bed.reconcile();
      expect(bed.app()?.status?.workflow?.steps?.[0]?.id).toBe(first);
    }
    await bed.clock.advance(waits);
    await bed.settle();
    expect(bed.app()?.status?.workflow?.steps?.[0]?.id).not.toBe(first);
    expect(bed.app()?.status?.status).toBe('running');
    expect(bed.inventory().filter((o) => o.startsWith('ApplicationRevision'))).toHaveLength(1);
  });

  test('gives the output of one component to another', async () => {
    const bed = new ApplicationBed();
    const reader = {
      name: 'copy',
      type: 'config',
      properties: { data: {} },
      inputs: [{ from: 'a', parameterKey: 'data.copied' }],
    };
    bed.put(application({ components: [reader, { ...config, outputs: [{ name: 'a', valueFrom: 'output.data.a' }] }] }));
    await bed.settle();
    expect(bed.cluster.get(configMaps, { name: 'copy', namespace: 'default' })['data']).toEqual({ copied: '1' });
  });

  test('deploys to the namespace of a topology with its overrides', async () => {
    const bed = new ApplicationBed();
    const policies = [
      { name: 'other', type: 'topology', properties: { clusters: ['local'], namespace: 'elsewhere' } },
      {
        name: 'more',
        type: 'override',
        properties: { components: [{ name: 'conf', properties: { data: { b: '2' } } }] },
      },
    ];
    bed.put(application({ components: [config], policies }));
    await bed.settle();
    expect(bed.cluster.get(configMaps, { name: 'conf', namespace: 'elsewhere' })['data']).toEqual({ a: '1', b: '2' });
    expect(bed.app()?.status?.services).toMatchObject([{ name: 'conf', namespace: 'elsewhere', healthy: true }]);
    bed.restart();
    await bed.settle();
    expect(bed.app()?.status?.services).toMatchObject([{ name: 'conf', namespace: 'elsewhere', healthy: true }]);
  });
});
