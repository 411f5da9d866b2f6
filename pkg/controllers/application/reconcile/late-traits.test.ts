import { expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, deployments } from '../../../../test/support/application-bed.ts';

const late = { name: 'late', namespace: 'default' };
const web = { name: 'web', type: 'web', properties: { image: 'nginx' }, traits: [{ type: 'late' }] };
const foreign = { apiVersion: 'v1', kind: 'ConfigMap', metadata: late, data: { of: 'another' } };

function conditionsOf(bed: ApplicationBed): Readonly<Record<string, string>> {
  const conditions = bed.app()?.status?.conditions ?? [];
  return Object.fromEntries(conditions.map(({ type, status, message }) => [type, message ?? status]));
}

test('a PostDispatch trait that cannot be applied leaves the Application running, and Synced says why', async () => {
  const bed = new ApplicationBed();
  bed.cluster.create(configMaps, foreign);
  bed.put(application({ components: [web] }));
  await expect(bed.settle()).rejects.toThrow('failed to dispatch PostDispatch traits for component web');
  const { status, workflow } = bed.app()?.status ?? {};
  expect(status).toBe('running');
  expect(workflow).toMatchObject({ status: 'succeeded', finished: true });
  expect(conditionsOf(bed)).toMatchObject({
    Workflow: 'True',
    Synced: expect.stringContaining('failed to dispatch PostDispatch traits for component web') as unknown,
    Ready: expect.stringContaining('failed to dispatch PostDispatch traits for component web') as unknown,
  });
  expect(bed.events.filter((event) => event.startsWith('Warning FailedApply'))).toHaveLength(1);
  const before = bed.cluster.changes.length;
  await expect(bed.reconcile()).rejects.toThrow('PostDispatch');
  expect(bed.cluster.changes.slice(before)).toEqual([]);

  bed.cluster.delete(configMaps, late, {});
  await bed.settle();
  expect(conditionsOf(bed)).toMatchObject({ Ready: 'True' });
  expect(conditionsOf(bed)['Synced']).toBeUndefined();
  expect(bed.cluster.find(configMaps, late)?.['data']).toEqual({ ready: '0' });
  expect(bed.app()?.status?.appliedResources).toContainEqual(expect.objectContaining({ name: 'late' }));
});

test('under the gate ApplyOnce a PostDispatch trait is delivered once', async () => {
  const bed = new ApplicationBed({ applyOnce: true });
  bed.put(application({ components: [web] }));
  await bed.settle();
  expect(bed.cluster.find(configMaps, late)?.['data']).toEqual({ ready: '0' });
  expect(bed.app()?.status?.status).toBe('running');
  bed.cluster.delete(configMaps, late, {});
  await bed.settle();
  expect(bed.cluster.find(configMaps, late)).toBeUndefined();
});

test('a PostDispatch trait comes while later steps wait', async () => {
  const steps = [
    { name: 'web', type: 'apply-component', properties: { component: 'web' } },
    { name: 'ask', type: 'suspend' },
  ];
  const bed = new ApplicationBed();
  bed.put(application({ components: [web], workflow: { steps } }));
  await bed.settle();
  expect(bed.app()?.status?.status).toBe('workflowSuspending');
  expect(bed.cluster.find(configMaps, late)).toBeDefined();
  expect(bed.app()?.status?.services?.[0]?.traits).toEqual([{ type: 'late', healthy: true }]);
});

test('a PostDispatch trait of the next revision replaces that of the one before', async () => {
  const bed = new ApplicationBed();
  bed.put(application({ components: [web] }));
  await bed.settle();
  bed.put(application({ components: [{ ...web, properties: { image: 'other' } }] }));
  await bed.settle();
  expect(bed.cluster.find(deployments, { name: 'web', namespace: 'default' })?.['spec']).toMatchObject({
    image: 'other',
  });
  expect(bed.cluster.find(configMaps, late)?.metadata.labels?.['app.oam.dev/appRevision']).toBe('app-v2');
  bed.put(application({ components: [{ ...web, properties: { image: 'other' }, traits: [] }] }));
  await bed.settle();
  expect(bed.cluster.find(configMaps, late)).toBeUndefined();
});
