import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { printerFor } from './registry.ts';

const born = '2026-01-01T00:00:00Z';
const now = Date.parse('2026-01-01T02:00:00Z');
const deleted = { deletionTimestamp: born };

interface Row {
  readonly kind: string;
  readonly object: object;
  readonly metadata?: object;
  readonly want: readonly unknown[];
}

const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'i:1' }], nodeSelector: { b: '2', a: '1' } },
};
const selector = { matchLabels: { app: 'x' } };

describe('rows of tables', () => {
  test.each<Row>([
    {
      kind: 'apps/replicasets',
      object: { spec: { replicas: 2, selector, template }, status: { replicas: 2, readyReplicas: 1 } },
      want: ['x', 2, 2, 1, '120m', 'c', 'i:1', 'app=x'],
    },
    {
      kind: 'apps/statefulsets',
      object: { spec: { replicas: 3, selector, template }, status: { readyReplicas: 1 } },
      want: ['x', '1/3', '120m', 'c', 'i:1'],
    },
    {
      kind: 'apps/daemonsets',
      object: { spec: { selector, template }, status: { desiredNumberScheduled: 3, numberReady: 2 } },
      want: ['x', 3, 0, 2, 0, 0, 'a=1,b=2', '120m', 'c', 'i:1', 'app=x'],
    },
    {
      kind: '/replicationcontrollers',
      object: { spec: { replicas: 1, selector: { app: 'x' }, template }, status: { replicas: 1 } },
      want: ['x', 1, 1, 0, '120m', 'c', 'i:1', 'app=x'],
    },
    {
      kind: 'batch/jobs',
      object: {
        spec: { completions: 3, parallelism: 1, selector, template },
        status: { succeeded: 1, startTime: '2026-01-01T01:00:00Z' },
      },
      want: ['x', 'Running', '1/3', '60m', '120m', 'c', 'i:1', 'app=x'],
    },
    {
      kind: 'batch/jobs',
      object: {
        spec: { parallelism: 4, selector, template },
        status: {
          startTime: '2026-01-01T01:00:00Z',
          completionTime: '2026-01-01T01:00:30Z',
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      want: ['x', 'Complete', '0/1 of 4', '30s', '120m', 'c', 'i:1', 'app=x'],
    },
    {
      kind: 'batch/jobs',
      object: {
        spec: { suspend: true, selector, template },
        status: { conditions: [{ type: 'Suspended', status: 'True' }] },
      },
      metadata: deleted,
      want: ['x', 'Terminating', '0/1', '', '120m', 'c', 'i:1', 'app=x'],
    },
    {
      kind: 'batch/cronjobs',
      object: {
        spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } },
        status: { active: [{}], lastScheduleTime: '2026-01-01T01:59:00Z' },
      },
      want: ['x', '* * * * *', '<none>', 'False', 1, '60s', '120m', 'c', 'i:1', '<none>'],
    },
    {
      kind: '/services',
      object: {
        spec: {
          type: 'NodePort',
          clusterIP: '10.0.0.1',
          selector: { app: 'x' },
          ports: [
            { port: 80, nodePort: 30080, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
      },
      want: ['x', 'NodePort', '10.0.0.1', '<none>', '80:30080/TCP,53/UDP', '120m', 'app=x'],
    },
    {
      kind: '/services',
      object: { spec: { type: 'ExternalName', externalName: 'example.com' } },
      want: ['x', 'ExternalName', '<none>', 'example.com', '<none>', '120m', '<none>'],
    },
    {
      kind: '/services',
      object: {
        spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1', ports: [{ port: 80, protocol: 'TCP' }] },
        status: {},
      },
      want: ['x', 'LoadBalancer', '10.0.0.1', '<pending>', '80/TCP', '120m', '<none>'],
    },
    {
      kind: '/nodes',
      object: {
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.9' }],
          nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'Linux' },
        },
      },
      metadata: { labels: { 'node-role.kubernetes.io/b': '', 'node-role.kubernetes.io/a': '' } },
      want: [
        'x',
        'Ready,SchedulingDisabled',
        'a,b',
        '120m',
        'v1.36.0',
        '10.0.0.9',
        '<none>',
        'Linux',
        '<unknown>',
        '<unknown>',
      ],
    },
    {
      kind: '/persistentvolumeclaims',
      object: {
        spec: { volumeName: 'v', storageClassName: 's', volumeMode: 'Filesystem' },
        status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] },
      },
      want: ['x', 'Bound', 'v', '1Gi', 'RWO,ROX', 's', '<unset>', '120m', 'Filesystem'],
    },
    {
      kind: '/persistentvolumeclaims',
      object: { spec: {}, status: { phase: 'Pending' } },
      metadata: deleted,
      want: ['x', 'Terminating', '', '', '', '', '<unset>', '120m', '<unset>'],
    },
    {
      kind: '/persistentvolumes',
      object: {
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteMany'],
          persistentVolumeReclaimPolicy: 'Retain',
          claimRef: { namespace: 'n', name: 'c' },
        },
        status: { phase: 'Bound' },
      },
      want: ['x', '1Gi', 'RWX', 'Retain', 'Bound', 'n/c', '', '<unset>', '', '120m', '<unset>'],
    },
    {
      kind: 'policy/poddisruptionbudgets',
      object: { spec: { maxUnavailable: '30%' }, status: { disruptionsAllowed: 2 } },
      want: ['x', 'N/A', '30%', 2, '120m'],
    },
    {
      kind: 'storage.k8s.io/storageclasses',
      object: { provisioner: 'p', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      want: ['x (default)', 'p', 'Delete', 'Immediate', false, '120m'],
    },
    {
      kind: 'storage.k8s.io/csidrivers',
      object: { spec: { attachRequired: false, tokenRequests: [{ audience: 'a' }, { audience: 'b' }] } },
      want: ['x', false, false, false, 'a,b', false, '<none>', '120m'],
    },
    {
      kind: 'storage.k8s.io/csidrivers',
      object: { spec: { volumeLifecycleModes: ['Persistent', 'Ephemeral'], storageCapacity: true } },
      want: ['x', true, false, true, '<unset>', false, 'Persistent,Ephemeral', '120m'],
    },
    { kind: 'storage.k8s.io/csinodes', object: { spec: { drivers: [{}, {}] } }, want: ['x', 2, '120m'] },
    {
      kind: 'storage.k8s.io/volumeattachments',
      object: {
        spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } },
        status: { attached: true },
      },
      want: ['x', 'a', 'v', 'n', true, '120m'],
    },
    {
      kind: 'storage.k8s.io/csistoragecapacities',
      object: { storageClassName: 's', capacity: '2Gi' },
      want: ['x', 's', '2Gi'],
    },
    {
      kind: 'storage.k8s.io/volumeattributesclasses',
      object: { driverName: 'd' },
      want: ['x', 'd', '120m'],
    },
    { kind: 'resource.k8s.io/deviceclasses', object: {}, want: ['x', '120m'] },
    { kind: 'resource.k8s.io/resourceclaims', object: {}, want: ['x', 'pending', '120m'] },
    { kind: 'resource.k8s.io/resourceclaims', object: {}, metadata: deleted, want: ['x', 'deleted', '120m'] },
    {
      kind: 'resource.k8s.io/resourceclaims',
      object: { status: { allocation: {}, reservedFor: [{}] } },
      metadata: deleted,
      want: ['x', 'deleted,allocated,reserved', '120m'],
    },
    {
      kind: 'resource.k8s.io/resourceslices',
      object: { spec: { nodeName: 'n', driver: 'd', pool: { name: 'p' } } },
      want: ['x', 'n', 'd', 'p', '120m'],
    },
    {
      kind: 'networking.k8s.io/servicecidrs',
      object: { spec: { cidrs: ['10.0.0.0/16', 'fd00::/112'] } },
      want: ['x', '10.0.0.0/16,fd00::/112', '120m'],
    },
    {
      kind: 'networking.k8s.io/ipaddresses',
      object: { spec: { parentRef: { resource: 'services', namespace: 'n', name: 's' } } },
      want: ['x', 'services/n/s', '120m'],
    },
    {
      kind: 'networking.k8s.io/ipaddresses',
      object: { spec: { parentRef: { group: 'example.com', resource: 'Things', name: 't' } } },
      want: ['x', 'things.example.com/t', '120m'],
    },
    {
      kind: 'networking.k8s.io/ingresses',
      object: { spec: { ingressClassName: 'c', rules: [{ host: 'a' }, { host: 'b' }], tls: [{}] }, status: {} },
      want: ['x', 'c', 'a,b', '', '80, 443', '120m'],
    },
    { kind: 'networking.k8s.io/ingresses', object: { spec: {} }, want: ['x', '<none>', '*', '', '80', '120m'] },
    {
      kind: 'networking.k8s.io/networkpolicies',
      object: { spec: { podSelector: { matchLabels: { app: 'x' } } } },
      want: ['x', 'app=x', '120m'],
    },
    { kind: 'networking.k8s.io/networkpolicies', object: { spec: { podSelector: {} } }, want: ['x', '<none>', '120m'] },
    {
      kind: 'certificates.k8s.io/certificatesigningrequests',
      object: { spec: { signerName: 's', username: 'u', expirationSeconds: 3600 }, status: {} },
      want: ['x', '120m', 's', 'u', '60m', 'Pending'],
    },
    {
      kind: 'certificates.k8s.io/certificatesigningrequests',
      object: {
        spec: { signerName: 's', username: 'u' },
        status: { conditions: [{ type: 'Approved' }, { type: 'Failed' }], certificate: 'Y2VydA==' },
      },
      want: ['x', '120m', 's', 'u', '<none>', 'Approved,Failed,Issued'],
    },
    {
      kind: 'certificates.k8s.io/certificatesigningrequests',
      object: { spec: {}, status: { conditions: [{ type: 'Approved' }, { type: 'Denied' }] } },
      want: ['x', '120m', '<none>', '', '<none>', 'Denied'],
    },
    { kind: '/configmaps', object: { data: { a: '1' }, binaryData: { b: 'eA==' } }, want: ['x', 2, '120m'] },
    { kind: '/secrets', object: { type: 'Opaque', data: { a: 'eA==' } }, want: ['x', 'Opaque', 1, '120m'] },
    { kind: '/namespaces', object: { status: { phase: 'Active' } }, want: ['x', 'Active', '120m'] },
    {
      kind: 'coordination.k8s.io/leases',
      object: { spec: { holderIdentity: 'me' } },
      want: ['x', 'me', '120m'],
    },
    {
      kind: 'scheduling.k8s.io/priorityclasses',
      object: { value: 5, globalDefault: true, preemptionPolicy: 'Never' },
      want: ['x', 5, true, '120m', 'Never'],
    },
    { kind: 'rbac.authorization.k8s.io/roles', object: {}, want: ['x', born] },
    {
      kind: 'rbac.authorization.k8s.io/rolebindings',
      object: {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'Group', name: 'g' },
          { kind: 'ServiceAccount', namespace: 'n', name: 's' },
        ],
      },
      want: ['x', 'Role/r', '120m', 'u', 'g', 'n/s'],
    },
  ])('of $kind: $want', ({ kind, object, metadata = {}, want }) => {
    const [group = '', plural = ''] = kind.split('/');
    const printer = printerFor({ group, plural });
    const whole = { metadata: { name: 'x', creationTimestamp: born, ...metadata }, ...object } as KubeObject;
    const cells = printer.cells(whole, now);
    expect(cells).toEqual(want);
    expect(cells).toHaveLength(printer.columns.length);
  });
});
