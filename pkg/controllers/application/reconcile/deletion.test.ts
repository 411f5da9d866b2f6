import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps } from '../../../../test/support/application-bed.ts';
import { ApiError } from '../../../apis/api-error.ts';
import { annotations } from '../../../apis/names.ts';
import type { Resource } from '../../../../machinery/src/meta.ts';

const conf = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
const confKey = { name: 'conf', namespace: 'default' };
const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

/** The author of the Application may do nothing any more. */
function takeRights(bed: ApplicationBed): void {
  const refuse = ({ user, name }: { readonly user: string; readonly name: string }): void => {
    if (!user.startsWith('system:serviceaccount:')) return;
    const message = `${user} cannot touch ${name}`;
    throw new ApiError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'Forbidden',
      code: 403,
      message,
    });
  };
  bed.cluster.interceptRead = refuse;
  bed.cluster.intercept = refuse;
}

const withAccount = () =>
  application({ components: [conf] }, { annotations: { [annotations.serviceAccountName]: 'deployer' } });

describe('the deletion of an Application with an account that lost its rights', () => {
  test('ends where nothing was created', async () => {
    const bed = new ApplicationBed();
    takeRights(bed);
    bed.put(withAccount());
    await bed.reconcile().catch(() => undefined);
    expect(bed.inventory()).toContain('ResourceTracker app-v1-default');
    bed.remove();
    await bed.settle();
    expect(bed.app()).toBeUndefined();
    expect(bed.inventory()).toEqual([]);
  });

  test('names what it may not delete, and the remedy', async () => {
    const bed = new ApplicationBed();
    bed.put(withAccount());
    await bed.settle();
    takeRights(bed);
    bed.remove();
    await expect(bed.reconcile()).rejects.toThrow('ConfigMap default/conf cannot be deleted');
    const ready = bed.app()?.status?.conditions?.find((c) => c.type === 'Ready');
    expect(ready?.message).toMatch(
      /cannot touch conf; grant the Application's author the right to delete it, or keep it/,
    );
    bed.cluster.interceptRead = undefined;
    bed.cluster.intercept = undefined;
    await bed.settle();
    expect(bed.app()).toBeUndefined();
  });

  test('waits for the namespace controller where the namespace terminates', async () => {
    const bed = new ApplicationBed();
    bed.put(withAccount());
    await bed.settle();
    const metadata = { name: 'default', finalizers: ['kubernetes'], deletionTimestamp: '2026-01-01T00:00:00Z' };
    bed.cluster.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
    takeRights(bed);
    bed.remove();
    await bed.reconcile();
    expect(bed.app()?.status?.conditions?.find((c) => c.type === 'Ready')).toMatchObject({ reason: 'Deleting' });
    bed.cluster.delete(configMaps, confKey, {});
    await bed.settle();
    expect(bed.app()).toBeUndefined();
  });
});
