import { describe, expect, test } from '@jest/globals';
import {
  application,
  ApplicationBed,
  configMaps,
  deployments,
  oneAction,
} from '../../../../../test/support/application-bed.ts';
import type { AppPolicy } from '../../../../apis/application.ts';
import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../../apis/names.ts';
import { resourceTrackerResource } from '../../../../apis/resource-tracker.ts';

const pool = { name: 'pool', namespace: 'default' };
const config = { name: 'pool', type: 'config', properties: { data: { k: 'v' } } };
const put = { name: 'put', type: 'apply-component', properties: { component: 'pool' } };
const drop = { name: 'drop', type: 'drop-cm', properties: { name: 'pool' } };
const sweep = { name: 'sweep', type: 'sweep', properties: { labels: { group: 'a' } } };
const share: AppPolicy = {
  name: 'share',
  type: 'shared-resource',
  properties: { rules: [{ selector: { resourceTypes: ['ConfigMap'] } }] },
};

function newBed(): ApplicationBed {
  const bed = new ApplicationBed();
  const object = { apiVersion: 'v1', kind: 'ConfigMap' };
  bed.defineStep(
    'drop-cm',
    oneAction('kube.delete', ({ parameter }) => ({
      value: { ...object, metadata: { name: parameter['name'] as string, namespace: 'default' } },
    })),
  );
  bed.defineStep(
    'sweep',
    oneAction('kube.delete', ({ parameter }) => ({
      value: object,
      filter: { namespace: 'default', matchingLabels: parameter['labels'] as JsonObject },
    })),
  );
  return bed;
}

const put1 = (
  bed: ApplicationBed,
  name: string,
  steps: readonly (typeof put | typeof drop | typeof sweep)[],
  policies: readonly AppPolicy[] = [],
) => {
  const components = steps.includes(put) ? [config] : [];
  bed.put({ ...application({ components, policies, workflow: { steps } }), metadata: { name, namespace: 'default' } });
};

const stepOf = (bed: ApplicationBed, app: string, name: string) =>
  bed.app(app)?.status?.workflow?.steps?.find((s) => s.name === name);

function createLoose(bed: ApplicationBed, name: string, more: Readonly<Record<string, string>> = {}): void {
  const metadata = { name, namespace: 'default', labels: { group: 'a', ...more } };
  bed.cluster.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
}

describe('a step that deletes', () => {
  test('what the Application delivered: it stays deleted, and its tracker says so', async () => {
    const bed = newBed();
    put1(bed, 'own', [put, drop]);
    await bed.settle('own');
    expect(bed.app('own')?.status?.status).toBe('running');
    expect(bed.cluster.find(configMaps, pool)).toBeUndefined();
    await bed.clock.advance(600_000);
    bed.restart();
    await bed.settle('own');
    expect(bed.cluster.find(configMaps, pool)).toBeUndefined();
    const tracker = bed.cluster.find(resourceTrackerResource, { name: 'own-v1-default' }) as never as {
      spec: { managedResources: readonly JsonObject[] };
    };
    expect(tracker.spec.managedResources).toMatchObject([{ name: 'pool', deleted: true }]);
    expect(tracker.spec.managedResources[0]).not.toHaveProperty('raw');
    expect(bed.app('own')?.status?.appliedResources).toEqual([]);
  });

  test('what is shared: this Application leaves it, the others keep it', async () => {
    const bed = newBed();
    put1(bed, 'one', [put], [share]);
    await bed.settle('one');
    const { uid } = bed.cluster.find(configMaps, pool)?.metadata ?? {};
    put1(bed, 'two', [put, drop], [share]);
    await bed.settle('two');
    const live = bed.cluster.find(configMaps, pool)?.metadata;
    expect(live?.uid).toBe(uid);
    expect(live?.annotations?.[annotations.sharedBy]).toBe('default/one');
    await bed.clock.advance(600_000);
    await bed.settle('two');
    expect(bed.cluster.find(configMaps, pool)?.metadata.annotations?.[annotations.sharedBy]).toBe('default/one');
  });

  test('what its own Application shares: the next sharer owns it', async () => {
    const bed = newBed();
    put1(bed, 'one', [put], [share]);
    await bed.settle('one');
    put1(bed, 'two', [put], [share]);
    await bed.settle('two');
    put1(bed, 'one', [put, drop], [share]);
    await bed.settle('one');
    expect(bed.cluster.find(configMaps, pool)?.metadata.labels?.[labels.appName]).toBe('two');
  });

  test('an object of another Application: it is refused', async () => {
    const bed = newBed();
    put1(bed, 'owner', [put]);
    await bed.settle('owner');
    put1(bed, 'thief', [drop]);
    await bed.reconcile('thief');
    expect(stepOf(bed, 'thief', 'drop')).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('is managed by other application default/owner'),
    });
    expect(bed.cluster.find(configMaps, pool)).toBeDefined();
  });

  test('a selection with an object of another Application in it: none is deleted', async () => {
    const bed = newBed();
    createLoose(bed, 'free');
    createLoose(bed, 'taken', { [labels.appName]: 'other', [labels.appNamespace]: 'default' });
    put1(bed, 'app', [sweep]);
    await bed.reconcile('app');
    expect(stepOf(bed, 'app', 'sweep')).toMatchObject({ phase: 'failed' });
    expect(bed.cluster.find(configMaps, { name: 'free', namespace: 'default' })).toBeDefined();
  });

  test('a selection of objects that no Application owns: all are deleted', async () => {
    const bed = newBed();
    createLoose(bed, 'free');
    createLoose(bed, 'more');
    put1(bed, 'app', [sweep]);
    await bed.settle('app');
    expect(bed.app('app')?.status?.status).toBe('running');
    expect(bed.inventory().filter((text) => text.startsWith('ConfigMap default/'))).toEqual([]);
  });

  test.each([{}, { matchingLabels: { group: 'a' } }])(
    'a selection in all namespaces: it is refused with the field (%j)',
    async (filter) => {
      const bed = newBed();
      bed.defineStep(
        'sweep-all',
        oneAction('kube.delete', () => ({ value: { apiVersion: 'v1', kind: 'ConfigMap' }, filter })),
      );
      createLoose(bed, 'free');
      put1(bed, 'app', [{ name: 'sweep', type: 'sweep-all', properties: {} } as never]);
      await bed.reconcile('app');
      expect(stepOf(bed, 'app', 'sweep')).toMatchObject({
        phase: 'failed',
        message: expect.stringContaining('filter needs a namespace'),
      });
      expect(bed.cluster.find(configMaps, { name: 'free', namespace: 'default' })).toBeDefined();
    },
  );

  test('what a read-only policy protects: it is refused', async () => {
    const bed = newBed();
    createLoose(bed, 'pool');
    const policy = { ...share, name: 'ro', type: 'read-only' };
    put1(bed, 'app', [drop], [policy]);
    await bed.reconcile('app');
    expect(stepOf(bed, 'app', 'drop')?.message).toContain('a read-only policy selects it');
    expect(bed.cluster.find(configMaps, pool)).toBeDefined();
  });
});

describe('a step that patches', () => {
  const patchStep = { name: 'patch', type: 'patch', properties: {} };
  const withPatch = (): ApplicationBed => {
    const bed = newBed();
    bed.defineStep(
      'patch',
      oneAction('kube.patch', () => ({
        value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: pool },
        patch: { data: { more: 'x' } },
      })),
    );
    return bed;
  };

  test('what the Application delivered: the change is kept', async () => {
    const bed = withPatch();
    put1(bed, 'app', [put, patchStep as never]);
    await bed.settle('app');
    expect(bed.cluster.find(configMaps, pool)?.['data']).toEqual({ k: 'v', more: 'x' });
    await bed.clock.advance(600_000);
    await bed.settle('app');
    expect(bed.cluster.find(configMaps, pool)?.['data']).toEqual({ k: 'v', more: 'x' });
    expect(bed.cluster.find(deployments, pool)).toBeUndefined();
  });

  test.each([
    ['no Application', {}, 'is not managed by any application'],
    [
      'another Application',
      { [labels.appName]: 'x', [labels.appNamespace]: 'default' },
      'is managed by other application',
    ],
  ])('an object of %s: it is refused', async (_, more, message) => {
    const bed = withPatch();
    createLoose(bed, 'pool', more);
    put1(bed, 'app', [patchStep as never]);
    await bed.reconcile('app');
    expect(stepOf(bed, 'app', 'patch')?.message).toContain(message);
  });
});

describe('a config that a step creates', () => {
  const secretKey = { name: 'settings', namespace: 'default' };
  const withConfigs = (): ApplicationBed => {
    const bed = newBed();
    bed.defineStep(
      'create',
      oneAction('config.create', () => ({ ...secretKey, config: { a: 1 } })),
    );
    bed.defineStep(
      'remove',
      oneAction('config.delete', () => secretKey),
    );
    return bed;
  };
  const create = { name: 'create', type: 'create', properties: {} } as never;
  const remove = { name: 'remove', type: 'remove', properties: {} } as never;
  const has = (bed: ApplicationBed): boolean => bed.inventory().includes('Secret default/settings');

  test('belongs to the Application, and goes with it', async () => {
    const bed = withConfigs();
    put1(bed, 'app', [create]);
    await bed.settle('app');
    expect(has(bed)).toBe(true);
    bed.remove('app');
    await bed.settle('app');
    expect(has(bed)).toBe(false);
  });

  test('stays deleted when a step deletes it', async () => {
    const bed = withConfigs();
    put1(bed, 'app', [create, remove]);
    await bed.settle('app');
    await bed.clock.advance(600_000);
    bed.restart();
    await bed.settle('app');
    expect(has(bed)).toBe(false);
  });

  test('is not deleted by another Application', async () => {
    const bed = withConfigs();
    put1(bed, 'owner', [create]);
    await bed.settle('owner');
    put1(bed, 'thief', [remove]);
    await bed.reconcile('thief');
    expect(stepOf(bed, 'thief', 'remove')?.message).toContain('is managed by other application default/owner');
    expect(has(bed)).toBe(true);
  });
});
