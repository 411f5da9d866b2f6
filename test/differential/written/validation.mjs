// Objects that a server refuses, one step for each: what is wrong, and how it is said.

const root = (group, version) => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`);
const setAt = (target, path, value) => {
  const keys = path.split('.');
  const last = keys.pop();
  let at = target;
  for (const key of keys) at = at[key] ??= {};
  if (value === undefined) delete at[last];
  else at[last] = value;
  return target;
};

/** A sequence that creates an object with each of the changes, `[path, value, …]` in turn. */
function creations({ group = '', version = 'v1', kind, plural, namespaced = true }, base, changes) {
  const at = namespaced ? `${root(group, version)}/namespaces/{ns}/${plural}` : `${root(group, version)}/${plural}`;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const steps = changes.map((change, i) => {
    const name = namespaced ? `n${i}` : `{u}-n${i}`;
    const body = { apiVersion, kind, metadata: { name }, ...structuredClone(base) };
    for (let j = 0; j < change.length; j += 2) setAt(body, change[j], change[j + 1]);
    return { do: 'POST', at, q: { dryRun: 'All' }, body };
  });
  return { steps, account: true };
}

/** A sequence that creates an object and updates it with each of the changes. */
function updates({ group = '', version = 'v1', kind, plural, namespaced = true }, base, changes) {
  const at = namespaced ? `${root(group, version)}/namespaces/{ns}/${plural}` : `${root(group, version)}/${plural}`;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const name = namespaced ? 'a' : '{u}-a';
  const body = () => ({ apiVersion, kind, metadata: { name }, ...structuredClone(base) });
  const steps = [{ do: 'POST', at, q: {}, body: body() }];
  for (const change of changes) {
    const merge = {};
    for (let j = 0; j < change.length; j += 2)
      setAt(merge, change[j], change[j + 1] === undefined ? null : change[j + 1]);
    steps.push({ do: 'PATCH', at: `${at}/${name}`, type: 'merge', q: {}, body: merge });
  }
  // controllers write these kinds, too
  const local = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'].includes(kind);
  return { steps, account: true, ...(local ? { local } : {}) };
}

const c = { name: 'c', image: 'i' };
const podSpec = { containers: [c] };
const labels = { app: 'a' };
const template = (spec = podSpec) => ({ metadata: { labels }, spec });
const workload = (more = {}) => ({ spec: { selector: { matchLabels: labels }, template: template(), ...more } });
const deployments = { group: 'apps', kind: 'Deployment', plural: 'deployments' };
const statefulSets = { group: 'apps', kind: 'StatefulSet', plural: 'statefulsets' };
const daemonSets = { group: 'apps', kind: 'DaemonSet', plural: 'daemonsets' };
const replicaSets = { group: 'apps', kind: 'ReplicaSet', plural: 'replicasets' };
const jobs = { group: 'batch', kind: 'Job', plural: 'jobs' };
const cronJobs = { group: 'batch', kind: 'CronJob', plural: 'cronjobs' };
const pods = { kind: 'Pod', plural: 'pods' };
const services = { kind: 'Service', plural: 'services' };
const ingresses = { group: 'networking.k8s.io', kind: 'Ingress', plural: 'ingresses' };
const policies = { group: 'networking.k8s.io', kind: 'NetworkPolicy', plural: 'networkpolicies' };
const budgets = { group: 'policy', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' };
const scalers = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
};
const claims = { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' };
const volumes = { kind: 'PersistentVolume', plural: 'persistentvolumes', namespaced: false };
const rbac = 'rbac.authorization.k8s.io';
const roles = { group: rbac, kind: 'Role', plural: 'roles' };
const clusterRoles = { group: rbac, kind: 'ClusterRole', plural: 'clusterroles', namespaced: false };
const bindings = { group: rbac, kind: 'RoleBinding', plural: 'rolebindings' };
const leases = { group: 'coordination.k8s.io', kind: 'Lease', plural: 'leases' };
const classes = { group: 'scheduling.k8s.io', kind: 'PriorityClass', plural: 'priorityclasses', namespaced: false };
const storageClasses = { group: 'storage.k8s.io', kind: 'StorageClass', plural: 'storageclasses', namespaced: false };
const slices = { group: 'discovery.k8s.io', kind: 'EndpointSlice', plural: 'endpointslices' };
const quotas = { kind: 'ResourceQuota', plural: 'resourcequotas' };
const ranges = { kind: 'LimitRange', plural: 'limitranges' };
const events = { kind: 'Event', plural: 'events' };
const accounts = { kind: 'ServiceAccount', plural: 'serviceaccounts' };
const configMaps = { kind: 'ConfigMap', plural: 'configmaps' };
const secrets = { kind: 'Secret', plural: 'secrets' };
const runtimeClasses = { group: 'node.k8s.io', kind: 'RuntimeClass', plural: 'runtimeclasses', namespaced: false };
const ingressClasses = {
  group: 'networking.k8s.io',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
};
const revisions = { group: 'apps', kind: 'ControllerRevision', plural: 'controllerrevisions' };

const jobSpec = { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } };
const cronSpec = { spec: { schedule: '0 0 1 1 *', jobTemplate: jobSpec } };
const httpPath = (more = {}) => ({
  path: '/',
  pathType: 'Prefix',
  backend: { service: { name: 'a', port: { number: 80 } } },
  ...more,
});
const rule = (path, host = 'a.example.com') => ({ host, http: { paths: [path] } });
const budget = { spec: { minAvailable: 1, selector: { matchLabels: labels } } };
const scaler = { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } } };
const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
const volume = { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/x' } } };
const resource = (target, name = 'cpu') => ({ type: 'Resource', resource: { name, target } });

export const sequences = {
  'names of every kind': {
    steps: ['A', 'a_b', 'a.b', '-a', 'a'.repeat(64), 'a'.repeat(254), '1a', 'a/b', '.', '..'].flatMap((name) =>
      [
        deployments,
        statefulSets,
        daemonSets,
        replicaSets,
        jobs,
        cronJobs,
        pods,
        services,
        ingresses,
        policies,
        budgets,
        scalers,
        claims,
        volumes,
        roles,
        clusterRoles,
        bindings,
        leases,
        classes,
        storageClasses,
        slices,
        quotas,
        ranges,
        accounts,
        configMaps,
        secrets,
        runtimeClasses,
        ingressClasses,
      ].map(({ group = '', version = 'v1', kind, plural, namespaced = true }) => ({
        do: 'POST',
        at: namespaced ? `${root(group, version)}/namespaces/{ns}/${plural}` : `${root(group, version)}/${plural}`,
        q: { dryRun: 'All' },
        body: { apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata: { name } },
      })),
    ),
    account: true,
  },
  deployments: creations(deployments, workload(), [
    ['spec.replicas', -1],
    ['spec.selector', {}],
    ['spec.selector', undefined],
    ['spec.selector.matchLabels', { app: 'b' }],
    ['spec.template', undefined],
    ['spec.template.metadata.labels', undefined],
    ['spec.strategy', { type: 'Recreate', rollingUpdate: {} }],
    ['spec.strategy', { type: 'x' }],
    ['spec.strategy', { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }],
    ['spec.strategy', { rollingUpdate: { maxSurge: '0%', maxUnavailable: '0%' } }],
    ['spec.strategy', { rollingUpdate: { maxUnavailable: '101%' } }],
    ['spec.strategy', { rollingUpdate: { maxSurge: 'x' } }],
    ['spec.strategy', { rollingUpdate: { maxSurge: -1 } }],
    ['spec.strategy', { rollingUpdate: { maxUnavailable: -1 } }],
    ['spec.strategy', { rollingUpdate: { maxUnavailable: '5' } }],
    ['spec.minReadySeconds', -1],
    ['spec.revisionHistoryLimit', -1],
    ['spec.progressDeadlineSeconds', -1],
    ['spec.progressDeadlineSeconds', 0],
    ['spec.minReadySeconds', 700],
    ['spec.template.spec.restartPolicy', 'Never'],
    ['spec.template.spec.restartPolicy', 'x'],
    ['spec.template.spec.activeDeadlineSeconds', 5],
    ['spec.template.spec.containers', []],
    ['spec.template.spec.containers', [{ name: 'c' }]],
    ['spec.template.spec.containers', [{ image: 'i' }]],
    ['spec.template.spec.containers', [c, c]],
    ['spec.template.spec.ephemeralContainers', [{ name: 'e', image: 'i' }]],
    ['spec.selector', { matchExpressions: [{ key: 'a', operator: 'In' }] }],
    ['spec.selector', { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] }],
    ['spec.selector', { matchExpressions: [{ key: 'a', operator: 'x' }] }],
    ['spec.selector', { matchExpressions: [{ key: 'a b', operator: 'Exists' }] }],
    ['spec.selector.matchLabels', { 'a b': 'x y' }],
    ['spec.template.metadata.labels', { app: 'a', 'x y': 'z' }],
    ['spec.template.metadata.annotations', { 'x y': 'z' }],
    ['metadata.labels', { app: 'x y' }],
  ]),
  'deployment updates': updates(deployments, workload(), [
    ['spec.selector.matchLabels', { app: 'b' }],
    ['spec.selector', undefined],
    ['spec.template.metadata.labels', { app: 'b' }],
    ['spec.replicas', -3],
    ['spec.paused', true],
    ['spec.strategy.type', 'Recreate'],
    ['spec.strategy', { type: 'Recreate', rollingUpdate: undefined }],
    ['spec.template.spec.containers', [{ name: 'c', image: 'i2' }]],
    ['metadata.annotations', { a: 'b' }],
    ['metadata.labels', { a: 'b' }],
    ['spec.minReadySeconds', 1],
  ]),
  statefulsets: creations(statefulSets, workload({ serviceName: 's' }), [
    [],
    ['spec.serviceName', undefined],
    ['spec.replicas', -1],
    ['spec.selector', undefined],
    ['spec.podManagementPolicy', 'x'],
    ['spec.podManagementPolicy', 'Parallel'],
    ['spec.updateStrategy', { type: 'x' }],
    ['spec.updateStrategy', { type: 'OnDelete', rollingUpdate: { partition: 1 } }],
    ['spec.updateStrategy', { rollingUpdate: { partition: -1 } }],
    ['spec.updateStrategy', { rollingUpdate: { maxUnavailable: 0 } }],
    ['spec.revisionHistoryLimit', -1],
    ['spec.minReadySeconds', -1],
    ['spec.ordinals', { start: -1 }],
    ['spec.ordinals', { start: 3 }],
    ['spec.persistentVolumeClaimRetentionPolicy', { whenDeleted: 'x' }],
    ['spec.persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Delete' }],
    ['spec.template.spec.restartPolicy', 'OnFailure'],
    ['spec.template.spec.activeDeadlineSeconds', 1],
    ['spec.volumeClaimTemplates', [{ metadata: { name: 'v' }, ...claim }]],
    ['spec.volumeClaimTemplates', [{ metadata: { name: 'v' }, spec: {} }]],
    ['spec.volumeClaimTemplates', [{ spec: claim.spec }]],
    ['spec.serviceName', 'A_b'],
  ]),
  'statefulset updates': updates(statefulSets, workload({ serviceName: 's' }), [
    ['spec.serviceName', 't'],
    ['spec.selector.matchLabels', { app: 'b' }],
    ['spec.podManagementPolicy', 'Parallel'],
    ['spec.volumeClaimTemplates', [{ metadata: { name: 'v' }, ...claim }]],
    ['spec.replicas', 2],
    ['spec.updateStrategy', { type: 'OnDelete', rollingUpdate: undefined }],
    ['spec.template.spec.containers', [{ name: 'c', image: 'i2' }]],
    ['spec.minReadySeconds', 4],
    ['spec.ordinals', { start: 4 }],
    ['spec.revisionHistoryLimit', 4],
  ]),
  daemonsets: creations(daemonSets, workload(), [
    [],
    ['spec.selector', undefined],
    ['spec.selector.matchLabels', { app: 'b' }],
    ['spec.updateStrategy', { type: 'x' }],
    ['spec.updateStrategy', { type: 'OnDelete' }],
    ['spec.updateStrategy', { rollingUpdate: { maxUnavailable: 0 } }],
    ['spec.updateStrategy', { rollingUpdate: { maxSurge: 1 } }],
    ['spec.updateStrategy', { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }],
    ['spec.updateStrategy', { rollingUpdate: { maxSurge: '200%', maxUnavailable: 0 } }],
    ['spec.minReadySeconds', -1],
    ['spec.revisionHistoryLimit', -1],
    ['spec.template.spec.restartPolicy', 'Never'],
    ['spec.template.spec.activeDeadlineSeconds', 1],
  ]),
  'daemonset updates': updates(daemonSets, workload(), [
    ['spec.selector.matchLabels', { app: 'b' }],
    ['spec.updateStrategy.type', 'OnDelete'],
    ['spec.template.spec.containers', [{ name: 'c', image: 'j' }]],
  ]),
  replicasets: creations(replicaSets, workload(), [
    [],
    ['spec.replicas', -1],
    ['spec.selector', undefined],
    ['spec.selector', {}],
    ['spec.minReadySeconds', -1],
    ['spec.template', undefined],
    ['spec.template.spec.restartPolicy', 'OnFailure'],
  ]),
  'replicaset updates': updates(replicaSets, workload(), [
    ['spec.selector.matchLabels', { app: 'b' }],
    ['spec.replicas', 3],
    ['spec.template.metadata.labels', { b: 'c' }],
  ]),
  jobs: creations(jobs, jobSpec, [
    [],
    ['spec.template.spec.restartPolicy', 'Always'],
    ['spec.template.spec.restartPolicy', undefined],
    ['spec.parallelism', -1],
    ['spec.completions', -1],
    ['spec.backoffLimit', -1],
    ['spec.activeDeadlineSeconds', -1],
    ['spec.ttlSecondsAfterFinished', -1],
    ['spec.completionMode', 'x'],
    ['spec.completionMode', 'Indexed'],
    ['spec.completionMode', 'Indexed', 'spec.completions', 3],
    ['spec.selector', { matchLabels: labels }],
    ['spec.manualSelector', true],
    ['spec.manualSelector', true, 'spec.selector', { matchLabels: labels }],
    ['spec.manualSelector', true, 'spec.selector', { matchLabels: labels }, 'spec.template.metadata', { labels }],
    ['spec.suspend', true],
    ['spec.backoffLimitPerIndex', 1],
    ['spec.maxFailedIndexes', 1],
    ['spec.podReplacementPolicy', 'x'],
    ['spec.podReplacementPolicy', 'Failed'],
    ['spec.podFailurePolicy', { rules: [{ action: 'x' }] }],
    ['spec.podFailurePolicy', { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [0] } }] }],
    [
      'spec.podFailurePolicy',
      { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] },
      'spec.template.spec.restartPolicy',
      'OnFailure',
    ],
    ['spec.podFailurePolicy', { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] }],
    ['spec.managedBy', 'x'],
    ['spec.managedBy', 'example.com/x'],
    ['spec.successPolicy', { rules: [{ succeededCount: 1 }] }],
  ]),
  'job updates': updates(jobs, jobSpec, [
    ['spec.parallelism', 2],
    ['spec.completions', 3],
    ['spec.template.spec.containers', [{ name: 'c', image: 'j' }]],
    ['spec.selector', { matchLabels: { a: 'b' } }],
    ['spec.suspend', true],
    ['spec.backoffLimit', 3],
    ['spec.completionMode', 'Indexed'],
    ['spec.ttlSecondsAfterFinished', 5],
    ['spec.activeDeadlineSeconds', 100],
    ['spec.template.spec.nodeSelector', { a: 'b' }],
    ['spec.manualSelector', true],
    ['spec.managedBy', 'example.com/x'],
    ['spec.podReplacementPolicy', 'Failed'],
  ]),
  cronjobs: creations(cronJobs, cronSpec, [
    [],
    ['spec.schedule', ''],
    ['spec.schedule', 'x'],
    ['spec.schedule', '* * * *'],
    ['spec.schedule', 'TZ=UTC 0 0 * * *'],
    ['spec.schedule', '60 * * * *'],
    ['spec.timeZone', 'Nowhere/City'],
    ['spec.timeZone', ''],
    ['spec.timeZone', 'Local'],
    ['spec.concurrencyPolicy', 'x'],
    ['spec.startingDeadlineSeconds', -1],
    ['spec.successfulJobsHistoryLimit', -1],
    ['spec.failedJobsHistoryLimit', -1],
    ['spec.jobTemplate.spec.template.spec.restartPolicy', 'Always'],
    ['spec.jobTemplate', {}],
    ['spec.jobTemplate.spec.selector', { matchLabels: labels }],
    ['spec.jobTemplate.spec.manualSelector', true],
    ['metadata.name', 'a'.repeat(53)],
    ['spec.schedule', '@every 5m'],
    ['spec.schedule', '@yearly'],
  ]),
  services: creations(services, { spec: { ports: [{ port: 80 }], selector: labels } }, [
    [],
    ['spec.ports', []],
    ['spec.ports', undefined],
    ['spec.ports', [{ port: 0 }]],
    ['spec.ports', [{ port: 70000 }]],
    ['spec.ports', [{ port: 80 }, { port: 81 }]],
    [
      'spec.ports',
      [
        { port: 80, name: 'a' },
        { port: 80, name: 'b' },
      ],
    ],
    [
      'spec.ports',
      [
        { port: 80, name: 'a' },
        { port: 81, name: 'a' },
      ],
    ],
    ['spec.ports', [{ port: 80, name: 'A_' }]],
    ['spec.ports', [{ port: 80, protocol: 'x' }]],
    ['spec.ports', [{ port: 80, targetPort: 'x_y' }]],
    ['spec.ports', [{ port: 80, targetPort: 0 }]],
    ['spec.ports', [{ port: 80, targetPort: 70000 }]],
    ['spec.ports', [{ port: 80, nodePort: 30000 }]],
    ['spec.ports', [{ port: 80, appProtocol: 'x y' }]],
    ['spec.ports', [{ port: 80, appProtocol: 'http' }]],
    ['spec.type', 'x'],
    ['spec.type', 'ExternalName'],
    ['spec.type', 'ExternalName', 'spec.externalName', 'A_b'],
    ['spec.type', 'ExternalName', 'spec.externalName', 'a.b'],
    ['spec.type', 'ExternalName', 'spec.externalName', 'a.b', 'spec.clusterIP', '10.0.0.5'],
    ['spec.clusterIP', 'None'],
    ['spec.clusterIP', 'None', 'spec.ports', undefined],
    ['spec.clusterIP', 'x'],
    ['spec.clusterIP', '8.8.8.8'],
    ['spec.type', 'NodePort', 'spec.clusterIP', 'None'],
    ['spec.type', 'NodePort', 'spec.ports', [{ port: 80, nodePort: 80 }]],
    ['spec.sessionAffinity', 'x'],
    ['spec.sessionAffinity', 'ClientIP'],
    ['spec.sessionAffinityConfig', { clientIP: { timeoutSeconds: 5 } }],
    ['spec.sessionAffinity', 'ClientIP', 'spec.sessionAffinityConfig', { clientIP: { timeoutSeconds: 0 } }],
    ['spec.externalIPs', ['x']],
    ['spec.externalIPs', ['127.0.0.1']],
    ['spec.externalIPs', ['192.0.2.1']],
    ['spec.externalTrafficPolicy', 'Local'],
    ['spec.externalTrafficPolicy', 'x', 'spec.type', 'NodePort'],
    ['spec.internalTrafficPolicy', 'x'],
    ['spec.internalTrafficPolicy', 'Local'],
    ['spec.ipFamilies', ['IPv6']],
    ['spec.ipFamilies', ['x']],
    ['spec.ipFamilyPolicy', 'x'],
    ['spec.ipFamilyPolicy', 'RequireDualStack'],
    ['spec.ipFamilyPolicy', 'PreferDualStack'],
    ['spec.loadBalancerIP', '1.2.3.4'],
    ['spec.loadBalancerSourceRanges', ['1.2.3.4/8']],
    ['spec.type', 'LoadBalancer', 'spec.loadBalancerSourceRanges', ['x']],
    ['spec.loadBalancerClass', 'x'],
    ['spec.type', 'LoadBalancer', 'spec.loadBalancerClass', 'x/y'],
    ['spec.type', 'LoadBalancer', 'spec.loadBalancerClass', 'X Y'],
    ['spec.allocateLoadBalancerNodePorts', false],
    ['spec.healthCheckNodePort', 30001],
    ['spec.publishNotReadyAddresses', true],
    ['spec.selector', { 'a b': 'c' }],
    ['spec.trafficDistribution', 'x'],
    ['spec.trafficDistribution', 'PreferClose'],
  ]),
  'service updates': updates(services, { spec: { ports: [{ port: 80 }], selector: labels } }, [
    ['spec.clusterIP', 'None'],
    ['spec.clusterIP', '10.0.0.77'],
    ['spec.clusterIPs', undefined],
    ['spec.type', 'NodePort'],
    ['spec.type', 'ClusterIP'],
    ['spec.type', 'ExternalName'],
    ['spec.type', 'ExternalName', 'spec.externalName', 'x.y', 'spec.clusterIP', '', 'spec.clusterIPs', undefined],
    ['spec.ports', [{ port: 81 }]],
    ['spec.ipFamilies', ['IPv6']],
    ['spec.sessionAffinity', 'ClientIP'],
  ]),
  ingresses: creations(ingresses, { spec: { rules: [rule(httpPath())] } }, [
    [],
    ['spec', {}],
    ['spec.rules', [rule(httpPath(), 'BAD')]],
    ['spec.rules', [rule(httpPath(), '*.example.com')]],
    ['spec.rules', [rule(httpPath(), '*.*.example.com')]],
    ['spec.rules', [rule(httpPath(), '1.2.3.4')]],
    ['spec.rules', [rule(httpPath({ path: '' }))]],
    ['spec.rules', [rule(httpPath({ path: 'x' }))]],
    ['spec.rules', [rule(httpPath({ pathType: 'x' }))]],
    ['spec.rules', [rule(httpPath({ pathType: undefined }))]],
    ['spec.rules', [rule(httpPath({ path: '/a//b' }))]],
    ['spec.rules', [rule(httpPath({ path: '/a/../b' }))]],
    ['spec.rules', [rule(httpPath({ pathType: 'ImplementationSpecific', path: '' }))]],
    ['spec.rules', [rule(httpPath({ backend: {} }))]],
    ['spec.rules', [rule(httpPath({ backend: { service: { name: 'a' } } }))]],
    ['spec.rules', [rule(httpPath({ backend: { service: { name: 'A_', port: { number: 80 } } } }))]],
    ['spec.rules', [rule(httpPath({ backend: { service: { name: 'a', port: { number: 0 } } } }))]],
    ['spec.rules', [rule(httpPath({ backend: { service: { name: 'a', port: { number: 80, name: 'x' } } } }))]],
    ['spec.rules', [rule(httpPath({ backend: { service: { name: 'a', port: { name: 'x y' } } } }))]],
    ['spec.rules', [rule(httpPath({ backend: { resource: { kind: 'K', name: 'n' } } }))]],
    [
      'spec.rules',
      [
        rule(
          httpPath({ backend: { resource: { kind: 'K', name: 'n' }, service: { name: 'a', port: { number: 80 } } } }),
        ),
      ],
    ],
    ['spec.rules', [{ host: 'a.b', http: { paths: [] } }]],
    ['spec.rules', [{ host: 'a.b' }]],
    ['spec.tls', [{ hosts: ['BAD'] }]],
    ['spec.tls', [{ hosts: ['*.a.b'], secretName: 'x' }]],
    ['spec.tls', [{ secretName: 'X_' }]],
    ['spec.ingressClassName', 'X_'],
    ['spec.ingressClassName', 'x'],
    ['spec.defaultBackend', {}],
    ['spec.ingressClassName', 'x', 'metadata.annotations', { 'kubernetes.io/ingress.class': 'y' }],
    ['metadata.annotations', { 'kubernetes.io/ingress.class': 'y' }],
  ]),
  networkpolicies: creations(policies, { spec: { podSelector: {} } }, [
    [],
    ['spec.policyTypes', ['x']],
    ['spec.policyTypes', ['Ingress', 'Egress', 'Ingress']],
    ['spec.podSelector', { matchExpressions: [{ key: 'a', operator: 'x' }] }],
    ['spec.ingress', [{ from: [{}] }]],
    ['spec.ingress', [{ from: [{ ipBlock: { cidr: 'x' } }] }]],
    ['spec.ingress', [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }]],
    ['spec.ingress', [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }] }]],
    ['spec.ingress', [{ ports: [{ port: 'a b' }] }]],
    ['spec.ingress', [{ ports: [{ port: 0 }] }]],
    ['spec.ingress', [{ ports: [{ port: 80, endPort: 79 }] }]],
    ['spec.ingress', [{ ports: [{ endPort: 79 }] }]],
    ['spec.ingress', [{ ports: [{ port: 'http', endPort: 79 }] }]],
    ['spec.ingress', [{ ports: [{ protocol: 'x' }] }]],
    ['spec.egress', [{ to: [{ namespaceSelector: { matchLabels: { 'a b': 'c' } } }] }]],
    ['spec.egress', [{}]],
    ['spec', undefined],
    ['spec.ingress', [{ from: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }]],
  ]),
  poddisruptionbudgets: creations(budgets, budget, [
    [],
    ['spec.minAvailable', undefined],
    ['spec.maxUnavailable', 1],
    ['spec.minAvailable', -1],
    ['spec.minAvailable', '101%'],
    ['spec.minAvailable', 'x'],
    ['spec.minAvailable', undefined, 'spec.maxUnavailable', '50%'],
    ['spec.minAvailable', undefined, 'spec.maxUnavailable', -2],
    ['spec.selector', { matchLabels: { 'a b': 'c' } }],
    ['spec.unhealthyPodEvictionPolicy', 'x'],
    ['spec.unhealthyPodEvictionPolicy', 'AlwaysAllow'],
    ['spec.selector', {}],
    ['spec', {}],
  ]),
  autoscalers: creations(scalers, scaler, [
    [],
    ['spec.maxReplicas', 0],
    ['spec.maxReplicas', undefined],
    ['spec.minReplicas', 0],
    ['spec.minReplicas', -1],
    ['spec.minReplicas', 5],
    ['spec.scaleTargetRef', undefined],
    ['spec.scaleTargetRef.kind', ''],
    ['spec.scaleTargetRef.name', ''],
    ['spec.scaleTargetRef.name', 'a/b'],
    ['spec.scaleTargetRef.kind', 'a/b'],
    ['spec.metrics', [{ type: 'x' }]],
    ['spec.metrics', [{ type: 'Resource' }]],
    ['spec.metrics', [resource({ type: 'Utilization' })]],
    ['spec.metrics', [resource({ type: 'Utilization', averageUtilization: 0 })]],
    ['spec.metrics', [resource({ type: 'AverageValue', averageValue: '0' })]],
    ['spec.metrics', [resource({ type: 'x', averageUtilization: 5 })]],
    ['spec.metrics', [resource({ type: 'Utilization', averageUtilization: 5, averageValue: '5' })]],
    ['spec.metrics', [resource({ type: 'Utilization', averageUtilization: 5 }, '')]],
    [
      'spec.metrics',
      [
        {
          ...resource({ type: 'Utilization', averageUtilization: 5 }),
          pods: { metric: { name: 'x' }, target: { type: 'AverageValue', averageValue: '1' } },
        },
      ],
    ],
    ['spec.metrics', [{ type: 'Pods', pods: { metric: { name: '' }, target: { type: 'Value', value: '1' } } }]],
    [
      'spec.metrics',
      [{ type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } } }],
    ],
    ['spec.metrics', [{ type: 'External', external: { metric: { name: 'm' }, target: { type: 'Value' } } }]],
    ['spec.metrics', [{ type: 'Object', object: { metric: { name: 'm' }, target: { type: 'Value', value: '1' } } }]],
    [
      'spec.metrics',
      [
        {
          type: 'ContainerResource',
          containerResource: { name: 'cpu', container: '', target: { type: 'Utilization', averageUtilization: 5 } },
        },
      ],
    ],
    ['spec.behavior', { scaleUp: { stabilizationWindowSeconds: -1 } }],
    ['spec.behavior', { scaleUp: { stabilizationWindowSeconds: 4000 } }],
    ['spec.behavior', { scaleUp: { selectPolicy: 'x' } }],
    ['spec.behavior', { scaleUp: { policies: [] } }],
    ['spec.behavior', { scaleUp: { policies: [{ type: 'x', value: 1, periodSeconds: 1 }] } }],
    ['spec.behavior', { scaleDown: { policies: [{ type: 'Pods', value: 0, periodSeconds: 0 }] } }],
    ['spec.behavior', { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 4000 }] } }],
    ['spec.behavior', { scaleDown: { policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }] } }],
  ]),
};
export { creations, updates };
