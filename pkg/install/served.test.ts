import { expect, test } from '@jest/globals';
import { ApiError } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { partByServed } from './served.ts';

const object = (apiVersion: string, kind: string): KubeObject => ({ apiVersion, kind, metadata: { name: 'x' } });
const policies = 'admissionregistration.k8s.io/v1';
const conditions = { name: 'w', matchConditions: [{ name: 'c', expression: 'true' }] };
const objects = [
  object('apps/v1', 'Deployment'),
  object(policies, 'ValidatingAdmissionPolicy'),
  object(policies, 'ValidatingAdmissionPolicyBinding'),
  { ...object(policies, 'ValidatingWebhookConfiguration'), webhooks: [conditions] },
];

test.each([
  { name: 'all where the server knows policies', unknown: [], left: [] },
  {
    name: 'all but policies where it does not',
    unknown: ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration'],
    left: ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  },
])('an installation brings $name', async ({ unknown, left }) => {
  const missing = new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'NotFound',
    code: 404,
  });
  const resourceFor = (_: string, kind: string): Promise<unknown> =>
    unknown.includes(kind) ? Promise.reject(missing) : Promise.resolve({});
  const { served, unserved } = await partByServed({ resourceFor } as unknown as KubeClient, objects);
  expect(unserved.map(({ kind }) => kind)).toEqual(left);
  expect(served).toHaveLength(objects.length - left.length);
  expect(served.at(-1)?.['webhooks']).toEqual([left.length === 0 ? conditions : { name: 'w' }]);
});
