import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { applyObject, inOrder } from './apply.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

const object = (kind: string, name = kind, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...more,
});

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster({ resources: [configMaps, namespaces, applicationResource], now: () => 0 });
});

describe('the objects of one command', () => {
  test('are applied in the order in which they need each other, Applications last', () => {
    const kinds = [
      'Application',
      'ConfigMap',
      'TraitDefinition',
      'Role',
      'ClusterRoleBinding',
      'ServiceAccount',
      'CustomResourceDefinition',
      'Namespace',
    ];
    expect(inOrder(kinds.map((kind) => object(kind))).map(({ kind }) => kind)).toEqual([
      'Namespace',
      'CustomResourceDefinition',
      'ServiceAccount',
      'ClusterRoleBinding',
      'Role',
      'TraitDefinition',
      'ConfigMap',
      'Application',
    ]);
  });

  test('keep their order where they do not need each other', () => {
    const names = ['c', 'a', 'b'];
    expect(inOrder(names.map((name) => object('ConfigMap', name))).map(({ metadata }) => metadata.name)).toEqual(names);
  });

  test('are not reordered in place', () => {
    const given = [object('Application'), object('Namespace')];
    inOrder(given);
    expect(given.map(({ kind }) => kind)).toEqual(['Application', 'Namespace']);
  });
});

describe('an object that is applied', () => {
  const apply = (one: KubeObject) => applyObject(cluster.client(), one, 'mine');

  test('is created, then unchanged, then configured', async () => {
    const changes = [];
    for (const data of [{ a: '1' }, { a: '1' }, { a: '2' }])
      changes.push((await apply(object('ConfigMap', 'c', { data }))).change);
    expect(changes).toEqual(['created', 'unchanged', 'configured']);
    expect(cluster.changes).toEqual(['apply ConfigMap c', 'apply ConfigMap c']);
  });

  test('goes to the namespace of the command unless it names one', async () => {
    await apply(object('ConfigMap', 'c'));
    await apply({ ...object('ConfigMap'), metadata: { name: 'c', namespace: 'other' } });
    expect(cluster.list(configMaps, {}).map(({ metadata }) => metadata.namespace)).toEqual(['mine', 'other']);
  });

  test('has no namespace where its kind has none', async () => {
    const { object: stored } = await apply(object('Namespace', 'n'));
    expect(stored.metadata.namespace).toBeUndefined();
  });

  test('costs one read and one write', async () => {
    const requests: string[] = [];
    cluster.onRequest = ({ verb, name }) => requests.push(`${verb} ${name}`);
    await apply(object('ConfigMap', 'c'));
    expect(requests).toEqual(['get c', 'apply c']);
  });

  test('takes over fields of other managers', async () => {
    await cluster
      .client('other')
      .apply(
        configMaps,
        { ...object('ConfigMap', 'c', { data: { a: '1' } }), metadata: { name: 'c', namespace: 'mine' } },
        { fieldManager: 'other' },
      );
    expect(await apply(object('ConfigMap', 'c', { data: { a: '2' } }))).toMatchObject({
      change: 'configured',
      object: { data: { a: '2' } },
    });
  });

  test('must have a name', async () => {
    await expect(apply({ ...object('ConfigMap'), metadata: {} })).rejects.toThrow('ConfigMap without metadata.name');
    expect(cluster.changes).toEqual([]);
  });

  test('must be of a kind that is served', async () => {
    await expect(apply(object('Odd'))).rejects.toThrow('no kind Odd in v1');
  });
});
