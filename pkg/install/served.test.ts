import { describe, expect, test } from '@jest/globals';
import { FakeCluster } from '../../test/support/fake-kube-client.ts';
import { failure } from '../../test/support/memory-api.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { partByServed } from './served.ts';

const group = 'admissionregistration.k8s.io';
const policy = (kind: string, version = 'v1'): Resource => ({
  group,
  version,
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: false,
});
const object = (kind: string, apiVersion = `${group}/v1`, more: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: kind },
  ...more,
});
const webhooks = object('ValidatingWebhookConfiguration', `${group}/v1`, {
  webhooks: [{ name: 'a', matchConditions: [{ name: 'x' }], failurePolicy: 'Fail' }],
});
const all = [
  object('Deployment', 'apps/v1'),
  object('ValidatingAdmissionPolicy'),
  object('ValidatingAdmissionPolicyBinding'),
  object('MutatingAdmissionPolicy', `${group}/v1alpha1`),
  webhooks,
];

const part = async (...resources: readonly Resource[]) => {
  const cluster = new FakeCluster({ resources, now: () => 0 });
  const { served, unserved } = await partByServed(cluster.client(), all);
  return { served, unserved: unserved.map(({ kind }) => kind) };
};

describe('the objects of an installation', () => {
  test('are all written where the API server knows every policy', async () => {
    const { served, unserved } = await part(
      policy('ValidatingAdmissionPolicy'),
      policy('ValidatingAdmissionPolicyBinding'),
      policy('MutatingAdmissionPolicy', 'v1alpha1'),
    );
    expect({ served, unserved }).toEqual({ served: all, unserved: [] });
  });

  test('are written without the policies that it does not know', async () => {
    const { served, unserved } = await part(
      policy('ValidatingAdmissionPolicy'),
      policy('ValidatingAdmissionPolicyBinding'),
      policy('MutatingAdmissionPolicy'),
    );
    expect(unserved).toEqual(['MutatingAdmissionPolicy']);
    expect(served).toContain(webhooks);
  });

  test('have webhooks without conditions where it knows no policy at all; other kinds are never left out', async () => {
    const { served, unserved } = await part();
    expect(unserved).toEqual([
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'MutatingAdmissionPolicy',
    ]);
    expect(served).toEqual([all[0], { ...webhooks, webhooks: [{ name: 'a', failurePolicy: 'Fail' }] }]);
  });

  test('are not judged where the API server does not say', async () => {
    const client = new FakeCluster({ resources: [], now: () => 0 }).client();
    const refusing = Object.assign(client, {
      resourceFor: () => Promise.reject(failure(503, 'ServiceUnavailable', 'down')),
    });
    await expect(partByServed(refusing, all)).rejects.toThrow('down');
  });
});
