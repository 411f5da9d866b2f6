import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { Rbac } from './rbac.ts';
import type { PolicyRule } from './rbac.ts';
import type { Attributes } from '../contract/user.ts';

const role = (rules: readonly PolicyRule[]): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: {},
  rules,
});
const binding = (kind: string, name: string, subjects: readonly object[]): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'b' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects,
});

const alice = { name: 'alice', groups: ['devs', 'system:authenticated'] };
const robot = { name: 'system:serviceaccount:ns:robot', groups: ['system:serviceaccounts'] };

function rbac(): Rbac {
  const all = new Rbac();
  all.put('Role', 'ns', 'reader', role([{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }]));
  all.put('ClusterRole', '', 'scaler', role([{ apiGroups: ['apps'], resources: ['*/scale'], verbs: ['*'] }]));
  all.put(
    'ClusterRole',
    '',
    'named',
    role([{ apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get'] }]),
  );
  all.put('ClusterRole', '', 'paths', role([{ nonResourceURLs: ['/metrics', '/debug/*'], verbs: ['get'] }]));
  all.put('RoleBinding', 'ns', 'r', binding('Role', 'reader', [{ kind: 'User', name: 'alice' }]));
  all.put(
    'RoleBinding',
    'ns',
    's',
    binding('ClusterRole', 'scaler', [{ kind: 'ServiceAccount', namespace: 'ns', name: 'robot' }]),
  );
  all.put('ClusterRoleBinding', '', 'n', binding('ClusterRole', 'named', [{ kind: 'Group', name: 'devs' }]));
  all.put(
    'ClusterRoleBinding',
    '',
    'p',
    binding('ClusterRole', 'paths', [{ kind: 'Group', name: 'system:authenticated' }]),
  );
  return all;
}

describe('RBAC', () => {
  test.each<{ name: string; request: Attributes; allowed: boolean }>([
    {
      name: 'a role in its namespace',
      request: { user: alice, verb: 'get', group: '', resource: 'pods', namespace: 'ns' },
      allowed: true,
    },
    {
      name: 'the same in another namespace',
      request: { user: alice, verb: 'get', group: '', resource: 'pods', namespace: 'other' },
      allowed: false,
    },
    {
      name: 'the same in all namespaces',
      request: { user: alice, verb: 'list', group: '', resource: 'pods' },
      allowed: false,
    },
    {
      name: 'a verb that is not named',
      request: { user: alice, verb: 'delete', group: '', resource: 'pods', namespace: 'ns' },
      allowed: false,
    },
    {
      name: 'a subresource that is named',
      request: { user: alice, verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace: 'ns' },
      allowed: true,
    },
    {
      name: 'a subresource that is not',
      request: { user: alice, verb: 'get', group: '', resource: 'pods', subresource: 'status', namespace: 'ns' },
      allowed: false,
    },
    {
      name: 'any resource by subresource',
      request: {
        user: robot,
        verb: 'update',
        group: 'apps',
        resource: 'deployments',
        subresource: 'scale',
        namespace: 'ns',
      },
      allowed: true,
    },
    {
      name: 'the named object',
      request: { user: alice, verb: 'get', group: '', resource: 'secrets', namespace: 'x', name: 'one' },
      allowed: true,
    },
    {
      name: 'another object',
      request: { user: alice, verb: 'get', group: '', resource: 'secrets', namespace: 'x', name: 'two' },
      allowed: false,
    },
    { name: 'a path by prefix', request: { user: alice, verb: 'get', path: '/debug/pprof' }, allowed: true },
    { name: 'another path', request: { user: alice, verb: 'get', path: '/logs' }, allowed: false },
    {
      name: 'a master',
      request: { user: { name: 'm', groups: ['system:masters'] }, verb: 'delete', group: '', resource: 'nodes' },
      allowed: true,
    },
  ])('$name: allowed is $allowed', ({ request, allowed }) => {
    expect(rbac().authorize(request).allowed).toBe(allowed);
  });

  test('what is taken away is gone at once', () => {
    const all = rbac();
    const request = { user: alice, verb: 'get', group: '', resource: 'pods', namespace: 'ns' };
    all.put('RoleBinding', 'ns', 'r', undefined);
    expect(all.authorize(request).allowed).toBe(false);
  });
});

describe('the reason of a permission', () => {
  const pods = { verb: 'get', group: '', resource: 'pods', namespace: 'ns' };
  const granted = (subjects: readonly object[], kind = 'RoleBinding') => {
    const all = new Rbac();
    all.put('ClusterRole', '', 'r', role([{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]));
    all.put(kind as 'RoleBinding', kind === 'RoleBinding' ? 'ns' : '', 'b', binding('ClusterRole', 'r', subjects));
    return all;
  };

  test.each<[subjects: readonly object[], user: Attributes['user'], reason: string]>([
    [
      [
        { kind: 'User', name: 'bob' },
        { kind: 'User', name: 'alice' },
      ],
      alice,
      'RBAC: allowed by RoleBinding "b/ns" of ClusterRole "r" to User "alice"',
    ],
    [
      [
        { kind: 'Group', name: 'devs' },
        { kind: 'User', name: 'alice' },
      ],
      alice,
      'RBAC: allowed by RoleBinding "b/ns" of ClusterRole "r" to Group "devs"',
    ],
    [
      [{ kind: 'ServiceAccount', namespace: 'ns', name: 'robot' }],
      robot,
      'RBAC: allowed by RoleBinding "b/ns" of ClusterRole "r" to ServiceAccount "robot/ns"',
    ],
    [
      [{ kind: 'User', name: 'system:serviceaccount:ns:robot' }],
      robot,
      'RBAC: allowed by RoleBinding "b/ns" of ClusterRole "r" to User "system:serviceaccount:ns:robot"',
    ],
    [[{ kind: 'ServiceAccount', namespace: 'other', name: 'robot' }], robot, ''],
  ])('of %j', (subjects, user, reason) => {
    expect(granted(subjects).authorize({ user, ...pods }).reason).toBe(reason);
  });

  test('a binding for all namespaces counts first', () => {
    const all = granted([{ kind: 'User', name: 'alice' }]);
    all.put('ClusterRoleBinding', '', 'b', binding('ClusterRole', 'r', [{ kind: 'Group', name: 'devs' }]));
    expect(all.authorize({ user: alice, ...pods }).reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to Group "devs"',
    );
  });

  test('a binding of a role that is not there grants nothing', () => {
    const all = new Rbac();
    all.put('ClusterRoleBinding', '', 'b', binding('ClusterRole', 'none', [{ kind: 'User', name: 'alice' }]));
    expect(all.authorize({ user: alice, ...pods }).allowed).toBe(false);
  });
});
