import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { failure } from '../../test/support/memory-api.ts';
import { SteppingClock } from '../../test/support/stepping-clock.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { applyObject, deleteObject, inParallel } from './apply.ts';
import { changedFields, diffObjects } from './diff.ts';
import { crdMissing, deploymentMissing, waitUntil, webhookMissing } from './ready.ts';

const kind = (name: string, plural: string, group = '', namespaced = true): Resource => ({
  group,
  version: 'v1',
  kind: name,
  plural,
  namespaced,
});
const configMaps = kind('ConfigMap', 'configmaps');
const crds = kind('CustomResourceDefinition', 'customresourcedefinitions', 'apiextensions.k8s.io', false);
const deployments = kind('Deployment', 'deployments', 'apps');
const pods = kind('Pod', 'pods');
const events = kind('Event', 'events');
const replicaSets = kind('ReplicaSet', 'replicasets', 'apps');
const { signal } = new AbortController();
let cluster: FakeCluster;
let clock: SteppingClock;

beforeEach(() => {
  clock = new SteppingClock();
  cluster = new FakeCluster({
    resources: [configMaps, crds, deployments, pods, events, replicaSets, applicationResource],
    now: () => clock.now(),
  });
});

const config = (data: object, name = 'c'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n' },
  data,
});

describe('an object of the installation', () => {
  test('is created, unchanged, configured, and deleted once', async () => {
    const apply = (data: object) => applyObject(cluster.client(), config(data), signal);
    expect([await apply({ a: '1' }), await apply({ a: '1' }), await apply({ a: '2' })]).toEqual([
      'created',
      'unchanged',
      'configured',
    ]);
    expect([
      await deleteObject(cluster.client(), config({}), signal),
      await deleteObject(cluster.client(), config({}), signal),
    ]).toEqual([true, false]);
  });

  test('of a kind that is not served is not there to delete', async () => {
    expect(
      await deleteObject(cluster.client(), { apiVersion: 'x/v1', kind: 'Odd', metadata: { name: 'a' } }, signal),
    ).toBe(false);
  });

  test('that the API server does not delete is its failure', async () => {
    cluster.intercept = () => {
      throw failure(403, 'Forbidden', 'no right');
    };
    await expect(deleteObject(cluster.client(), config({}), signal)).rejects.toThrow('no right');
  });
});

test('works run side by side up to a width, and the first failure ends them', async () => {
  let [running, most] = [0, 0];
  const done: number[] = [];
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, (running += 1));
    await Promise.resolve();
    running -= 1;
    done.push(item);
  });
  expect({ most, done: done.toSorted() }).toEqual({ most: 2, done: [1, 2, 3, 4, 5] });
  await expect(inParallel([1, 2], 1, (item) => Promise.reject(new Error(`no ${item}`)))).rejects.toThrow('no 1');
});

describe('the difference to an installation', () => {
  test.each([
    { before: { a: 1 }, after: { a: 1 }, want: [] },
    { before: { a: 1 }, after: { a: 2 }, want: [{ path: 'a', before: 1, after: 2 }] },
    {
      before: { a: { b: [1, { c: 2 }] } },
      after: { a: { b: [1, { c: 3 }] } },
      want: [{ path: 'a.b[1].c', before: 2, after: 3 }],
    },
    { before: { a: [1] }, after: { a: [1, 2] }, want: [{ path: 'a[1]', before: undefined, after: 2 }] },
    { before: { a: 1, b: 2 }, after: { a: 1 }, want: [{ path: 'b', before: 2, after: undefined }] },
    { before: { a: {} }, after: { a: [] }, want: [{ path: 'a', before: {}, after: [] }] },
    { before: { a: null }, after: { a: { b: 1 } }, want: [{ path: 'a', before: null, after: { b: 1 } }] },
  ])('of $before and $after is $want', ({ before, after, want }) => {
    expect(changedFields(before, after)).toEqual(want);
  });

  test('is by a dry run: nothing is written', async () => {
    await applyObject(cluster.client(), config({ a: '1' }), signal);
    await applyObject(cluster.client(), config({ a: '1' }, 'same'), signal);
    const { version } = cluster;
    const diffs = await diffObjects(
      cluster.client(),
      [config({ a: '2' }), config({ a: '1' }, 'same'), config({}, 'new')],
      signal,
    );
    expect(diffs.map(({ object, change, fields }) => [object.metadata.name, change, fields])).toEqual([
      ['c', 'change', [{ path: 'data.a', before: '1', after: '2' }]],
      ['new', 'create', []],
    ]);
    expect(cluster.version).toBe(version);
  });

  test('leaves out what belongs to others, and passes on other failures', async () => {
    await applyObject(cluster.client(), config({ a: '1' }), signal);
    const answers = [failure(409, 'Conflict', 'belongs to others'), failure(403, 'Forbidden', 'no right')];
    cluster.onRequest = ({ verb }) => {
      if (verb === 'apply') throw answers.shift() ?? new Error('none left');
    };
    expect(await diffObjects(cluster.client(), [config({ a: '2' })], signal)).toEqual([]);
    await expect(diffObjects(cluster.client(), [config({ a: '2' })], signal)).rejects.toThrow('no right');
  });
});

describe('what is waited for', () => {
  test('is asked for until it is there', async () => {
    const answers = ['first', 'second', undefined];
    await waitUntil({ clock, deadline: 10_000, signal }, 'it', () => Promise.resolve(answers.shift()));
    expect({ left: answers.length, waited: clock.monotonic() }).toEqual({ left: 0, waited: 400 });
  });

  test('is named with the last answer when the time is over', async () => {
    await expect(
      waitUntil({ clock, deadline: 1_000, signal }, 'Deployment x', () => Promise.resolve('0 of 1 pods')),
    ).rejects.toMatchObject({ reason: 'NotReady', message: 'Deployment x is not ready: 0 of 1 pods' });
  });

  test.each([
    { status: undefined, want: 'not established yet' },
    { status: { conditions: null }, want: 'not established yet' },
    {
      status: { conditions: [{ type: 'NamesAccepted', status: 'False', message: 'plural is taken' }] },
      want: 'plural is taken',
    },
    { status: { conditions: [{ type: 'Established', status: 'True' }] }, want: undefined },
  ])('of a CRD with the status $status is "$want"', async ({ status, want }) => {
    const crd: KubeObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'x' },
    };
    cluster.create(crds, crd);
    if (status) cluster.replace(crds, { ...crd, status }, 'status');
    expect(await crdMissing(cluster.client(), crd, signal)).toBe(want);
  });

  test.each([
    { replicas: 2, status: { observedGeneration: 0 }, want: 'its change was not seen yet' },
    {
      replicas: 2,
      status: { observedGeneration: 1, updatedReplicas: 2, availableReplicas: 1, replicas: 2 },
      want: '1 of 2 pods are available',
    },
    {
      replicas: 2,
      status: { observedGeneration: 1, updatedReplicas: 1, availableReplicas: 2, replicas: 3 },
      want: '2 of 2 pods are available',
    },
    {
      replicas: 2,
      status: { observedGeneration: 1, updatedReplicas: 2, availableReplicas: 2, replicas: 3 },
      want: '1 old pods are left',
    },
    {
      replicas: 2,
      status: { observedGeneration: 1, updatedReplicas: 2, availableReplicas: 2, replicas: 2 },
      want: undefined,
    },
    { replicas: 0, status: { observedGeneration: 1 }, want: undefined },
  ])('of a Deployment of $replicas with $status is "$want"', async ({ replicas, status, want }) => {
    const deployment: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'core', namespace: 'n' },
      spec: { replicas, selector: { matchLabels: { a: 'b' } } },
    };
    cluster.create(deployments, deployment);
    cluster.replace(deployments, { ...deployment, status }, 'status');
    expect(await deploymentMissing(cluster.client(), deployment, { clock, deadline: 0, signal })).toBe(want);
  });

  test.each([
    { error: undefined, want: undefined },
    { error: failure(403, 'Forbidden', 'the webhook says no'), want: undefined },
    {
      error: failure(500, 'InternalError', 'failed calling webhook "x": connection refused'),
      want: 'failed calling webhook "x": connection refused',
    },
    { error: failure(404, 'NotFound', 'no such kind'), want: 'no such kind' },
  ])('of the webhooks after $error is "$want"', async ({ error, want }) => {
    cluster.onRequest = ({ verb }) => {
      if (verb === 'create' && error) throw error;
    };
    expect(await webhookMissing(cluster.client(), 'n', signal)).toBe(want);
  });
});
