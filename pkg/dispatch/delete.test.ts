import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { failure } from '../../test/support/memory-api.ts';
import { annotations, labels } from '../apis/names.ts';
import type { ResourceTracker } from '../apis/resource-tracker.ts';
import { resourcePolicies } from '../appfile/resource-policy.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { mapBounded } from './bounded.ts';
import { checkDeletable, deleteOne, markedDeleted } from './delete.ts';
import { entriesOf, entryKey } from './tracker.ts';

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const owner = 'apps/me';
let cluster: FakeCluster;
let forgotten: string[];

beforeEach(() => {
  cluster = new FakeCluster({ resources: [deployments], now: () => 0 });
  forgotten = [];
});

function live(ownedBy: string | undefined, sharedBy?: string): KubeObject {
  const [namespace, name] = ownedBy?.split('/') ?? [];
  return cluster.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'apps',
      labels: { ...(name && { [labels.appName]: name, [labels.appNamespace]: namespace ?? '' }) },
      ...(sharedBy !== undefined && { annotations: { [annotations.sharedBy]: sharedBy } }),
    },
  });
}

const policies = resourcePolicies({ apiVersion: 'v1', kind: 'Application', metadata: { name: 'me' } }, []);
const known = { delete: (key: string) => forgotten.push(key) } as unknown as Parameters<typeof deleteOne>[1]['known'];
const remove = (object: KubeObject): Promise<void> =>
  deleteOne({ live: object, resource: deployments }, { user: cluster.client(), owner, policies, known });
const check = (object: KubeObject, readOnly: readonly object[] = []): void => {
  checkDeletable(
    { live: object, resource: deployments },
    { owner, policies: { ...policies, readOnly } as typeof policies },
  );
};

describe('an object that a step deletes', () => {
  test.each([
    { ownedBy: owner, sharedBy: undefined },
    { ownedBy: undefined, sharedBy: undefined },
    { ownedBy: 'apps/other', sharedBy: 'apps/other,apps/me' },
  ])('may be one of $ownedBy, shared by $sharedBy', ({ ownedBy, sharedBy }) => {
    expect(() => {
      check(live(ownedBy, sharedBy));
    }).not.toThrow();
  });

  test('may not be one of another Application', () => {
    expect(() => {
      check(live('apps/other'));
    }).toThrow(/managed by other application apps\/other; delete it in a step of apps\/other, or remove it from there/);
  });

  test('may not be one that a read-only policy selects', () => {
    const rule = { selector: { resourceTypes: ['Deployment'] } };
    expect(() => {
      check(live(owner), [rule]);
    }).toThrow(/may not be deleted: a read-only policy selects it/);
  });

  test('is deleted and forgotten', async () => {
    await remove(live(owner));
    expect(cluster.all()).toEqual([]);
    expect(forgotten).toHaveLength(1);
  });

  test('stays for those that share it, and is handed to the first of them', async () => {
    await remove(live(owner, 'apps/me,apps/b,apps/c'));
    const [left] = cluster.all();
    expect(left?.metadata.annotations?.[annotations.sharedBy]).toBe('apps/b,apps/c');
    expect(left?.metadata.labels).toMatchObject({ [labels.appName]: 'b', [labels.appNamespace]: 'apps' });
  });

  test('goes with the last that shares it', async () => {
    await remove(live(owner, 'apps/me'));
    expect(cluster.all()).toEqual([]);
  });

  test('may be gone already', async () => {
    const object = live(owner);
    await remove(object);
    await expect(remove(object)).resolves.toBeUndefined();
  });

  test('that changed in between is left, to be tried again', async () => {
    const object = live(owner);
    cluster.replace(deployments, { ...object, spec: { replicas: 2 } }, undefined);
    await expect(remove(object)).rejects.toMatchObject({
      reason: 'Terminating',
      message: expect.stringContaining('changed while it was to be deleted'),
    });
    expect(cluster.all()).toHaveLength(1);
  });

  test('that the API server keeps is its failure', async () => {
    const object = live(owner);
    cluster.intercept = () => {
      throw failure(403, 'Forbidden', 'no right to delete');
    };
    await expect(remove(object)).rejects.toThrow('no right to delete');
  });
});

describe('the entries of a tracker', () => {
  const entry = (name: string, more: object = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name,
    namespace: 'apps',
    raw: { spec: 1 },
    ...more,
  });
  const tracker = (managedResources: readonly object[], metadata: object = {}): ResourceTracker =>
    ({
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ResourceTracker',
      metadata: { name: 't', ...metadata },
      spec: { managedResources },
    }) as unknown as ResourceTracker;

  const keysOf = (one: ResourceTracker): ReadonlySet<string> => new Set(entriesOf(one).map(entryKey));

  test('of deleted objects are marked and lose their manifests', () => {
    const one = tracker([entry('a'), entry('b')]);
    const [key = ''] = [...keysOf(one)];
    expect(markedDeleted(one, new Set([key]))).toEqual([
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', namespace: 'apps', deleted: true },
      entry('b'),
    ]);
  });

  test('stay where nothing changes', () => {
    const one = tracker([entry('a')]);
    expect(markedDeleted(one, new Set(['other']))).toBeUndefined();
    expect(markedDeleted(tracker([entry('a', { deleted: true })]), keysOf(one))).toBeUndefined();
    expect(
      markedDeleted(tracker([entry('a')], { deletionTimestamp: '2026-01-01T00:00:00Z' }), keysOf(one)),
    ).toBeUndefined();
  });
});

describe('a list that is worked on with a limit', () => {
  test('keeps the order of its results, and the limit', async () => {
    let [running, most] = [0, 0];
    const results = await mapBounded([5, 1, 4, 2, 3], 2, async (item) => {
      most = Math.max(most, (running += 1));
      for (let i = 0; i < item; i += 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    });
    expect({ results, most }).toEqual({ results: [50, 10, 40, 20, 30], most: 2 });
    expect(await mapBounded([], 3, () => Promise.reject(new Error('never')))).toEqual([]);
  });

  test('tries every item, and throws a single failure as it is', async () => {
    const tried: number[] = [];
    const only = new Error('two');
    const work = mapBounded([1, 2, 3], 1, (item) => {
      tried.push(item);
      return item === 2 ? Promise.reject(only) : Promise.resolve(item);
    });
    await expect(work).rejects.toBe(only);
    expect(tried).toEqual([1, 2, 3]);
  });

  test.each([
    { count: 2, message: 'e1; e2' },
    { count: 4, message: 'e1; e2; e3; e4' },
    { count: 9, message: 'e1; e2; e3; and 6 more objects failed' },
  ])('throws $count failures as one: $message', async ({ count, message }) => {
    const items = Array.from({ length: count }, (_, i) => i + 1);
    await expect(mapBounded(items, 1, (item) => Promise.reject(new Error(`e${item}`)))).rejects.toMatchObject({
      name: 'AggregateError',
      message,
    });
  });
});
