import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { seededRandom } from '../../../machinery/src/clock/clock.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { loopback } from '../contract/user.ts';
import { podAdmission } from '../kinds/pod-admission.ts';

const account: KubeObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'n' } };
const classes: KubeObject[] = [{ apiVersion: 'v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 }];

function admit(spec: object, accounts: readonly KubeObject[] = [account]): Record<string, unknown> {
  const list = (_: string, plural: string) => (plural === 'serviceaccounts' ? accounts : classes);
  const request: AdmissionRequest = {
    operation: 'CREATE',
    resource: { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
    subresource: '',
    namespace: 'n',
    name: 'p',
    object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'a' }], ...spec } },
    oldObject: undefined,
    user: loopback,
    dryRun: false,
    options: undefined,
    warn: () => undefined,
  };
  const result = podAdmission({ list, random: seededRandom(1) }).mutate?.(request);
  return (result as KubeObject | undefined)?.['spec'] as Record<string, unknown>;
}

describe('a new pod', () => {
  test('gets its account, a token, tolerations and a priority', () => {
    const spec = admit({});
    expect(spec).toMatchObject({
      serviceAccountName: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    expect(spec['tolerations']).toHaveLength(2);
    expect(spec['volumes']).toMatchObject([{ name: expect.stringMatching(/^kube-api-access-.{5}$/) }]);
    expect(spec['containers']).toMatchObject([{ volumeMounts: [{ readOnly: true }] }]);
  });

  test('can do without the token', () => {
    expect(admit({ automountServiceAccountToken: false })).not.toHaveProperty('volumes');
    expect(admit({}, [{ ...account, automountServiceAccountToken: false }])).not.toHaveProperty('volumes');
  });

  test('keeps what it tolerates itself', () => {
    expect(admit({ tolerations: [{ operator: 'Exists' }] })['tolerations']).toHaveLength(1);
  });

  test('takes the priority of its class', () => {
    expect(admit({ priorityClassName: 'high' })['priority']).toBe(1000);
    expect(() => admit({ priorityClassName: 'none' })).toThrow(/no PriorityClass with name none was found/);
  });

  test('needs an account that exists', () => {
    expect(() => admit({}, [])).toThrow(
      // language: allow
      'pods "p" is forbidden: error looking up service account n/default: serviceaccount "default" not found',
    );
  });
});
