// The kinds that sequences are about: where they are served, an object of each, and changes that such objects know.
// A change is a fragment, as a merge patch has it; the generator turns it into every form of a write.

const pod = (image = 'example.com/app:1') => ({ containers: [{ name: 'main', image }] });
const never = (image) => ({ ...pod(image), restartPolicy: 'Never' });
const template = (name, spec = pod()) => ({ metadata: { labels: { app: name } }, spec });
const workload = (name, more = {}, spec = pod()) => ({
  selector: { matchLabels: { app: name } },
  template: template(name, spec),
  ...more,
});
const container = (fields) => ({ containers: [{ name: 'main', image: 'example.com/app:1', ...fields }] });
const podChanges = [
  container({ image: 'example.com/app:2' }),
  { containers: [{ name: 'side', image: 'example.com/side:1' }] },
  { containers: [{ name: 'main', image: 'example.com/app:1', ports: [{ containerPort: 80 }, { containerPort: 81 }] }] },
  container({ env: [{ name: 'A', value: 'x' }, { name: 'B' }] }),
  container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] }),
  container({ resources: { requests: { cpu: '0.1' }, limits: { cpu: '200m', memory: '1024Ki' } } }),
  container({ resources: { requests: { cpu: '1' }, limits: { cpu: '200m' } } }),
  container({ imagePullPolicy: 'Sometimes' }),
  container({ livenessProbe: { httpGet: { path: '/', port: 80 } } }),
  container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
  { volumes: [{ name: 'v', emptyDir: {} }] },
  {
    volumes: [
      { name: 'v', configMap: { name: 'c' } },
      { name: 'w', secret: { secretName: 's' } },
    ],
  },
  { nodeSelector: { disk: 'ssd' } },
  { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }] },
  { terminationGracePeriodSeconds: 5 },
  { restartPolicy: 'Sometimes' },
  { containers: [] },
  { containers: null },
  { securityContext: { runAsUser: 1000, fsGroup: 1 } },
];
const inTemplate = (changes) => changes.map((spec) => ({ spec: { template: { spec } } }));
const scaling = [
  { spec: { replicas: 0 } },
  { spec: { replicas: 3 } },
  { spec: { replicas: -1 } },
  { spec: { replicas: null } },
];

const kind = (kind, group, version, plural, namespaced, sample, more = {}) => ({
  kind,
  group,
  version,
  plural,
  namespaced,
  sample,
  changes: [],
  ...more,
});
const core = (name, plural, sample, more) => kind(name, '', 'v1', plural, true, sample, more);

export const kinds = [
  core('ConfigMap', 'configmaps', () => ({ data: { k: 'v' } }), {
    changes: [
      { data: { k: 'w' } },
      { data: { k: null } },
      { data: { other: '' } },
      { data: { k: 1 } },
      { data: null },
      { data: { 'bad key': 'x' } },
      { binaryData: { b: 'aGk=' } },
      { binaryData: { b: 'no base64' } },
      { binaryData: { k: 'aGk=' } },
      { immutable: true },
      { immutable: null },
    ],
  }),
  core('Secret', 'secrets', () => ({ data: { k: 'dg==' } }), {
    changes: [
      { stringData: { k: 'x' } },
      { stringData: { s: '' } },
      { data: { k: null } },
      { data: { k: 'AA==' } },
      { data: { k: '!' } },
      { type: 'other' },
      { type: 'kubernetes.io/tls' },
      { type: 'kubernetes.io/basic-auth' },
      { immutable: true },
      { data: { 'bad key': '' } },
    ],
  }),
  core('Service', 'services', (name) => ({ spec: { selector: { app: name }, ports: [{ port: 80 }] } }), {
    status: [{ loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }],
    changes: [
      { spec: { ports: [{ port: 81 }] } },
      {
        spec: {
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 81, targetPort: 'web' },
          ],
        },
      },
      { spec: { type: 'NodePort' } },
      { spec: { type: 'ExternalName', externalName: 'example.com' } },
      { spec: { type: 'Other' } },
      { spec: { clusterIP: 'None' } },
      { spec: { clusterIP: '' } },
      { spec: { sessionAffinity: 'ClientIP' } },
      { spec: { selector: null } },
      { spec: { ports: [] } },
      { spec: { ports: [{ port: 0 }] } },
      { spec: { ports: [{ port: 80, protocol: 'UDP' }] } },
      { spec: { type: 'LoadBalancer' } },
      { spec: { externalIPs: ['192.0.2.9'] } },
      { spec: { internalTrafficPolicy: 'Local' } },
    ],
  }),
  core('ServiceAccount', 'serviceaccounts', () => ({}), {
    changes: [
      { secrets: [{ name: 's' }] },
      { imagePullSecrets: [{ name: 'p' }] },
      { automountServiceAccountToken: false },
      { secrets: null },
    ],
  }),
  core('Pod', 'pods', () => ({ spec: pod() }), {
    account: true,
    status: [{ phase: 'Running' }, { conditions: [{ type: 'Ready', status: 'True' }] }, { podIP: '192.0.2.1' }],
    changes: [
      ...podChanges.map((spec) => ({ spec })),
      { spec: { activeDeadlineSeconds: 5 } },
      { spec: { nodeName: 'n' } },
    ],
  }),
  core('PodTemplate', 'podtemplates', (name) => ({ template: template(name) }), {
    changes: podChanges.map((spec) => ({ template: { spec } })),
  }),
  core(
    'ReplicationController',
    'replicationcontrollers',
    (name) => ({ spec: { replicas: 0, selector: { app: name }, template: template(name) } }),
    {
      scale: true,
      status: [{ replicas: 1 }],
      changes: [...scaling, ...inTemplate(podChanges), { spec: { selector: { app: 'x' } } }],
    },
  ),
  core('Endpoints', 'endpoints', () => ({ subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] }), {
    changes: [
      { subsets: null },
      { subsets: [{ addresses: [{ ip: 'x' }], ports: [{ port: 80 }] }] },
      { subsets: [{ notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ port: 1, name: 'a' }] }] },
    ],
  }),
  core(
    'Event',
    'events',
    (name, ns) => ({ involvedObject: { namespace: ns, name }, reason: 'Tested', type: 'Normal', message: 'm' }),
    {
      changes: [
        { count: 2 },
        { message: 'n' },
        { reason: 'Other' },
        { type: 'Warning' },
        { involvedObject: { namespace: 'other' } },
        { lastTimestamp: '2024-01-01T00:00:00Z' },
      ],
    },
  ),
  core(
    'PersistentVolumeClaim',
    'persistentvolumeclaims',
    () => ({ spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }),
    {
      status: [{ phase: 'Bound' }],
      changes: [
        { spec: { resources: { requests: { storage: '2Gi' } } } },
        { spec: { storageClassName: '' } },
        { spec: { accessModes: [] } },
        { spec: { volumeName: 'v' } },
        { spec: { volumeMode: 'Block' } },
      ],
    },
  ),
  core('ResourceQuota', 'resourcequotas', () => ({ spec: { hard: { 'count/leases.coordination.k8s.io': '500' } } }), {
    status: [{ hard: { pods: '1' } }],
    changes: [
      { spec: { hard: { pods: '10' } } },
      { spec: { hard: { pods: '-1' } } },
      { spec: { hard: { cpu: '1000m' } } },
      { spec: { scopes: ['Terminating'] } },
    ],
  }),
  core('LimitRange', 'limitranges', () => ({ spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } }), {
    changes: [
      { spec: { limits: [{ type: 'Pod', max: { cpu: '1' } }] } },
      { spec: { limits: [{ type: 'Container', default: { cpu: '500m' }, max: { cpu: '1' } }] } },
      { spec: { limits: [] } },
    ],
  }),
  kind('Deployment', 'apps', 'v1', 'deployments', true, (name) => ({ spec: workload(name, { replicas: 0 }) }), {
    scale: true,
    status: [{ replicas: 2 }, { conditions: [{ type: 'Available', status: 'True' }] }, { observedGeneration: -1 }],
    changes: [
      ...scaling,
      ...inTemplate(podChanges),
      { spec: { paused: true } },
      { spec: { strategy: { type: 'Recreate' } } },
      { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: '50%' } } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      { spec: { selector: { matchLabels: { app: 'other' } } } },
      { spec: { minReadySeconds: 5 } },
      { spec: { progressDeadlineSeconds: 1, minReadySeconds: 5 } },
      { spec: { revisionHistoryLimit: -1 } },
      { spec: { template: { metadata: { labels: { app: 'no' } } } } },
    ],
  }),
  kind('ReplicaSet', 'apps', 'v1', 'replicasets', true, (name) => ({ spec: workload(name, { replicas: 0 }) }), {
    scale: true,
    status: [{ replicas: 2 }],
    changes: [...scaling, ...inTemplate(podChanges), { spec: { selector: { matchLabels: { app: 'other' } } } }],
  }),
  kind(
    'StatefulSet',
    'apps',
    'v1',
    'statefulsets',
    true,
    (name) => ({ spec: workload(name, { replicas: 0, serviceName: name }) }),
    {
      scale: true,
      status: [{ replicas: 2 }],
      changes: [
        ...scaling,
        ...inTemplate(podChanges),
        { spec: { serviceName: 'x' } },
        { spec: { updateStrategy: { type: 'OnDelete' } } },
        { spec: { podManagementPolicy: 'Parallel' } },
        { spec: { minReadySeconds: 1 } },
      ],
    },
  ),
  kind('DaemonSet', 'apps', 'v1', 'daemonsets', true, (name) => ({ spec: workload(name) }), {
    status: [{ numberReady: 1 }],
    changes: [
      ...inTemplate(podChanges),
      { spec: { updateStrategy: { type: 'OnDelete' } } },
      { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } } },
    ],
  }),
  kind('ControllerRevision', 'apps', 'v1', 'controllerrevisions', true, () => ({ data: { a: 1 }, revision: 1 }), {
    changes: [{ revision: 2 }, { revision: -1 }, { data: { a: 2 } }, { data: null }],
  }),
  kind('Job', 'batch', 'v1', 'jobs', true, () => ({ spec: { suspend: true, template: { spec: never() } } }), {
    status: [{ active: 1 }],
    changes: [
      { spec: { parallelism: 2 } },
      { spec: { completions: 2 } },
      { spec: { backoffLimit: 1 } },
      { spec: { suspend: false } },
      { spec: { ttlSecondsAfterFinished: 5 } },
      { spec: { activeDeadlineSeconds: -1 } },
      { spec: { completionMode: 'Indexed' } },
      { spec: { template: { spec: container({ image: 'example.com/app:2' }) } } },
    ],
  }),
  kind(
    'CronJob',
    'batch',
    'v1',
    'cronjobs',
    true,
    () => ({ spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: { spec: never() } } } } }),
    {
      status: [{ lastScheduleTime: '2024-01-01T00:00:00Z' }],
      changes: [
        { spec: { schedule: '@daily' } },
        { spec: { schedule: 'often' } },
        { spec: { suspend: true } },
        { spec: { concurrencyPolicy: 'Forbid' } },
        { spec: { concurrencyPolicy: 'x' } },
        { spec: { successfulJobsHistoryLimit: 0 } },
        { spec: { timeZone: 'Europe/Berlin' } },
      ],
    },
  ),
  kind(
    'Lease',
    'coordination.k8s.io',
    'v1',
    'leases',
    true,
    () => ({ spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } }),
    {
      changes: [
        { spec: { holderIdentity: 'b' } },
        { spec: { leaseDurationSeconds: 0 } },
        { spec: { leaseTransitions: 1 } },
        { spec: { renewTime: '2024-01-01T00:00:00.5Z' } },
        { spec: { renewTime: '2024-01-01T00:00:00Z' } },
        { spec: { renewTime: 'now' } },
        { spec: null },
        { spec: { strategy: 'x' } },
      ],
    },
  ),
  kind(
    'EndpointSlice',
    'discovery.k8s.io',
    'v1',
    'endpointslices',
    true,
    () => ({ addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 80 }] }),
    {
      changes: [
        { addressType: 'IPv6' },
        { endpoints: [] },
        { endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: false } }] },
        { endpoints: [{ addresses: [] }] },
        { ports: [{ port: 80, name: 'a' }] },
      ],
    },
  ),
  kind(
    'PodDisruptionBudget',
    'policy',
    'v1',
    'poddisruptionbudgets',
    true,
    (name) => ({ spec: { minAvailable: 1, selector: { matchLabels: { app: name } } } }),
    {
      status: [{ currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, disruptionsAllowed: 0 }],
      changes: [
        { spec: { minAvailable: '50%' } },
        { spec: { maxUnavailable: 1 } },
        { spec: { maxUnavailable: 1, minAvailable: null } },
        { spec: { minAvailable: -1 } },
        { spec: { minAvailable: 'x' } },
        { spec: { selector: null } },
      ],
    },
  ),
  kind(
    'HorizontalPodAutoscaler',
    'autoscaling',
    'v2',
    'horizontalpodautoscalers',
    true,
    (name) => ({ spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } } }),
    {
      status: [{ currentReplicas: 1, desiredReplicas: 1 }],
      changes: [
        { spec: { maxReplicas: 0 } },
        { spec: { minReplicas: 2 } },
        { spec: { minReplicas: 5 } },
        {
          spec: {
            metrics: [
              { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
            ],
          },
        },
        { spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } } },
      ],
    },
  ),
  kind(
    'Ingress',
    'networking.k8s.io',
    'v1',
    'ingresses',
    true,
    (name) => ({ spec: { defaultBackend: { service: { name, port: { number: 80 } } } } }),
    {
      status: [{ loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }],
      changes: [
        {
          spec: {
            rules: [
              {
                host: 'a.example.com',
                http: {
                  paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'a', port: { number: 80 } } } }],
                },
              },
            ],
          },
        },
        { spec: { rules: [{ host: 'BAD' }] } },
        { spec: { ingressClassName: 'x' } },
        { spec: { tls: [{ hosts: ['a.example.com'], secretName: 's' }] } },
        { spec: { defaultBackend: null } },
      ],
    },
  ),
  kind(
    'NetworkPolicy',
    'networking.k8s.io',
    'v1',
    'networkpolicies',
    true,
    (name) => ({ spec: { podSelector: { matchLabels: { app: name } } } }),
    {
      changes: [
        { spec: { policyTypes: ['Egress'] } },
        { spec: { policyTypes: ['x'] } },
        { spec: { ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] } },
        { spec: { egress: [{}] } },
        { spec: { ingress: [{ ports: [{ port: 'x!' }] }] } },
      ],
    },
  ),
  kind(
    'Role',
    'rbac.authorization.k8s.io',
    'v1',
    'roles',
    true,
    () => ({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
    {
      changes: [
        { rules: [] },
        { rules: null },
        { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: [] }] },
        { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] },
        { rules: [{ apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['a'], verbs: ['get', 'list'] }] },
      ],
    },
  ),
  kind(
    'RoleBinding',
    'rbac.authorization.k8s.io',
    'v1',
    'rolebindings',
    true,
    () => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'u' }],
    }),
    {
      changes: [
        { subjects: [] },
        { subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
        { subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'x' }] },
        { subjects: [{ kind: 'Group', name: 'g' }] },
        { subjects: [{ kind: 'Thing', name: 'g' }] },
        { roleRef: { name: 'edit' } },
      ],
    },
  ),
  kind(
    'ClusterRole',
    'rbac.authorization.k8s.io',
    'v1',
    'clusterroles',
    false,
    () => ({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
    {
      changes: [
        { rules: [] },
        { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] },
        { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'none' } }] } },
        { rules: [{ verbs: ['get'] }] },
      ],
    },
  ),
  kind(
    'ClusterRoleBinding',
    'rbac.authorization.k8s.io',
    'v1',
    'clusterrolebindings',
    false,
    () => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'u' }],
    }),
    {
      changes: [
        { subjects: null },
        { subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
        { roleRef: { kind: 'Role' } },
      ],
    },
  ),
  kind('PriorityClass', 'scheduling.k8s.io', 'v1', 'priorityclasses', false, () => ({ value: 5 }), {
    changes: [
      { value: 6 },
      { description: 'd' },
      { preemptionPolicy: 'Never' },
      { globalDefault: false },
      { value: 2000000000 },
    ],
  }),
  kind('StorageClass', 'storage.k8s.io', 'v1', 'storageclasses', false, () => ({ provisioner: 'example.com/p' }), {
    changes: [
      { reclaimPolicy: 'Retain' },
      { volumeBindingMode: 'WaitForFirstConsumer' },
      { parameters: { a: 'b' } },
      { provisioner: '' },
      { allowVolumeExpansion: true },
    ],
  }),
  kind(
    'PersistentVolume',
    '',
    'v1',
    'persistentvolumes',
    false,
    () => ({ spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/x' } } }),
    {
      status: [{ phase: 'Available' }],
      changes: [
        { spec: { capacity: { storage: '2Gi' } } },
        { spec: { persistentVolumeReclaimPolicy: 'Delete' } },
        { spec: { hostPath: { path: '/y' } } },
        { spec: { storageClassName: 'x' } },
      ],
    },
  ),
  kind(
    'IngressClass',
    'networking.k8s.io',
    'v1',
    'ingressclasses',
    false,
    () => ({ spec: { controller: 'example.com/c' } }),
    {
      changes: [
        { spec: { controller: 'example.com/d' } },
        { spec: { controller: 'd' } },
        { spec: { parameters: { kind: 'K', name: 'n' } } },
      ],
    },
  ),
  kind('RuntimeClass', 'node.k8s.io', 'v1', 'runtimeclasses', false, () => ({ handler: 'h' }), {
    changes: [{ handler: 'i' }, { overhead: { podFixed: { cpu: '0.5' } } }],
  }),
  kind('Namespace', '', 'v1', 'namespaces', false, () => ({}), {
    changes: [{ spec: { finalizers: [] } }],
    status: [{ phase: 'Terminating' }],
  }),
  kind('Widget', '{group}', 'v1', 'conf-widgets', true, () => ({ spec: { size: 1, tags: ['a'] } }), {
    custom: true,
    scale: true,
    status: [{ phase: 'x' }, { replicas: 2 }, { phase: 1 }],
    changes: [
      { spec: { size: 2 } },
      { spec: { size: 'big' } },
      { spec: { size: -1 } },
      { spec: { size: null } },
      { spec: { color: 'red' } },
      { spec: { color: 'none' } },
      { spec: { tags: ['a', 'b'] } },
      { spec: { tags: ['a', 'a'] } },
      { spec: { tags: [null] } },
      { spec: { parts: [{ id: 'x', n: 1 }] } },
      { spec: { parts: [{ id: 'x', n: 1 }, { id: 'y' }] } },
      { spec: { parts: [{ n: 1 }] } },
      { spec: { replicas: 3 } },
      { spec: { unknown: 1 } },
      { spec: { free: { a: { b: null, c: [1, null] } } } },
      { spec: { low: 5, high: 3 } },
      { spec: { low: 1, high: 3 } },
      { spec: { atomic: { a: '1' } } },
      { spec: { atomic: { b: '2' } } },
      { spec: { either: 1 } },
      { spec: { either: 'x' } },
      { spec: { when: '2024-01-01T00:00:00Z' } },
      { spec: { when: 'x' } },
      { other: 1 },
    ],
  }),
];

const text = { type: 'string' };
const number = { type: 'integer' };

/** The schema of Widgets: one of everything that structural schemas can say. */
export const widgetSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 0 },
        color: { type: 'string', enum: ['red', 'green'], default: 'green' },
        replicas: number,
        tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set', maxItems: 3 },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: { type: 'object', required: ['id'], properties: { id: text, n: { type: 'integer', default: 7 } } },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        atomic: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
        either: { 'x-kubernetes-int-or-string': true },
        when: { type: 'string', format: 'date-time' },
        low: number,
        high: number,
      },
      'x-kubernetes-validations': [
        { rule: '!has(self.low) || !has(self.high) || self.low <= self.high', message: 'low above high' },
      ],
    },
    status: { type: 'object', properties: { phase: text, replicas: number, selector: text } },
  },
};
