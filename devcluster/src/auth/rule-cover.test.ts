import { describe, expect, test } from '@jest/globals';
import type { PolicyRule } from './rbac.ts';
import { describeRights, grants, rightsOf } from './rule-cover.ts';

const rule = (apiGroups: string[], resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule => ({
  apiGroups,
  resources,
  verbs,
  ...(resourceNames && { resourceNames }),
});
const paths = (nonResourceURLs: string[], verbs: string[]): PolicyRule => ({ nonResourceURLs, verbs });

function missing(own: readonly PolicyRule[], wanted: PolicyRule): string[] {
  return describeRights(rightsOf(wanted).filter((right) => !own.some((one) => grants(one, right))));
}

describe('rules that grant rights', () => {
  test.each<{ name: string; own: readonly PolicyRule[]; wanted: PolicyRule; want: readonly string[] }>([
    {
      name: 'the same rule',
      own: [rule([''], ['pods'], ['get'])],
      wanted: rule([''], ['pods'], ['get']),
      want: [],
    },
    {
      name: 'two rules together',
      own: [rule([''], ['pods'], ['get']), rule([''], ['secrets'], ['get'])],
      wanted: rule([''], ['pods', 'secrets'], ['get']),
      want: [],
    },
    {
      name: 'a part of the verbs',
      own: [rule([''], ['pods'], ['get'])],
      wanted: rule([''], ['pods', 'secrets'], ['get', 'delete']),
      want: [
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}',
      ],
    },
    {
      name: 'all verbs one by one are not *',
      own: [rule(['*'], ['*'], ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'])],
      wanted: rule([''], ['pods'], ['*']),
      want: ['{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'],
    },
    {
      name: 'a resource is not its subresources',
      own: [rule([''], ['pods'], ['get'])],
      wanted: rule([''], ['pods/log'], ['get']),
      want: ['{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}'],
    },
    {
      name: 'a subresource of all resources',
      own: [rule(['apps'], ['*/scale'], ['update'])],
      wanted: rule(['apps'], ['deployments/scale', 'statefulsets/scale'], ['update']),
      want: [],
    },
    {
      name: 'a subresource of all resources is wanted',
      own: [rule(['apps'], ['deployments/scale'], ['update'])],
      wanted: rule(['apps'], ['*/scale'], ['update']),
      want: ['{APIGroups:["apps"], Resources:["*/scale"], Verbs:["update"]}'],
    },
    {
      name: 'a name of all',
      own: [rule([''], ['secrets'], ['get'])],
      wanted: rule([''], ['secrets'], ['get'], ['one']),
      want: [],
    },
    {
      name: 'all of a name',
      own: [rule([''], ['secrets'], ['get'], ['one'])],
      wanted: rule([''], ['secrets'], ['get']),
      want: ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'],
    },
    {
      name: 'another name',
      own: [rule([''], ['secrets'], ['get'], ['one'])],
      wanted: rule([''], ['secrets'], ['get', 'list'], ['one', 'two']),
      want: [
        '{APIGroups:[""], Resources:["secrets"], ResourceNames:["one"], Verbs:["list"]}',
        '{APIGroups:[""], Resources:["secrets"], ResourceNames:["two"], Verbs:["get" "list"]}',
      ],
    },
    {
      name: 'another group',
      own: [rule([''], ['events'], ['create'])],
      wanted: rule(['', 'events.k8s.io'], ['events'], ['create']),
      want: ['{APIGroups:["events.k8s.io"], Resources:["events"], Verbs:["create"]}'],
    },
    {
      name: 'paths by their beginning',
      own: [paths(['/api/*', '/healthz'], ['get'])],
      wanted: paths(['/api/v1', '/api/*', '/healthz', '/metrics'], ['get']),
      want: ['{NonResourceURLs:["/metrics"], Verbs:["get"]}'],
    },
    {
      name: 'all paths',
      own: [paths(['/*'], ['get'])],
      wanted: paths(['*'], ['get']),
      want: ['{NonResourceURLs:["*"], Verbs:["get"]}'],
    },
    { name: 'nothing', own: [], wanted: rule([], ['pods'], ['get']), want: [] },
  ])('$name', ({ own, wanted, want }) => {
    expect(missing(own, wanted)).toEqual(want);
  });
});
