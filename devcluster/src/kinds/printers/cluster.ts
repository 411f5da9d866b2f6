import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { recordOf, recordsOf, stringOf, textOf, type JsonRecord } from '../../contract/json.ts';
import { ageOf, columns, nameOf, none, type Printer } from './printer.ts';

const rolePrefix = 'node-role.kubernetes.io/';

export const node: Printer = {
  columns: columns(
    'Name',
    'Status',
    'Roles',
    'Age',
    'Version',
    'Internal-IP+',
    'External-IP+',
    'OS-Image+',
    'Kernel-Version+',
    'Container-Runtime+',
  ),
  cells(object, now) {
    const status = recordOf(object['status']);
    const info = recordOf(status['nodeInfo']);
    const address = (type: string) =>
      stringOf(recordsOf(status['addresses']).find((a) => a['type'] === type)?.['address']) || none;
    return [
      nameOf(object),
      nodeStatus(object),
      nodeRoles(object),
      ageOf(object, now),
      stringOf(info['kubeletVersion']),
      address('InternalIP'),
      address('ExternalIP'),
      stringOf(info['osImage']) || '<unknown>',
      stringOf(info['kernelVersion']) || '<unknown>',
      stringOf(info['containerRuntimeVersion']) || '<unknown>',
    ];
  },
};

function nodeStatus(object: KubeObject): string {
  const ready = recordsOf(recordOf(object['status'])['conditions']).find((c) => c['type'] === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady'];
  if (recordOf(object['spec'])['unschedulable'] === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function nodeRoles(object: KubeObject): string {
  const labels = object.metadata.labels ?? {};
  const roles = Object.keys(labels)
    .filter((key) => key.startsWith(rolePrefix))
    .map((key) => key.slice(rolePrefix.length));
  const named = labels['kubernetes.io/role'];
  if (named !== undefined) roles.push(named);
  return roles.length === 0 ? none : roles.sort().join(',');
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function modes(value: unknown): string {
  const given = Array.isArray(value) ? value.map(String) : [];
  return Object.entries(shortModes)
    .filter(([mode]) => given.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

const unset = '<unset>';

export const persistentVolume: Printer = {
  columns: columns(
    'Name',
    'Capacity',
    'Access Modes',
    'Reclaim Policy',
    'Status',
    'Claim',
    'StorageClass',
    'VolumeAttributesClass',
    'Reason',
    'Age',
    'VolumeMode+',
  ),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    const claim = recordOf(spec['claimRef']);
    const phase = object.metadata.deletionTimestamp === undefined ? stringOf(status['phase']) : 'Terminating';
    return [
      nameOf(object),
      stringOf(recordOf(spec['capacity'])['storage']),
      modes(spec['accessModes']),
      stringOf(spec['persistentVolumeReclaimPolicy']),
      phase,
      spec['claimRef'] === undefined ? '' : `${stringOf(claim['namespace'])}/${stringOf(claim['name'])}`,
      stringOf(spec['storageClassName']),
      stringOf(spec['volumeAttributesClassName']) || unset,
      stringOf(status['reason']),
      ageOf(object, now),
      stringOf(spec['volumeMode']) || unset,
    ];
  },
};

export const persistentVolumeClaim: Printer = {
  columns: columns(
    'Name',
    'Status',
    'Volume',
    'Capacity',
    'Access Modes',
    'StorageClass',
    'VolumeAttributesClass',
    'Age',
    'VolumeMode+',
  ),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status: JsonRecord = recordOf(object['status']);
    const bound = stringOf(spec['volumeName']) !== '';
    const phase = object.metadata.deletionTimestamp === undefined ? stringOf(status['phase']) : 'Terminating';
    return [
      nameOf(object),
      phase,
      stringOf(spec['volumeName']),
      bound ? stringOf(recordOf(status['capacity'])['storage']) : '',
      bound ? modes(status['accessModes']) : '',
      stringOf(spec['storageClassName']),
      stringOf(spec['volumeAttributesClassName']) || unset,
      ageOf(object, now),
      stringOf(spec['volumeMode']) || unset,
    ];
  },
};

export const storageClass: Printer = {
  columns: columns('Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age'),
  cells(object, now) {
    const isDefault = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
    return [
      isDefault ? `${nameOf(object)} (default)` : nameOf(object),
      stringOf(object['provisioner']),
      stringOf(object['reclaimPolicy']) || 'Delete',
      stringOf(object['volumeBindingMode']) || unset,
      object['allowVolumeExpansion'] === true,
      ageOf(object, now),
    ];
  },
};

export const podDisruptionBudget: Printer = {
  columns: columns('Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions#', 'Age'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const shown = (key: string) => textOf(spec[key], 'N/A');
    const allowed = Number(recordOf(object['status'])['disruptionsAllowed'] ?? 0);
    return [nameOf(object), shown('minAvailable'), shown('maxUnavailable'), allowed, ageOf(object, now)];
  },
};

export const autoscaler: Printer = {
  columns: columns('Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    const target = recordOf(spec['scaleTargetRef']);
    return [
      nameOf(object),
      `${stringOf(target['kind'])}/${stringOf(target['name'])}`,
      metricsText(metricsOf(spec), recordsOf(status['currentMetrics'])),
      textOf(spec['minReplicas'], unset),
      Number(spec['maxReplicas'] ?? 0),
      Number(status['currentReplicas'] ?? 0),
      ageOf(object, now),
    ];
  },
};

/** The metrics of either version: autoscaling/v1 has that of the CPU only. */
function metricsOf(spec: JsonRecord): JsonRecord[] {
  const averageUtilization = spec['targetCPUUtilizationPercentage'];
  if (averageUtilization === undefined) return recordsOf(spec['metrics']);
  return [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization } } }];
}

function metricsText(metrics: readonly JsonRecord[], current: readonly JsonRecord[]): string {
  if (metrics.length === 0) return none;
  const texts = metrics.map((metric, i) => {
    const key = stringOf(metric['type']).replace(/^./, (c) => c.toLowerCase());
    const source = recordOf(metric[key]);
    const target = recordOf(source['target']);
    const now = recordOf(recordOf(recordOf(current[i])[key])['current']);
    const utilization = target['averageUtilization'] !== undefined;
    const field = utilization ? 'averageUtilization' : target['averageValue'] === undefined ? 'value' : 'averageValue';
    const show = (holder: JsonRecord) =>
      holder[field] === undefined ? '<unknown>' : `${textOf(holder[field])}${utilization ? '%' : ''}`;
    const name = key === 'resource' ? `${stringOf(source['name'])}: ` : '';
    return `${name}${show(now)}/${show(target)}`;
  });
  return texts.slice(0, 2).join(', ') + (texts.length > 2 ? ` + ${texts.length - 2} more...` : '');
}

export const resourceQuota: Printer = {
  columns: columns('Name', 'Request', 'Limit', 'Age'),
  cells(object, now) {
    const { hard: counted, used: spent } = recordOf(object['status']);
    const used = recordOf(spent);
    const hard = recordOf(counted);
    const shown = Object.keys(hard)
      .sort()
      .map((key) => ({ key, text: `${key}: ${textOf(used[key], '0')}/${textOf(hard[key])}` }));
    const join = (limits: boolean) =>
      shown
        .filter(({ key }) => key.startsWith('limits.') === limits)
        .map(({ text }) => text)
        .join(', ');
    return [nameOf(object), join(false), join(true), ageOf(object, now)];
  },
};

export const apiService: Printer = {
  columns: columns('Name', 'Service', 'Available', 'Age'),
  cells(object, now) {
    const service = recordOf(object['spec'])['service'];
    const named = recordOf(service);
    const available = recordsOf(recordOf(object['status'])['conditions']).find((c) => c['type'] === 'Available');
    return [
      nameOf(object),
      service === undefined ? 'Local' : `${stringOf(named['namespace'])}/${stringOf(named['name'])}`,
      stringOf(available?.['status']) || 'Unknown',
      ageOf(object, now),
    ];
  },
};
