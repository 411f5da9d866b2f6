// The commands of kubectl.mjs: what people type, in an order in which each finds what it is about.
import fs from 'node:fs';
import path from 'node:path';

const labels = { app: 'web' };
const template = {
  metadata: { labels },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'registry.example.com/web:1',
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [{ name: 'MODE', value: 'fast' }],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
      },
    ],
  },
};
const object = (apiVersion, kind, name, more = {}) => ({ apiVersion, kind, metadata: { name }, ...more });
const deployment = object('apps/v1', 'Deployment', 'web', {
  spec: { replicas: 2, selector: { matchLabels: labels }, template },
});
const service = object('v1', 'Service', 'web', {
  spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
});
const settings = (data) => object('v1', 'ConfigMap', 'settings', { data });
const pod = { ...object('v1', 'Pod', 'lone', { spec: template.spec }), metadata: { name: 'lone', labels } };
const job = object('batch/v1', 'Job', 'once', {
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } } },
});
const cronJob = object('batch/v1', 'CronJob', 'nightly', {
  spec: { schedule: '0 3 * * *', jobTemplate: { spec: job.spec } },
});
const ingress = object('networking.k8s.io/v1', 'Ingress', 'web', {
  spec: {
    ingressClassName: 'nginx',
    tls: [{ hosts: ['example.com'], secretName: 'tls' }],
    rules: [
      {
        host: 'example.com',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }],
        },
      },
    ],
  },
});
const claim = object('v1', 'PersistentVolumeClaim', 'data', {
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});
const stateful = object('apps/v1', 'StatefulSet', 'db', {
  spec: {
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: { ...template, metadata: { labels: { app: 'db' } } },
  },
});
const daemon = object('apps/v1', 'DaemonSet', 'agent', {
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: { ...template, metadata: { labels: { app: 'agent' } } },
  },
});
const scaler = object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  },
});
const budget = object('policy/v1', 'PodDisruptionBudget', 'web', {
  spec: { minAvailable: 1, selector: { matchLabels: labels } },
});
const networkPolicy = object('networking.k8s.io/v1', 'NetworkPolicy', 'web', {
  spec: { podSelector: { matchLabels: labels }, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] },
});
const quota = object('v1', 'ResourceQuota', 'q', { spec: { hard: { pods: '10', 'requests.cpu': '4' } } });
const range = object('v1', 'LimitRange', 'r', {
  spec: { limits: [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }] },
});
const node = {
  ...object('v1', 'Node', 'node-of-commands'),
  metadata: { name: 'node-of-commands', labels: { role: 'x' } },
};
const crd = (group) =>
  object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `gadgets.${group}`, {
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', shortNames: ['gd'], categories: ['all'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'A gadget.',
              properties: {
                spec: {
                  type: 'object',
                  description: 'What is wanted.',
                  required: ['size'],
                  properties: {
                    size: { type: 'integer', minimum: 1, description: 'How big.' },
                    color: { type: 'string' },
                  },
                },
                status: { type: 'object', properties: { phase: { type: 'string' } } },
              },
            },
          },
        },
      ],
    },
  });

/** A command: words, and what stands on its standard input. */
function command(text, stdin) {
  const args = Array.isArray(text) ? text : text.split(' ');
  return { args, ...(stdin === undefined ? {} : { stdin: typeof stdin === 'string' ? stdin : JSON.stringify(stdin) }) };
}

export function kubectlCommands(namespace) {
  const group = `${namespace}.example.com`;
  const all = (list) => ({ apiVersion: 'v1', kind: 'List', items: list });
  const k = (text, stdin) => {
    const { args, ...rest } = command(text, stdin);
    return { args: ['-n', namespace, ...args], ...rest };
  };
  return [
    k(`create namespace ${namespace}`),
    k(`create namespace ${namespace}`),
    ...creation(k, all),
    ...reading(k),
    ...changing(k),
    ...clusterWide(k, group),
    ...removing(k),
  ];
}

function creation(k, all) {
  const objects = [
    deployment,
    service,
    ingress,
    claim,
    stateful,
    daemon,
    scaler,
    budget,
    networkPolicy,
    quota,
    range,
    cronJob,
    job,
  ];
  return [
    k('apply --dry-run=server -f -', deployment),
    k('apply --dry-run=client -f -', deployment),
    k('diff -f -', deployment),
    k('apply -f -', all(objects)),
    k('apply -f -', all(objects)),
    k('diff -f -', deployment),
    k('diff -f -', { ...deployment, spec: { ...deployment.spec, replicas: 4 } }),
    k('apply --server-side -f -', settings({ a: '1', b: '2' })),
    k('apply --server-side --field-manager=other -f -', settings({ a: '9' })),
    k('apply --server-side --field-manager=other --force-conflicts -f -', settings({ a: '9' })),
    k('apply --server-side -f -', settings({ b: '2' })),
    k('apply -f -', settings({ c: '3' })),
    k('create -f -', settings({})),
    k('replace -f -', settings({ z: '1' })),
    k('replace -f -', object('v1', 'ConfigMap', 'none')),
    k('create configmap literal --from-literal=k=v --from-literal=l=w'),
    k('create secret generic hidden --from-literal=password=x'),
    k('create serviceaccount robot'),
    k('create role reader --verb=get,list --resource=pods,deployments.apps'),
    k('create rolebinding reader --role=reader --serviceaccount=x:robot'),
    k('create quota more --hard=services=5'),
    k('create job manual --from=cronjob/nightly'),
    k('create deployment plain --image=nginx --replicas=1'),
    k('create service clusterip other --tcp=80:8080'),
    k('create ingress other --rule=a.example.com/x=other:80'),
    k('create priorityclass odd --value=abc'),
    k('create -f -', pod),
    k('apply -f -', { ...pod, metadata: { name: 'Bad Name' } }),
    k('apply -f -', { ...deployment, spec: { ...deployment.spec, replicas: -1, selector: {} } }),
    k('apply -f -', { ...deployment, spec: { ...deployment.spec, odd: 1 } }),
    k('create --validate=ignore -f -', object('v1', 'ConfigMap', 'lenient', { odd: 1 })),
    k('create -f -', object('example.com/v1', 'Nothing', 'x')),
    k('create -f -', 'not: [an object'),
    k('run shell --image=busybox --restart=Never -- sleep 5'),
  ];
}

const kindsRead =
  'deployments services ingresses persistentvolumeclaims statefulsets daemonsets hpa pdb networkpolicies resourcequotas limitranges cronjobs jobs pods configmaps secrets serviceaccounts roles rolebindings'.split(
    ' ',
  );

function reading(k) {
  return [
    ...kindsRead.map((kind) => k(`get ${kind}`)),
    ...kindsRead.map((kind) => k(`get ${kind} -o wide --show-labels`)),
    ...kindsRead.filter((kind) => !['secrets', 'serviceaccounts'].includes(kind)).map((kind) => k(`describe ${kind}`)),
    k('get all'),
    k('get deployment web -o yaml'),
    k('get service web -o json'),
    k('get deployments,services -o name'),
    k('get pods -o jsonpath={.items[*].spec.containers[*].image}'),
    k('get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,QOS:.status.qosClass'),
    k('get deploy -L app --sort-by=.metadata.name'),
    k('get pods --field-selector status.phase=Pending -o name'),
    k('get pods --field-selector status.odd=x'),
    k('get pods -l app=web,tier!=x -o name'),
    k('get pods -l app=(x'),
    k('get deployment none'),
    k('get nothing'),
    k('get deploy/web svc/web cm/none'),
    k('get deployment web --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}'),
    k('get events'),
    k('events'),
    k('get secrets hidden -o go-template={{.data.password}}'),
    k('get deployment web --subresource=status -o name'),
    k('get deployment web --subresource=scale -o yaml'),
    k('get --raw /version?x=1'),
    k('get --raw /healthz'),
    k('get --raw /apis/apps'),
    k('get --raw /none'),
    k('logs lone'),
    k('logs none'),
    k('logs -l app=web --tail=1'),
    k('exec lone -- ls'),
    k('exec none -- ls'),
    k('attach lone'),
    k('port-forward pod/none 1:1'),
    k('cp lone:/x /tmp/none'),
    k('top pods'),
    k('top nodes'),
    k('version -o json'),
    k('cluster-info'),
    k('api-versions'),
    k('api-resources'),
    k('api-resources --namespaced=false -o name'),
    k('api-resources --api-group=apps -o wide'),
    k('explain deployment'),
    k('explain deployment.spec.strategy'),
    k('explain pods.spec.containers.livenessProbe'),
    k('explain pods.spec.none'),
    k('explain ingress --recursive'),
    k('explain cronjob.spec --api-version=batch/v1'),
    k('auth can-i --list'),
    k('auth can-i create pods'),
    k('auth can-i get pods --as=system:serviceaccount:x:robot'),
    k('auth can-i --list --as=system:serviceaccount:x:robot'),
    k('auth can-i delete nodes --as=stranger'),
    k('auth whoami'),
    k('auth whoami --as=jane --as-group=devs'),
    k('create token robot'),
    k('create token robot --duration=10m --audience=x -o json'),
    k('create token none'),
    k('create token robot --duration=1s'),
    k('get pods --as=stranger'),
    k('create configmap x --as=stranger'),
  ];
}

function changing(k) {
  return [
    k('label configmap settings a=b'),
    k('label configmap settings a=c'),
    k('label configmap settings a=c --overwrite'),
    k('label configmap settings a-'),
    k('label configmap settings a-'),
    k(['label', 'configmap', 'settings', 'a=bad value']),
    k('annotate configmap settings note=x'),
    k('annotate configmap settings note- other=y'),
    k('annotate pods --all seen=yes'),
    k(['patch', 'configmap', 'settings', '-p', '{"data":{"p":"1"}}']),
    k(['patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"p":null}}']),
    k(['patch', 'configmap', 'settings', '--type=json', '-p', '[{"op":"test","path":"/data/z","value":"no"}]']),
    k(['patch', 'configmap', 'settings', '--type=json', '-p', '[{"op":"add","path":"/none/x","value":"1"}]']),
    k([
      'patch',
      'deployment',
      'web',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"b:2"}]}}}}',
    ]),
    k(['patch', 'deployment', 'web', '-p', '{"spec":{"selector":{"matchLabels":{"x":"y"}}}}']),
    k(['patch', 'deployment', 'web', '--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":3}}']),
    k(['patch', 'pod', 'lone', '-p', '{"spec":{"containers":[{"name":"main","command":["x"]}]}}']),
    k('edit configmap settings'),
    k('scale deployment web --replicas=1'),
    k('scale deployment web --replicas=5 --current-replicas=9'),
    k('scale deployment none --replicas=1'),
    k('scale --replicas=2 deployment/web statefulset/db'),
    k('autoscale deployment plain --min=1 --max=3 --cpu-percent=50'),
    k('set image deployment/web main=c:3'),
    k('set env deployment/web MODE=slow NEW=1'),
    k('set env deployment/web --list'),
    k('set resources deployment web --limits=cpu=1'),
    k('set serviceaccount deployment web robot'),
    k('set selector service web app=other'),
    k('rollout history deployment web'),
    k('rollout pause deployment web'),
    k('rollout pause deployment web'),
    k('rollout resume deployment web'),
    k('rollout restart deployment web'),
    k('rollout undo deployment none'),
    k('rollout status deployment plain --timeout=1s'),
    k('rollout status deployment web --watch=false'),
    k('expose deployment plain --port=80'),
    k('expose deployment plain --port=80'),
    k('wait --for=condition=Available deployment/plain --timeout=1s'),
    k('wait --for=delete configmap/none --timeout=1s'),
    k('wait --for=create configmap/settings --timeout=1s'),
    k('wait --for=jsonpath={.data.z}=1 configmap/settings --timeout=1s'),
    k('debug lone --image=busybox --profile=general -- true'),
  ];
}

function clusterWide(k, group) {
  const gadget = (spec) => object(`${group}/v1`, 'Gadget', 'g', { spec });
  return [
    k('create -f -', node),
    k('get node node-of-commands'),
    k('describe node node-of-commands'),
    k('cordon node-of-commands'),
    k('cordon node-of-commands'),
    k('taint node node-of-commands k=v:NoSchedule'),
    k('taint node node-of-commands k=v:NoSchedule'),
    k('taint node node-of-commands k=v:Odd'),
    k('taint node node-of-commands k-'),
    k('uncordon node-of-commands'),
    k('drain node-of-commands --ignore-daemonsets --timeout=3s'),
    k('delete node node-of-commands'),
    k('create -f -', crd(group)),
    k(`wait --for=condition=Established crd/gadgets.${group} --timeout=10s`),
    k('create -f -', gadget({ size: 3 })),
    k('create -f -', gadget({ size: 0 })),
    k('apply -f -', gadget({ size: 'x' })),
    k('apply -f -', { ...gadget({ size: 1 }), metadata: { name: 'g2' } }),
    k('apply -f -', { ...gadget({ size: 1, odd: 2 }), metadata: { name: 'g2' } }),
    k('get gadgets'),
    k('get gd -o wide'),
    k('get gd g -o yaml'),
    k('describe gadget g'),
    k('explain gadget.spec'),
    k(['patch', 'gadget', 'g', '-p', '{"spec":{"size":4}}']),
    k(['patch', 'gadget', 'g', '--type=merge', '-p', '{"spec":{"size":4}}']),
    k(['patch', 'gadget', 'g', '--type=merge', '--subresource=status', '-p', '{"status":{"phase":"x"}}']),
    k('scale gadget g --replicas=2'),
    k(`get crd gadgets.${group}`),
    k(`describe crd gadgets.${group}`),
    k(`delete crd gadgets.${group}`),
    k('get gadgets'),
    k('get storageclasses,priorityclasses'),
    k('describe priorityclass system-node-critical'),
    k('get clusterroles view -o yaml'),
    k('describe clusterrole view'),
    k('get apiservices v1.apps'),
    k('get namespaces default kube-system'),
    k('describe namespace default'),
    k('get flowschemas'),
    k('get prioritylevelconfigurations'),
    k('get csr'),
    k('certificate approve none'),
  ];
}

function removing(k) {
  return [
    k('delete configmap settings --dry-run=server'),
    k('delete configmap settings'),
    k('delete configmap settings'),
    k('delete configmap settings --ignore-not-found'),
    k('delete deployment web --cascade=orphan'),
    k('delete deployment plain --cascade=foreground --wait=false'),
    k('delete pod lone --grace-period=0 --force'),
    k('delete pods -l app=none'),
    k('delete jobs --all'),
    k('delete ingress,service --all'),
    k('delete nothing x'),
    k('delete -f - --wait=false', claim),
    k('get configmaps,services,jobs -o name'),
  ];
}

// ---- Helm ----------------------------------------------------------------------------------------------------------------------

export function writeChart(folder) {
  const root = path.join(folder, 'chart');
  fs.mkdirSync(path.join(root, 'templates'), { recursive: true });
  const write = (name, value) =>
    fs.writeFileSync(path.join(root, name), typeof value === 'string' ? value : JSON.stringify(value));
  write('Chart.yaml', { apiVersion: 'v2', name: 'small', version: '0.1.0', appVersion: '1' });
  write('values.yaml', { data: 'one', replicas: 1, odd: false });
  write(
    'templates/config.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: {k: "{{ .Values.data }}"}\n',
  );
  write(
    'templates/deployment.yaml',
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "{{ .Release.Name }}"}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: small}}\n  template:\n    metadata: {labels: {app: small}}\n    spec: {containers: [{name: c, image: "i:{{ .Values.data }}"}]}\n`,
  );
  write(
    'templates/odd.yaml',
    '{{ if .Values.odd }}\napiVersion: v1\nkind: Service\nmetadata: {name: Odd_Name}\nspec: {}\n{{ end }}',
  );
  write(
    'templates/NOTES.txt',
    'data is {{ .Values.data }} on {{ .Capabilities.KubeVersion.Major }}.{{ .Capabilities.KubeVersion.Minor }}\n',
  );
}

export function helmCommands(namespace) {
  const space = `${namespace}-helm`;
  const h = (text) => ({ args: [...command(text).args, '-n', space] });
  const kube = (text) => ({ program: 'kubectl', args: ['-n', space, ...command(text).args] });
  return [
    kube(`create namespace ${space}`),
    h('install small chart'),
    h('install small chart'),
    kube('get configmap small -o yaml'),
    kube('get deployment small -o yaml'),
    kube('get secrets'),
    h('upgrade small chart --set data=two,replicas=2'),
    kube('get deployment small -o yaml'),
    h('upgrade small chart --set odd=true'),
    h('history small'),
    h('get values small'),
    h('get manifest small'),
    h('rollback small 1'),
    kube('get configmap small -o yaml'),
    h('status small'),
    h('list'),
    h('upgrade small chart --set data=three --force'),
    h('upgrade --install second chart --dry-run=server'),
    h('template third chart --validate'),
    h('uninstall small'),
    h('uninstall small'),
    kube('get configmaps,deployments -o name'),
    h('install late chart --wait --timeout 3s'),
  ];
}
