import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { PolicyRule } from './rbac.ts';

const rbacVersion = 'rbac.authorization.k8s.io/v1';
const group = 'rbac.authorization.k8s.io';
const bootstrapping = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
};

const readVerbs = ['get', 'list', 'watch'];
const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update'];

/** What people usually work with in a namespace, by API group. */
const workloads: readonly (readonly [string, readonly string[]])[] = [
  [
    '',
    [
      'configmaps',
      'endpoints',
      'persistentvolumeclaims',
      'pods',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'serviceaccounts',
      'services',
    ],
  ],
  [
    'apps',
    [
      'daemonsets',
      'deployments',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  ],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
];

const onlyRead: readonly (readonly [string, readonly string[]])[] = [
  [
    '',
    [
      'bindings',
      'events',
      'limitranges',
      'namespaces',
      'namespaces/status',
      'persistentvolumeclaims/status',
      'pods/log',
      'pods/status',
      'resourcequotas',
      'services/status',
    ],
  ],
  [
    'apps',
    ['controllerrevisions', 'daemonsets/status', 'deployments/status', 'replicasets/status', 'statefulsets/status'],
  ],
  ['batch', ['cronjobs/status', 'jobs/status']],
  ['discovery.k8s.io', ['endpointslices']],
];

const rulesOn = (verbs: readonly string[], table: readonly (readonly [string, readonly string[]])[]): PolicyRule[] =>
  table.map(([apiGroup, resources]) => ({ apiGroups: [apiGroup], resources, verbs }));

const viewRules = [...rulesOn(readVerbs, workloads), ...rulesOn(readVerbs, onlyRead)];
const editRules: PolicyRule[] = [
  ...rulesOn(writeVerbs, workloads),
  { apiGroups: [''], resources: ['secrets'], verbs: [...readVerbs, ...writeVerbs] },
  {
    apiGroups: [''],
    resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'services/proxy'],
    verbs: [...readVerbs, ...writeVerbs],
  },
  { apiGroups: [''], resources: ['pods/eviction', 'serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...readVerbs, ...writeVerbs] },
];
const adminRules: PolicyRule[] = [
  { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
  { apiGroups: [group], resources: ['rolebindings', 'roles'], verbs: [...readVerbs, ...writeVerbs] },
];

const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];

/** The roles and bindings that every cluster starts with. */
export function bootstrapObjects(): KubeObject[] {
  return [
    clusterRole('cluster-admin', [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ]),
    clusterRole('system:discovery', [{ nonResourceURLs: discoveryPaths, verbs: ['get'] }]),
    clusterRole('system:public-info-viewer', [
      { nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] },
    ]),
    clusterRole('system:service-account-issuer-discovery', [
      {
        nonResourceURLs: [
          '/.well-known/openid-configuration',
          '/.well-known/openid-configuration/',
          '/openid/v1/jwks',
          '/openid/v1/jwks/',
        ],
        verbs: ['get'],
      },
    ]),
    clusterRole('system:basic-user', [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ]),
    clusterRole('system:auth-delegator', [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]),
    labelled('system:aggregate-to-view', 'view', viewRules),
    labelled('system:aggregate-to-edit', 'edit', editRules),
    labelled('system:aggregate-to-admin', 'admin', adminRules),
    aggregated('view', viewRules),
    aggregated('edit', [...editRules, ...viewRules]),
    aggregated('admin', [...adminRules, ...editRules, ...viewRules]),
    binding('cluster-admin', 'cluster-admin', ['system:masters']),
    binding('system:discovery', 'system:discovery', ['system:authenticated']),
    binding('system:basic-user', 'system:basic-user', ['system:authenticated']),
    binding('system:public-info-viewer', 'system:public-info-viewer', [
      'system:authenticated',
      'system:unauthenticated',
    ]),
    binding('system:service-account-issuer-discovery', 'system:service-account-issuer-discovery', [
      'system:serviceaccounts',
    ]),
  ];
}

function clusterRole(name: string, rules: readonly PolicyRule[]): KubeObject {
  return { apiVersion: rbacVersion, kind: 'ClusterRole', metadata: { name, ...bootstrapping }, rules };
}

const aggregateLabel = (to: string): string => `rbac.authorization.k8s.io/aggregate-to-${to}`;

function labelled(name: string, to: string, rules: readonly PolicyRule[]): KubeObject {
  const metadata = { name, ...bootstrapping, labels: { ...bootstrapping.labels, [aggregateLabel(to)]: 'true' } };
  return { apiVersion: rbacVersion, kind: 'ClusterRole', metadata, rules };
}

/** Collects the roles with its label; `view` has the label of `edit`, and that the one of `admin`. */
function aggregated(name: string, rules: readonly PolicyRule[]): KubeObject {
  const selectors = [{ matchLabels: { [aggregateLabel(name)]: 'true' } }];
  const labels =
    name === 'admin'
      ? bootstrapping.labels
      : { ...bootstrapping.labels, [aggregateLabel(name === 'view' ? 'edit' : 'admin')]: 'true' };
  return {
    apiVersion: rbacVersion,
    kind: 'ClusterRole',
    metadata: { name, ...bootstrapping, labels },
    aggregationRule: { clusterRoleSelectors: selectors },
    rules,
  };
}

function binding(name: string, role: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: rbacVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, ...bootstrapping },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
    subjects: groups.map((subject) => ({ apiGroup: group, kind: 'Group', name: subject })),
  };
}
