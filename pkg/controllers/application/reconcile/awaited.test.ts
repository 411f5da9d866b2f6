import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, deployments } from '../../../../test/support/application-bed.ts';
import { apiError } from '../../../../test/support/fake-kube-client.ts';
import { labels } from '../../../apis/names.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import type { Component } from '../../../apis/application.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { ApplicationReconciler } from './reconciler.ts';

const web = (image: string): Component => ({ name: 'web', type: 'web', properties: { image, port: 80 } });
const config: Component = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
const web1 = { name: 'web', namespace: 'default' };

/** An Application with a workload that is not ready. */
async function awaited(watching: boolean): Promise<ApplicationBed> {
  const bed = new ApplicationBed();
  bed.watching = watching;
  bed.put(application({ components: [web('slow'), config] }));
  await bed.reconcile();
  return bed;
}

async function requestsOf(bed: ApplicationBed): Promise<readonly string[]> {
  const requests: string[] = [];
  bed.cluster.onRequest = ({ verb, resource }) => requests.push(`${verb} ${resource.kind}`);
  await bed.reconcile();
  return requests;
}

function change(bed: ApplicationBed, edit: (object: KubeObject) => object, subresource?: string): void {
  const object = bed.cluster.get(deployments, web1);
  bed.cluster.replace(deployments, { ...object, ...edit(object) }, subresource);
}

describe('while the health of a workload is awaited', () => {
  test('nothing is requested where nothing changed', async () => {
    const bed = await awaited(true);
    expect(await requestsOf(bed)).toEqual([]);
  });

  test('a change of its status by another controller is assessed without a request', async () => {
    const bed = await awaited(true);
    change(bed, () => ({ status: { observedGeneration: 1, replicas: 1, unavailableReplicas: 1 } }), 'status');
    expect(await requestsOf(bed)).toEqual([]);
  });

  test('without watches it is read, and not applied again', async () => {
    const bed = await awaited(false);
    expect(await requestsOf(bed)).toEqual(['get Deployment', 'get Service']);
  });

  test.each([true, false])('what another writer changed in it is applied again; with watches: %s', async (watching) => {
    const bed = await awaited(watching);
    change(bed, (object) => ({ spec: { ...(object['spec'] as object), replicas: 7 } }));
    await bed.reconcile();
    expect(bed.cluster.get(deployments, web1)['spec']).toMatchObject({ replicas: 1 });
  });

  test('a value that the API server writes in another way is not applied again', async () => {
    const bed = new ApplicationBed({}, (object) =>
      object.kind === 'Deployment' ? { ...object, spec: { ...(object['spec'] as object), replicas: '1' } } : object,
    );
    bed.watching = true;
    bed.put(application({ components: [web('slow')] }));
    await bed.reconcile();
    change(bed, () => ({ status: { observedGeneration: 1 } }), 'status');
    expect(await requestsOf(bed)).toEqual([]);
  });

  test('it is created again where it is gone', async () => {
    const bed = await awaited(true);
    bed.cluster.delete(deployments, web1, {});
    await bed.reconcile();
    expect(bed.cluster.find(deployments, web1)).toBeDefined();
  });
});

test('the tracker is written once, with the resources of all components, before the first of them', async () => {
  const bed = new ApplicationBed();
  let recorded: readonly string[] | undefined;
  bed.cluster.onRequest = ({ verb }) => {
    if (verb !== 'apply' || recorded) return;
    const [tracker] = bed.cluster.list(resourceTrackerResource, {});
    const { managedResources } = tracker?.['spec'] as {
      readonly managedResources: readonly { readonly kind: string }[];
    };
    recorded = managedResources.map(({ kind }) => kind).sort();
  };
  bed.put(application({ components: [web('a'), config] }));
  await bed.settle();
  expect(recorded).toEqual(['ConfigMap', 'Deployment', 'Service']);
  expect(bed.cluster.changes.filter((change) => change.includes('ResourceTracker'))).toEqual([
    'create ResourceTracker app-v1-default',
  ]);
});

test('a component that cannot be rendered does not keep the others from being delivered', async () => {
  const bed = new ApplicationBed();
  const broken = { ...web('a'), properties: { broken: true } };
  bed.put(application({ components: [broken, config] }));
  await bed.reconcile();
  expect(bed.inventory()).toContain('ConfigMap default/conf');
  expect(bed.app()?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'Workflow', status: 'False', message: expect.stringContaining('broken') }),
  );
});

test('a run is stored as begun where its first steps meet an error of the API server', async () => {
  const bed = new ApplicationBed();
  bed.put(application({ components: [config] }));
  bed.cluster.intercept = ({ resource }) => {
    if (resource.kind === configMaps.kind) throw apiError(503, 'ServiceUnavailable', 'not now');
  };
  await expect(bed.reconcile()).rejects.toThrow('not now');
  expect(bed.app()?.status).toMatchObject({ status: 'rendering', latestRevision: { name: 'app-v1' } });
  bed.cluster.intercept = undefined;
  await bed.settle();
  expect(bed.app()?.status?.status).toBe('running');
  expect(bed.events.filter((event) => event.startsWith('Normal Rendered'))).toHaveLength(1);
});

test('nothing is written for a new Application of which the cache shows an earlier state', async () => {
  const bed = new ApplicationBed();
  bed.put(application({ components: [config] }));
  const stale = bed.app();
  bed.put(application({ components: [config] }, { labels: { team: 'a' } }));
  const reconciler = new ApplicationReconciler({ ...bed.deps(), applications: { get: () => stale } });
  bed.cluster.changes.length = 0;
  const { requeueAfterMs } = await reconciler.reconcile('default/app', new AbortController().signal);
  expect(bed.cluster.changes).toEqual([]);
  expect(requeueAfterMs).toBe(500);
});

test('a tracker that a deleted Application of the same name left is found before anything is written', async () => {
  const bed = new ApplicationBed();
  bed.cluster.create(resourceTrackerResource, {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ResourceTracker',
    metadata: {
      name: 'app-v7-default',
      labels: { [labels.appName]: 'app', [labels.appNamespace]: 'default', [labels.appUid]: 'earlier' },
    },
    spec: { type: 'versioned', applicationGeneration: 7 },
  });
  bed.put(application({ components: [config] }));
  await expect(bed.reconcile()).rejects.toThrow('belongs to another application of this name');
  expect(bed.cluster.find(configMaps, { name: 'conf', namespace: 'default' })).toBeUndefined();
});
