import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../meta.ts';
import { serverSideApply } from './apply.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const config = (x: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'b' },
  data: { x },
});

/** As `kubectl apply` left it; another manager may have changed the data since. */
function live(now: string, last = '1'): KubeObject {
  return {
    ...config(now),
    metadata: {
      name: 'b',
      annotations: { [annotation]: `${JSON.stringify(config(last))}\n` },
      managedFields: [
        {
          manager: 'kubectl-client-side-apply',
          operation: 'Update',
          apiVersion: 'v1',
          time: '2026-01-01T00:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:x': {} } },
        },
      ],
    },
  };
}

const apply = (manager: string, from: KubeObject) =>
  serverSideApply({
    manager,
    apiVersion: 'v1',
    subresource: '',
    time: '2026-01-02T00:00:00Z',
    live: from,
    applied: config('2'),
    schema: undefined,
    force: false,
  });

describe('moving from client-side to server-side apply', () => {
  test('kubectl takes over what it applied itself, and keeps its annotation up to date', () => {
    const result = apply('kubectl', live('1'));
    expect(result).toMatchObject({ ok: true, object: { data: { x: '2' } } });
    const { annotations } = (result as { object: KubeObject }).object.metadata;
    expect(JSON.parse(annotations?.[annotation] ?? '')).toEqual(config('2'));
  });

  test('a change by another manager stays a conflict', () => {
    expect(apply('kubectl', live('3')).ok).toBe(false);
  });

  test('other managers have their conflicts', () => {
    expect(apply('another', live('1')).ok).toBe(false);
  });
});
