import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { escalationGuard } from './escalation.ts';
import { Rbac } from './rbac.ts';
import type { PolicyRule } from './rbac.ts';

const version = 'rbac.authorization.k8s.io/v1';
const jane = { name: 'jane', groups: ['system:authenticated'] };
const role = (kind: string, name: string, rules: readonly PolicyRule[]): KubeObject => ({
  apiVersion: version,
  kind,
  metadata: { name, namespace: 'n' },
  rules,
});
const readConfig = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] };

/** The outcome when jane, with these rights, creates the object. */
function attempt(own: readonly PolicyRule[], object: KubeObject, oldObject?: KubeObject): unknown {
  const rbac = new Rbac();
  rbac.put('Role', 'n', 'own', role('Role', 'own', own));
  rbac.put('RoleBinding', 'n', 'own', {
    apiVersion: version,
    kind: 'RoleBinding',
    metadata: { name: 'own', namespace: 'n' },
    roleRef: { kind: 'Role', name: 'own' },
    subjects: [{ kind: 'User', name: 'jane' }],
  });
  const all = role('ClusterRole', 'all', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]);
  const guard = escalationGuard(rbac, (_, __, name) => (name === 'all' ? all : undefined));
  const request: AdmissionRequest = {
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    resource: {
      group: 'rbac.authorization.k8s.io',
      version: 'v1',
      kind: object.kind,
      plural: `${object.kind.toLowerCase()}s`,
      namespaced: true,
    },
    subresource: '',
    namespace: 'n',
    name: object.metadata.name ?? '',
    object,
    oldObject,
    user: jane,
    dryRun: false,
    options: undefined,
    warn: () => undefined,
  };
  return guard.mutate?.(request);
}

const bindingTo = (name: string): KubeObject => ({
  apiVersion: version,
  kind: 'RoleBinding',
  metadata: { name: 'b', namespace: 'n' },
  roleRef: { kind: 'ClusterRole', name },
  subjects: [],
});

describe('a writer of roles and bindings', () => {
  test('may grant what he has', () => {
    const narrower = role('Role', 'r', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]);
    expect(() => attempt([readConfig], narrower)).not.toThrow();
  });

  test.each<[string, PolicyRule]>([
    ['another verb', { apiGroups: [''], resources: ['configmaps'], verbs: ['delete'] }],
    ['all verbs', { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }],
    ['a subresource', { apiGroups: [''], resources: ['configmaps/status'], verbs: ['get'] }],
    ['a path', { nonResourceURLs: ['/metrics'], verbs: ['get'] }],
  ])('may not grant %s', (_, rule) => {
    expect(() => attempt([readConfig], role('Role', 'more', [rule]))).toThrow(
      /^roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" .* attempting to grant/,
    );
  });

  test('may grant everything with the right to escalate', () => {
    const escalate = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['escalate'] };
    expect(() => attempt([escalate], role('Role', 'more', [readConfig]))).not.toThrow();
  });

  test('may bind a role beyond his rights only with the right to bind it', () => {
    expect(() => attempt([readConfig], bindingTo('all'))).toThrow(/is forbidden: user "jane"/);
    const bind = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind'] };
    expect(() => attempt([bind], bindingTo('all'))).not.toThrow();
    expect(() => attempt([readConfig], bindingTo('none'))).toThrow('"none" not found');
  });

  test('may change no other field of a role beyond his rights, but for what the garbage collector changes', () => {
    const before = role('Role', 'more', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]);
    const labelled = { ...before, metadata: { ...before.metadata, labels: { a: 'b' } } };
    const released = { ...before, metadata: { ...before.metadata, finalizers: [] } };
    expect(() => attempt([readConfig], labelled, before)).toThrow(/attempting to grant/);
    expect(() => attempt([readConfig], released, before)).not.toThrow();
  });

  test('may gather the rules of other roles only with every right', () => {
    const gathering = { ...role('ClusterRole', 'g', []), aggregationRule: { clusterRoleSelectors: [{}] } };
    expect(() => attempt([readConfig], gathering)).toThrow(
      'must have cluster-admin privileges to use the aggregationRule',
    );
    expect(() => attempt([readConfig], role('ClusterRole', 'g', []), gathering)).toThrow('must have cluster-admin');
  });
});
