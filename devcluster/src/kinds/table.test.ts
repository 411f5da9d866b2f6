import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { layoutFor } from './table.ts';

const born = '2026-01-01T00:00:00Z';
const now = Date.parse('2026-01-01T00:05:03Z');

function row(group: string, plural: string, object: object): Record<string, unknown> {
  const layout = layoutFor({ group, version: 'v1', plural });
  const cells = layout.cells({ metadata: { name: 'x', creationTimestamp: born }, ...object } as KubeObject, now);
  expect(cells).toHaveLength(layout.columns.length);
  return Object.fromEntries(layout.columns.map(({ name }, i) => [name, cells[i]]));
}

describe('rows of built-in kinds', () => {
  test('a deployment', () => {
    const containers = [
      { name: 'a', image: 'i:1' },
      { name: 'b', image: 'j:2' },
    ];
    const spec = { replicas: 3, selector: { matchLabels: { app: 'x' } }, template: { spec: { containers } } };
    expect(row('apps', 'deployments', { spec, status: { readyReplicas: 2, updatedReplicas: 1 } })).toEqual({
      Name: 'x',
      Ready: '2/3',
      'Up-to-date': 1,
      Available: 0,
      Age: '5m3s',
      Containers: 'a,b',
      Images: 'i:1,j:2',
      Selector: 'app=x',
    });
  });

  test.each<[object, string, string]>([
    [{ phase: 'Pending' }, 'Pending', '0/1'],
    [
      { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0, state: { running: {} } }] },
      'Running',
      '1/1',
    ],
    [
      { phase: 'Running', containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }] },
      'CrashLoopBackOff',
      '0/1',
    ],
    [{ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] }, 'ExitCode:3', '0/1'],
    [{ phase: 'Failed', reason: 'Evicted' }, 'Evicted', '0/1'],
  ])('a pod %j', (status, shown, ready) => {
    const cells = row('', 'pods', { spec: { containers: [{ name: 'a' }] }, status });
    expect(cells).toMatchObject({ Status: shown, Ready: ready, IP: '<none>', Restarts: '0' });
  });

  test('a service with node ports', () => {
    const spec = { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30_080, protocol: 'TCP' }] };
    expect(row('', 'services', { spec })).toMatchObject({
      'Cluster-IP': '10.96.0.9',
      'External-IP': '<none>',
      'Port(s)': '80:30080/TCP',
      Selector: '<none>',
    });
  });

  test('a kind without a table of its own', () => {
    expect(row('rbac.authorization.k8s.io', 'clusterroles', {})).toEqual({ Name: 'x', 'Created At': born });
  });
});

test('a custom kind has the columns of its definition', () => {
  const columns = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Parts', type: 'string', jsonPath: '.spec.parts[*].name', priority: 1 },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Broken', type: 'string', jsonPath: '.spec[' },
  ];
  const layout = layoutFor({ group: 'example.com', version: 'v1', plural: 'widgets', custom: { columns } });
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'x', creationTimestamp: born },
    spec: { size: 3, parts: [{ name: 'p' }] },
  };
  expect(layout.cells(object, now)).toEqual(['x', 3, 'p', null, '5m3s', null]);
  expect(layout.columns[2]).toMatchObject({ name: 'Parts', priority: 1, format: '' });
});

test('a custom kind without columns shows its age', () => {
  const layout = layoutFor({ group: 'example.com', version: 'v1', plural: 'gizmos', custom: { columns: [] } });
  expect(layout.columns.map(({ name, type }) => [name, type])).toEqual([
    ['Name', 'string'],
    ['Age', 'date'],
  ]);
});
