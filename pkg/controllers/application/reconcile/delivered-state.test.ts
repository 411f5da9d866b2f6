import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, deployments } from '../../../../test/support/application-bed.ts';
import { condition, conf1, config, delivered, web, web1 } from '../../../../test/support/delivered-application.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';

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
