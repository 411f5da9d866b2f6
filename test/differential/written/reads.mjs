// Lists, tables, single objects and watches, as clients ask for them.
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const meta = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json';
const metaList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
const cm = (name, more = {}) => ({
  do: 'POST',
  at: '/api/v1/namespaces/{ns}/configmaps',
  q: {},
  body: { metadata: { name, labels: { seq: '{u}', ...more.labels } }, data: { k: name, ...more.data } },
});
const cms = '/api/v1/namespaces/{ns}/configmaps';
const get = (at, q = {}, accept) => ({ do: 'GET', at, q, ...(accept ? { accept } : {}) });
const labels = { app: 'a' };
const template = {
  metadata: { labels },
  spec: {
    containers: [
      { name: 'c', image: 'i:1' },
      { name: 'd', image: 'j' },
    ],
  },
};
const selector = { matchLabels: labels };
const objects = {
  '/api/v1/pods': { spec: template.spec },
  '/api/v1/services': {
    spec: {
      ports: [
        { port: 80, nodePort: 30123 },
        { port: 53, protocol: 'UDP', name: 'b' },
      ].map((p, i) => ({ name: `p${i}`, ...p })),
      type: 'NodePort',
      selector: labels,
      externalIPs: ['192.0.2.7'],
    },
  },
  '/api/v1/secrets': { stringData: { a: 'b' } },
  '/api/v1/serviceaccounts': { secrets: [{ name: 's' }] },
  '/api/v1/replicationcontrollers': { spec: { replicas: 2, template } },
  '/api/v1/resourcequotas': { spec: { hard: { pods: '5', 'limits.cpu': '2' } } },
  '/api/v1/limitranges': { spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } },
  '/api/v1/persistentvolumeclaims': {
    spec: {
      accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'x',
    },
  },
  '/api/v1/podtemplates': { template },
  '/api/v1/events': {
    involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}', fieldPath: 'spec.containers{c}' },
    reason: 'R',
    message: 'm\nn',
    type: 'Warning',
    count: 3,
    firstTimestamp: '2024-01-01T00:00:00Z',
    lastTimestamp: '2024-01-02T00:00:00Z',
    source: { component: 'c', host: 'h' },
  },
  '/apis/apps/v1/deployments': { spec: { replicas: 3, selector, template } },
  '/apis/apps/v1/replicasets': { spec: { replicas: 3, selector, template } },
  '/apis/apps/v1/statefulsets': { spec: { replicas: 3, serviceName: 's', selector, template } },
  '/apis/apps/v1/daemonsets': {
    spec: { selector, template: { ...template, spec: { ...template.spec, nodeSelector: { a: 'b', c: 'd' } } } },
  },
  '/apis/apps/v1/controllerrevisions': { revision: 4, data: { a: 1 } },
  '/apis/batch/v1/jobs': {
    spec: {
      completions: 3,
      parallelism: 2,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
    },
  },
  '/apis/batch/v1/cronjobs': {
    spec: {
      schedule: '0 0 1 1 *',
      suspend: true,
      timeZone: 'Europe/Paris',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
      },
    },
  },
  '/apis/coordination.k8s.io/v1/leases': { spec: { holderIdentity: 'me' } },
  '/apis/discovery.k8s.io/v1/endpointslices': {
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.0.0.1'] },
      { addresses: ['10.0.0.2'] },
      { addresses: ['10.0.0.3'] },
      { addresses: ['10.0.0.4'] },
    ],
    ports: [
      { port: 80, name: 'a' },
      { port: 81, name: 'b' },
    ],
  },
  '/apis/policy/v1/poddisruptionbudgets': { spec: { maxUnavailable: '20%', selector } },
  '/apis/autoscaling/v2/horizontalpodautoscalers': {
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
        { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1k' } } },
      ],
    },
  },
  '/apis/autoscaling/v1/horizontalpodautoscalers': {
    spec: {
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    },
  },
  '/apis/networking.k8s.io/v1/ingresses': {
    spec: {
      ingressClassName: 'c',
      tls: [{ hosts: ['a.b'] }],
      rules: ['a.b', 'c.d', 'e.f', 'g.h'].map((host) => ({
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
      })),
    },
  },
  '/apis/networking.k8s.io/v1/networkpolicies': { spec: { podSelector: selector } },
  '/apis/rbac.authorization.k8s.io/v1/roles': { rules: [] },
  '/apis/rbac.authorization.k8s.io/v1/rolebindings': {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects: [
      { kind: 'User', name: 'u' },
      { kind: 'Group', name: 'g' },
      { kind: 'ServiceAccount', name: 'a', namespace: 'n' },
    ],
  },
  '/apis/resource.k8s.io/v1/resourceclaims': { spec: {} },
  '/apis/resource.k8s.io/v1/resourceclaimtemplates': { spec: { spec: {} } },
  '/apis/storage.k8s.io/v1/csistoragecapacities': { storageClassName: 'x', capacity: '1Gi' },
};
const clusterObjects = {
  '/api/v1/namespaces': {},
  '/api/v1/nodes': { spec: { unschedulable: true }, metadata: { labels: { 'node-role.kubernetes.io/x': '' } } },
  '/api/v1/persistentvolumes': {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/x' },
      claimRef: { namespace: 'a', name: 'b' },
    },
  },
  '/apis/rbac.authorization.k8s.io/v1/clusterroles': { rules: [] },
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings': {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
    subjects: [{ kind: 'User', name: 'u' }],
  },
  '/apis/storage.k8s.io/v1/storageclasses': {
    provisioner: 'a.b/c',
    metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'false' } },
  },
  '/apis/storage.k8s.io/v1/csidrivers': { spec: { attachRequired: true } },
  '/apis/storage.k8s.io/v1/csinodes': { spec: { drivers: [{ name: 'd', nodeID: 'x' }] } },
  '/apis/storage.k8s.io/v1/volumeattachments': {
    spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } },
  },
  '/apis/scheduling.k8s.io/v1/priorityclasses': { value: 12 },
  '/apis/node.k8s.io/v1/runtimeclasses': { handler: 'h' },
  '/apis/networking.k8s.io/v1/ingressclasses': {
    spec: { controller: 'a.b/c', parameters: { apiGroup: 'x.y', kind: 'K', name: 'n', scope: 'Cluster' } },
  },
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions': undefined,
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations': { webhooks: [] },
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations': {},
  '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies': {
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: ['x'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['ys'] }],
      },
      validations: [{ expression: 'true' }],
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    },
  },
  '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings': {
    spec: {
      policyName: 'p',
      validationActions: ['Deny'],
      paramRef: { name: 'x', namespace: 'y', parameterNotFoundAction: 'Deny' },
    },
  },
  '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies': {
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: ['x'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['ys'] }],
      },
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }],
      reinvocationPolicy: 'Never',
    },
  },
  '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings': { spec: { policyName: 'p' } },
  '/apis/certificates.k8s.io/v1/certificatesigningrequests': undefined,
  '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas': {
    spec: {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 77,
      distinguisherMethod: { type: 'ByUser' },
    },
  },
  '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations': {
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } },
  },
};
const tables = Object.fromEntries(
  [...Object.entries(objects), ...Object.entries(clusterObjects).filter(([, v]) => v)].map(([path, body]) => {
    const isClustered = path in clusterObjects;
    const [, root, plural] = /^(.*)\/([^/]+)$/.exec(path);
    const at = isClustered ? path : `${root}/namespaces/{ns}/${plural}`;
    const name = isClustered ? '{u}-a' : 'a';
    return [
      `table of ${path}`,
      {
        account: true,
        steps: [
          { do: 'POST', at, q: {}, body: { ...body, metadata: { name, labels: { seq: '{u}' }, ...body.metadata } } },
          get(at, { labelSelector: 'seq={u}' }, table),
          get(`${at}/${name}`, {}, table),
          get(`${at}/${name}`, { includeObject: 'None' }, table),
          get(`${at}/${name}`, { includeObject: 'Object' }, table),
          get(`${at}/${name}`, {}, meta),
          get(at, { labelSelector: 'seq={u}' }, metaList),
          get(at, { labelSelector: 'seq={u}', fieldSelector: `metadata.name=${name}` }),
          get(at, { fieldSelector: 'spec.x=1' }),
          { do: 'DELETE', at: `${at}/${name}`, q: {}, accept: table },
        ],
      },
    ];
  }),
);
const three = [cm('a', { labels: { a: '1' } }), cm('b', { labels: { a: '2' } }), cm('c')];
const many = Array.from({ length: 7 }, (_, i) => cm(`m${i}`));
const fieldsOf = {
  pods: [
    'spec.nodeName=',
    'spec.restartPolicy=Always',
    'spec.schedulerName=default-scheduler',
    'spec.serviceAccountName=default',
    'spec.hostNetwork=false',
    'status.phase=Pending',
    'status.podIP=',
    'status.nominatedNodeName=',
    'spec.nodeName!=x',
    'status.qosClass=x',
    'metadata.labels=x',
  ],
  events: [
    'involvedObject.kind=Pod',
    'involvedObject.name=p',
    'involvedObject.namespace={ns}',
    'involvedObject.uid=',
    'involvedObject.fieldPath=x',
    'reason=R',
    'reportingComponent=',
    'source=c',
    'type=Warning',
    'message=m',
  ],
  secrets: ['type=Opaque', 'type!=Opaque', 'data=x'],
  services: ['spec.clusterIP=None', 'spec.type=ClusterIP', 'x=y'],
  namespaces: ['status.phase=Active,metadata.name={ns}'],
  nodes: ['spec.unschedulable=true', 'x=y'],
  replicationcontrollers: ['status.replicas=0'],
  configmaps: [
    'immutable=true',
    'metadata.name',
    'metadata.name=a,metadata.name=b',
    'metadata.name in (a)',
    'metadata.name==a',
    'metadata.uid=x',
    'metadata.name=a\\,b',
  ],
  persistentvolumes: ['spec.claimRef=x'],
};
export const sequences = {
  ...tables,
  'field selectors': {
    account: true,
    steps: Object.entries(fieldsOf).flatMap(([plural, list]) =>
      list.map((fieldSelector) =>
        get(
          `${/^(namespaces|nodes|persistentvolumes)$/.test(plural) ? '/api/v1' : '/api/v1/namespaces/{ns}'}/${plural}`,
          {
            fieldSelector: fieldSelector,
            labelSelector: plural === 'nodes' || plural === 'persistentvolumes' ? 'x=y' : '',
          },
        ),
      ),
    ),
  },
  'field selectors of groups': {
    steps: [
      ['apps/v1', 'replicasets', 'status.replicas=0'],
      ['apps/v1', 'deployments', 'status.x=0'],
      ['batch/v1', 'jobs', 'status.successful=0'],
      ['batch/v1', 'cronjobs', 'x=0'],
      ['certificates.k8s.io/v1', 'certificatesigningrequests', 'spec.signerName=x'],
      ['events.k8s.io/v1', 'events', 'regarding.kind=Pod'],
      ['events.k8s.io/v1', 'events', 'reportingController=x'],
      ['events.k8s.io/v1', 'events', 'involvedObject.kind=x'],
      ['coordination.k8s.io/v1', 'leases', 'spec.holderIdentity=x'],
      ['networking.k8s.io/v1', 'ingresses', 'a=b'],
      ['rbac.authorization.k8s.io/v1', 'roles', 'a=b'],
      ['policy/v1', 'poddisruptionbudgets', 'a=b'],
      ['autoscaling/v2', 'horizontalpodautoscalers', 'a=b'],
      ['autoscaling/v1', 'horizontalpodautoscalers', 'a=b'],
      ['discovery.k8s.io/v1', 'endpointslices', 'a=b'],
      ['storage.k8s.io/v1', 'storageclasses', 'a=b'],
      ['apiextensions.k8s.io/v1', 'customresourcedefinitions', 'a=b'],
      ['resource.k8s.io/v1', 'resourceslices', 'spec.driver=b'],
    ].map(([g, plural, fieldSelector]) => get(`/apis/${g}/${plural}`, { fieldSelector, labelSelector: 'x=y' })),
  },
  'bad options of lists': {
    steps: [
      ...three,
      ...[
        { limit: 'x' },
        { limit: '-1' },
        { resourceVersion: 'x' },
        { resourceVersion: '-1' },
        { resourceVersion: '' },
        { resourceVersion: '1', resourceVersionMatch: 'Exact' },
        { resourceVersionMatch: 'x' },
        { resourceVersion: '0', resourceVersionMatch: 'NotOlderThan' },
        { resourceVersion: '0', resourceVersionMatch: 'Exact' },
        { continue: 'x' },
        { continue: 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0' },
        { continue: 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYVx1MDAwMCJ9' },
        { continue: 'eyJ2IjoieCIsInJ2Ijo1LCJzdGFydCI6ImEifQ' },
        { timeoutSeconds: 'x' },
        { timeoutSeconds: '-1' },
        { watch: 'x' },
        { allowWatchBookmarks: 'x' },
        { sendInitialEvents: 'true' },
        { sendInitialEvents: 'x' },
        { unknown: '1' },
        { labelSelector: 'a in (1' },
        { labelSelector: 'a=b=c' },
        { labelSelector: '!' },
        { labelSelector: 'a>x' },
        { labelSelector: 'a>1' },
        { labelSelector: 'a<3' },
        { labelSelector: 'a in (1,2),b' },
        { labelSelector: 'a,' },
        { labelSelector: ',a' },
        { labelSelector: 'a b' },
        { labelSelector: 'a=' + 'x'.repeat(64) },
        { labelSelector: 'a!=1,a!=2' },
        { labelSelector: 'a notin (1,2)' },
        { labelSelector: 'a in ()' },
        { labelSelector: 'a in (,)' },
        { labelSelector: 'x.y/z=1' },
        { labelSelector: '-x=1' },
        { labelSelector: ' a = 1 ' },
        { pretty: 'true', limit: '1' },
        { limit: '2', resourceVersion: '0' },
      ].map((q) => get(cms, q)),
    ],
  },
  'continue to the end': {
    steps: [
      ...many,
      get(cms, { limit: '3', labelSelector: 'seq={u}' }),
      get(cms, { limit: '3', labelSelector: 'seq={u}', continue: '@7:metadata.continue' }),
      get(cms, { limit: '3', labelSelector: 'seq={u}', continue: '@8:metadata.continue' }),
      get(cms, {
        limit: '3',
        labelSelector: 'seq={u}',
        continue: '@7:metadata.continue',
        resourceVersion: '@7:metadata.resourceVersion',
      }),
      get(cms, { limit: '3', continue: '@7:metadata.continue', resourceVersion: '0' }),
      get(cms, { limit: '3', continue: '@7:metadata.continue', resourceVersionMatch: 'Exact', resourceVersion: '5' }),
      get(cms, { limit: '3' }),
      get(cms, { limit: '3' }, table),
      get(cms, { limit: '3' }, metaList),
      get(cms, {
        resourceVersion: '@2:metadata.resourceVersion',
        resourceVersionMatch: 'Exact',
        labelSelector: 'seq={u}',
      }),
      get(cms, {
        resourceVersion: '@2:metadata.resourceVersion',
        resourceVersionMatch: 'NotOlderThan',
        labelSelector: 'seq={u}',
      }),
      get(cms, {
        resourceVersion: '@2:metadata.resourceVersion',
        resourceVersionMatch: 'Exact',
        limit: '2',
        labelSelector: 'seq={u}',
      }),
      get(cms, { fieldSelector: 'metadata.name=m3', limit: '1' }),
      get(cms, { fieldSelector: 'metadata.name!=m3', limit: '2' }),
    ],
  },
  'methods and paths': {
    local: true,
    steps: [
      ['PUT', cms],
      ['PATCH', cms],
      ['POST', `${cms}/a`],
      ['DELETE', '/api/v1/configmaps'],
      ['POST', '/api/v1/configmaps'],
      ['GET', '/api/v1/configmaps/a'],
      ['GET', '/api/v1/namespaces/{ns}/nodes'],
      ['GET', '/api/v1/namespaces/{ns}/odd'],
      ['GET', '/api/v1/namespaces/{ns}/configmaps/a/status'],
      ['GET', '/api/v1/namespaces/{ns}/pods/a/odd'],
      ['GET', '/apis/odd/v1/x'],
      ['GET', '/apis/apps/v2/deployments'],
      ['GET', '/apis/apps/v1/odd'],
      ['GET', '/api/v2'],
      ['GET', '/odd'],
      ['OPTIONS', cms],
      ['HEAD', cms],
      ['TRACE', cms],
      ['GET', '/api/v1/namespaces/{ns}/pods/none/log'],
      ['GET', '/api/v1/namespaces/{ns}/pods/none/exec'],
      ['POST', '/api/v1/namespaces/{ns}/pods/none/eviction'],
      ['POST', '/api/v1/namespaces/{ns}/pods/none/binding'],
      ['GET', '/api/v1/namespaces/{ns}/serviceaccounts/none/token'],
      ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
      ['DELETE', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
      ['GET', '/api/v1/componentstatuses'],
      ['GET', '/api/v1/bindings'],
      ['GET', '/api/v1/namespaces/{ns}/configmaps/'],
      ['GET', '/api/v1//configmaps'],
      ['GET', '/api/v1/watch/namespaces/{ns}/odd'],
      ['GET', '/apis/apps'],
      ['GET', '/apis/apps/'],
      ['GET', '/apis/odd'],
      ['GET', '/version/'],
      ['POST', '/version'],
      ['POST', '/api'],
      ['PUT', '/apis/apps/v1'],
      ['GET', '/healthz/ping'],
      ['GET', '/healthz/odd'],
      ['GET', '/livez?exclude=ping'],
      ['GET', '/readyz?verbose'],
      ['GET', '/metrics/odd'],
      ['GET', '/openapi/v3/apis/odd'],
      ['GET', '/openapi/odd'],
      ['POST', '/healthz'],
      ['GET', '/logs'],
      ['GET', '/.well-known/openid-configuration'],
      ['GET', '/api/v1/namespaces/{ns}'],
      ['GET', '/api/v1/namespaces/{ns}/status'],
      ['GET', '/api/v1/namespaces/{ns}/finalize'],
    ].map(([method, at]) => ({
      do: method,
      at: at.split('?')[0],
      q: Object.fromEntries(new URLSearchParams(at.split('?')[1] ?? '')),
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: {} }),
    })),
  },
  'accept headers': {
    steps: [
      ...three,
      ...[
        'application/xml',
        'application/json;q=0.1,application/yaml',
        'text/*',
        'application/*',
        '*/*;q=0',
        'application/json;as=Table',
        'application/json;as=Table;g=meta.k8s.io;v=v1beta1',
        'application/json;as=Table;g=meta.k8s.io;v=v2',
        'application/yaml;as=Table;g=meta.k8s.io;v=v1',
        'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1',
        'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
        'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
        'application/json;charset=utf-8',
        'application/json;pretty=1',
        'application/json;stream=watch',
        'application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1',
        'application/cbor',
        'garbage',
        '',
      ].flatMap((accept) => [get(`${cms}/a`, {}, accept), get(cms, { labelSelector: 'seq={u},a=1' }, accept)]),
    ],
  },
  'watches of every shape': {
    local: true,
    steps: [
      cm('a', { labels: { a: '1' } }),
      ...[
        {},
        { resourceVersion: '0' },
        { resourceVersion: '@0:metadata.resourceVersion' },
        { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' },
        { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' },
        { sendInitialEvents: 'false', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' },
        { sendInitialEvents: 'true', resourceVersionMatch: 'Exact' },
        { resourceVersionMatch: 'NotOlderThan' },
        { resourceVersion: 'x' },
        { limit: '1' },
        { fieldSelector: 'metadata.name=a' },
        { fieldSelector: 'x=y' },
        { labelSelector: 'a in (' },
        { continue: 'x' },
        { timeoutSeconds: 'x' },
      ].map((q, i) => ({ watch: `w${i}`, at: cms, q: { labelSelector: 'seq={u}', timeoutSeconds: '30', ...q } })),
      ...[
        'application/json;as=Table;v=v1;g=meta.k8s.io',
        'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
        'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
        'application/yaml',
        'application/xml',
        'application/json;stream=watch',
      ].map((accept, i) => ({
        watch: `v${i}`,
        at: cms,
        q: { labelSelector: 'seq={u}', timeoutSeconds: '30' },
        accept,
      })),
      { do: 'PATCH', at: `${cms}/a`, type: 'merge', q: {}, body: { data: { z: '1' } } },
      { do: 'DELETE', at: `${cms}/a`, q: {} },
      cm('zz'),
      ...Array.from({ length: 15 }, (_, i) => ({ events: `w${i}`, upto: 'zz' })),
      ...Array.from({ length: 6 }, (_, i) => ({ events: `v${i}`, upto: 'zz' })),
    ],
  },
};
