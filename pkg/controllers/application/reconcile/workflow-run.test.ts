import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, deployments } from '../../../../test/support/application-bed.ts';
import { config, delivered, web, web1 } from '../../../../test/support/delivered-application.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { JsonObject, KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';

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
    expect(bed.app()?.status?.status).toBe(kept ? 'running' : undefined);
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
