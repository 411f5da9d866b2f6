import { systemNamespace } from '../../pkg/apis/names.ts';

export interface Attempt {
  readonly name: string;
  /** The account of the token; both, where it is left out. */
  readonly by?: 'master' | 'shard';
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly type?: 'json' | 'merge' | 'apply';
    readonly headers?: Readonly<Record<string, string>>;
  }[];
}

const core = (namespace: string): string => `/api/v1/namespaces/${namespace}`;
const apps = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}`;
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const registration = '/apis/admissionregistration.k8s.io/v1';
const leases = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
const self = [{ kind: 'ServiceAccount', name: 'kubevela-vela-core-shard', namespace: systemNamespace }];
const admin = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
const hold = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'flotilla:hold' };
const podSpec = (serviceAccountName: string): object => ({
  serviceAccountName,
  containers: [{ name: 'c', image: 'example.com/evil' }],
});
const deployment = (name: string, account: string): object => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec(account) },
  },
});
const get = (path: string) => ({ method: 'GET', path });
const post = (path: string, body: object) => ({ method: 'POST', path, body });
const merge = (path: string, body: object) => ({ method: 'PATCH', path, body, type: 'merge' as const });
const apply = (path: string, body: object) => ({
  method: 'PATCH',
  path: `${path}?fieldManager=x&force=true`,
  body,
  type: 'apply' as const,
});
const as = (headers: Readonly<Record<string, string>>) => ({ ...get('/api/v1/secrets'), headers });
const fence = 'kubevela-vela-core-fence-family';

/** What an attacker tries with a stolen token of a controller. */
export const attempts: readonly Attempt[] = [
  { name: 'list the Secrets of the cluster', requests: [get('/api/v1/secrets')] },
  {
    name: 'list or watch the Secrets of a namespace',
    requests: [get(`${core('victim')}/secrets`), get(`${core('victim')}/secrets?watch=true`)],
  },
  {
    name: 'ask for a token of another account',
    requests: [post(`${core('victim')}/serviceaccounts/admin/token`, { spec: {} })],
  },
  {
    name: 'ask for a token of the master',
    requests: [post(`${core(systemNamespace)}/serviceaccounts/kubevela-vela-core/token`, { spec: {} })],
  },
  {
    name: 'make a token Secret of another account',
    requests: ['POST', 'PATCH'].map((method) => {
      const annotations = { 'kubernetes.io/service-account.name': 'admin' };
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 't', annotations },
        type: 'kubernetes.io/service-account-token',
      };
      return method === 'POST'
        ? post(`${core('victim')}/secrets`, secret)
        : apply(`${core('victim')}/secrets/t`, secret);
    }),
  },
  {
    name: 'make a bootstrap token',
    requests: [
      post(`${core('kube-system')}/secrets`, {
        metadata: { name: 'bootstrap-token-abcdef' },
        type: 'bootstrap.kubernetes.io/token',
      }),
    ],
  },
  {
    name: 'impersonate system:masters',
    requests: [as({ 'impersonate-user': 'x', 'impersonate-group': 'system:masters' })],
  },
  { name: 'impersonate a user', requests: [as({ 'impersonate-user': 'admin' })] },
  { name: 'impersonate another account', requests: [as({ 'impersonate-user': 'system:serviceaccount:victim:admin' })] },
  {
    name: 'impersonate the account of the master',
    by: 'shard',
    requests: [as({ 'impersonate-user': `system:serviceaccount:${systemNamespace}:kubevela-vela-core` })],
  },
  {
    name: 'impersonate a uid or extra fields',
    requests: [
      as({ 'impersonate-user': 'x', 'impersonate-uid': '1' }),
      as({ 'impersonate-user': 'x', 'impersonate-extra-scopes': 'all' }),
    ],
  },
  {
    name: 'become cluster-admin by a binding',
    requests: [post(`${rbac}/clusterrolebindings`, { metadata: { name: 'x' }, roleRef: admin, subjects: self })],
  },
  {
    name: 'become admin of a namespace by a binding',
    requests: [
      post(`${rbac}/namespaces/victim/rolebindings`, { metadata: { name: 'x' }, roleRef: admin, subjects: self }),
    ],
  },
  {
    name: 'become admin of the system namespace by a binding',
    requests: [
      post(`${rbac}/namespaces/${systemNamespace}/rolebindings`, {
        metadata: { name: 'x' },
        roleRef: admin,
        subjects: self,
      }),
    ],
  },
  {
    name: 'make a ClusterRole with every right',
    requests: [post(`${rbac}/clusterroles`, { metadata: { name: 'x' }, rules: everything })],
  },
  {
    name: 'make a Role with every right',
    requests: [post(`${rbac}/namespaces/${systemNamespace}/roles`, { metadata: { name: 'x' }, rules: everything })],
  },
  {
    name: 'make a role that is aggregated to admin',
    requests: [
      post(`${rbac}/clusterroles`, {
        metadata: { name: 'x', labels: { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' } },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
    ],
  },
  {
    name: 'widen its own roles',
    requests: [
      merge(`${rbac}/clusterroles/kubevela-vela-core:application`, { rules: everything }),
      merge(`${rbac}/namespaces/${systemNamespace}/roles/kubevela-vela-core:controller`, { rules: everything }),
    ],
  },
  {
    name: 'join the bindings of the master',
    requests: [
      merge(`${rbac}/clusterrolebindings/kubevela-vela-core:manager`, { subjects: self }),
      merge(`${rbac}/namespaces/${systemNamespace}/rolebindings/kubevela-vela-core:fleet`, { subjects: self }),
    ],
  },
  {
    name: 'use the verbs bind and escalate',
    requests: [
      apply(`${rbac}/clusterroles/x`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'x' },
        rules: [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind', 'escalate'] }],
      }),
    ],
  },
  {
    name: 'delete a fence',
    requests: [
      { method: 'DELETE', path: `${registration}/validatingadmissionpolicies/${fence}` },
      { method: 'DELETE', path: `${registration}/validatingadmissionpolicybindings/${fence}` },
    ],
  },
  {
    name: 'change a fence',
    requests: [
      merge(`${registration}/validatingadmissionpolicies/${fence}`, { spec: { failurePolicy: 'Ignore' } }),
      merge(`${registration}/validatingadmissionpolicybindings/${fence}`, { spec: { validationActions: ['Audit'] } }),
    ],
  },
  {
    name: 'delete or change the policy of rights',
    requests: [
      { method: 'DELETE', path: `${registration}/validatingadmissionpolicies/kubevela-vela-core-rights` },
      merge(`${registration}/validatingadmissionpolicybindings/kubevela-vela-core-rights`, {
        spec: { validationActions: ['Warn'] },
      }),
    ],
  },
  {
    name: 'change the assignment of shards',
    requests: [{ method: 'DELETE', path: `${registration}/mutatingadmissionpolicies/kubevela-vela-core-assignment` }],
  },
  {
    name: 'register a webhook',
    requests: [
      post(`${registration}/mutatingwebhookconfigurations`, { metadata: { name: 'x' }, webhooks: [] }),
      post(`${registration}/validatingwebhookconfigurations`, { metadata: { name: 'x' }, webhooks: [] }),
    ],
  },
  {
    name: 'redirect the webhooks of the installation',
    by: 'shard',
    requests: [merge(`${registration}/mutatingwebhookconfigurations/kubevela-vela-core-admission`, { webhooks: [] })],
  },
  {
    name: 'redirect the webhooks of others',
    requests: [merge(`${registration}/mutatingwebhookconfigurations/other`, { webhooks: [] })],
  },
  {
    name: 'write a policy of its own',
    requests: [
      post(`${registration}/validatingadmissionpolicies`, { metadata: { name: 'x' }, spec: {} }),
      post(`${registration}/mutatingadmissionpolicies`, { metadata: { name: 'x' }, spec: {} }),
    ],
  },
  {
    name: 'take or delete a Lease of others',
    requests: [
      merge(`${leases('victim')}/other`, { spec: { holderIdentity: 'evil' } }),
      { method: 'DELETE', path: `${leases('victim')}/other` },
      get(leases('kube-system')),
    ],
  },
  {
    name: 'delete a Lease of the fleet',
    requests: [{ method: 'DELETE', path: `${leases(systemNamespace)}/kubevela` }],
  },
  {
    name: 'enter another process as the holder of a Lease',
    requests: [merge(`${leases(systemNamespace)}/kubevela`, { spec: { holderIdentity: 'evil_1_2' } })],
  },
  {
    name: 'say that another process holds a shard',
    by: 'shard',
    requests: ['s', 'master'].map((shard) =>
      post(`${rbac}/namespaces/${systemNamespace}/rolebindings`, {
        metadata: { name: `flotilla:holder:kubevela-${shard}` },
        roleRef: hold,
        subjects: [{ kind: 'ServiceAccount', name: `evil.pod.${shard}`, namespace: systemNamespace }],
      }),
    ),
  },
  {
    name: 'record a holder by another name',
    requests: [
      post(`${rbac}/namespaces/${systemNamespace}/rolebindings`, {
        metadata: { name: 'x' },
        roleRef: hold,
        subjects: [{ kind: 'ServiceAccount', name: 'shard-0.pod.s', namespace: systemNamespace }],
      }),
    ],
  },
  {
    name: 'make or change a CustomResourceDefinition, and so its conversion',
    requests: [
      post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'x.example.com' } }),
      merge('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applications.core.oam.dev', {
        spec: { conversion: { strategy: 'Webhook' } },
      }),
    ],
  },
  {
    name: 'register an aggregated API',
    requests: [
      post('/apis/apiregistration.k8s.io/v1/apiservices', {
        metadata: { name: 'v1.evil.example.com' },
        spec: { group: 'evil.example.com', version: 'v1' },
      }),
    ],
  },
  {
    name: 'add an ephemeral container',
    requests: [
      merge(`${core(systemNamespace)}/pods/master-0/ephemeralcontainers`, {
        spec: { ephemeralContainers: [{ name: 'e', image: 'example.com/evil' }] },
      }),
    ],
  },
  {
    name: 'run a command in a pod',
    requests: [
      post(`${core(systemNamespace)}/pods/master-0/exec?command=sh`, {}),
      post(`${core(systemNamespace)}/pods/master-0/attach`, {}),
      post(`${core(systemNamespace)}/pods/master-0/portforward`, {}),
    ],
  },
  {
    name: 'go through the proxy of a pod, service or node',
    requests: [
      get(`${core(systemNamespace)}/pods/master-0/proxy/`),
      get(`${core(systemNamespace)}/services/vela-core-webhook/proxy/`),
      get('/api/v1/nodes/n/proxy/'),
    ],
  },
  {
    name: 'run a pod as the master',
    by: 'shard',
    requests: [post(`${core(systemNamespace)}/pods`, { metadata: { name: 'x' }, spec: podSpec('kubevela-vela-core') })],
  },
  {
    name: 'run a Deployment as the master',
    by: 'shard',
    requests: [
      post(`${apps(systemNamespace)}/deployments`, deployment('x', 'kubevela-vela-core')),
      apply(`${apps(systemNamespace)}/deployments/x`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        ...deployment('x', 'kubevela-vela-core'),
      }),
    ],
  },
  {
    name: 'run a CronJob as the master',
    by: 'shard',
    requests: [
      post(`/apis/batch/v1/namespaces/${systemNamespace}/cronjobs`, {
        metadata: { name: 'x' },
        spec: {
          schedule: '@daily',
          jobTemplate: { spec: { template: { spec: { ...podSpec('kubevela-vela-core'), restartPolicy: 'Never' } } } },
        },
      }),
    ],
  },
  {
    name: 'run anything in kube-system',
    requests: [
      post(`${apps('kube-system')}/deployments`, deployment('x', 'default')),
      post(`${core('kube-system')}/pods`, { metadata: { name: 'x' }, spec: podSpec('default') }),
    ],
  },
  {
    name: 'change the account of the master',
    requests: [
      merge(`${core(systemNamespace)}/serviceaccounts/kubevela-vela-core`, { metadata: { annotations: { x: 'y' } } }),
      { method: 'DELETE', path: `${core(systemNamespace)}/serviceaccounts/kubevela-vela-core` },
    ],
  },
  {
    name: 'change nodes or their status',
    requests: [merge('/api/v1/nodes/n', { spec: { taints: [] } }), merge('/api/v1/nodes/n/status', { status: {} })],
  },
  {
    name: 'make volumes of the host',
    requests: [post('/api/v1/persistentvolumes', { metadata: { name: 'x' }, spec: { hostPath: { path: '/' } } })],
  },
  {
    name: 'approve certificates',
    requests: [
      post('/apis/certificates.k8s.io/v1/certificatesigningrequests', { metadata: { name: 'x' } }),
      merge('/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval', {}),
    ],
  },
  {
    name: 'review the tokens of others',
    requests: [post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'x' } })],
  },
  { name: 'delete a namespace', requests: [{ method: 'DELETE', path: '/api/v1/namespaces/victim' }] },
  {
    name: 'shorten the priority of others',
    requests: [merge('/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/exempt', { spec: {} })],
  },
  { name: 'read paths of the API server itself', requests: [get('/metrics'), get('/debug/pprof/'), get('/logs/')] },
  {
    name: 'change definitions that others deliver by',
    by: 'shard',
    requests: [
      merge(`/apis/core.oam.dev/v1beta1/namespaces/${systemNamespace}/componentdefinitions/webservice`, { spec: {} }),
    ],
  },
  {
    name: 'cordon or change shards',
    by: 'shard',
    requests: [merge('/apis/flotilla.dev/v1alpha1/shards/s', { spec: {} })],
  },
  {
    name: 'scale or change the Deployment of the master',
    by: 'shard',
    requests: [merge(`${apps(systemNamespace)}/deployments/kubevela-vela-core/scale`, { spec: { replicas: 0 } })],
  },
];
