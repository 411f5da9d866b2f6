import { humanDuration, since } from '../age.ts';
import { recordOf, recordsOf, stringOf, type JsonRecord } from '../../contract/json.ts';
import { containerCells } from './pods.ts';
import { ageOf, columns, labelsText, nameOf, none, type Printer } from './printer.ts';
import { selectorText } from './selector-text.ts';

function number(holder: JsonRecord, key: string): number {
  return Number(holder[key] ?? 0);
}

export const deployment: Printer = {
  columns: columns('Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers+', 'Images+', 'Selector+'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    return [
      nameOf(object),
      `${number(status, 'readyReplicas')}/${number(spec, 'replicas')}`,
      number(status, 'updatedReplicas'),
      number(status, 'availableReplicas'),
      ageOf(object, now),
      ...containerCells(spec['template']),
      selectorText(spec['selector']),
    ];
  },
};

const replicaColumns = ['Desired#', 'Current#', 'Ready#', 'Age', 'Containers+', 'Images+', 'Selector+'];

export const replicaSet: Printer = {
  columns: columns('Name', ...replicaColumns),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    return [
      nameOf(object),
      number(spec, 'replicas'),
      number(status, 'replicas'),
      number(status, 'readyReplicas'),
      ageOf(object, now),
      ...containerCells(spec['template']),
      selectorText(spec['selector']),
    ];
  },
};

export const replicationController: Printer = {
  columns: columns('Name', ...replicaColumns),
  cells(object, now) {
    const selector = recordOf(recordOf(object['spec'])['selector']);
    return [...replicaSet.cells(object, now).slice(0, -1), labelsText(selector)];
  },
};

export const statefulSet: Printer = {
  columns: columns('Name', 'Ready', 'Age', 'Containers+', 'Images+'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const ready = number(recordOf(object['status']), 'readyReplicas');
    return [
      nameOf(object),
      `${ready}/${number(spec, 'replicas')}`,
      ageOf(object, now),
      ...containerCells(spec['template']),
    ];
  },
};

export const daemonSet: Printer = {
  columns: columns(
    'Name',
    'Desired#',
    'Current#',
    'Ready#',
    'Up-to-date#',
    'Available#',
    'Node Selector',
    'Age',
    'Containers+',
    'Images+',
    'Selector+',
  ),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    const template = recordOf(spec['template']);
    return [
      nameOf(object),
      number(status, 'desiredNumberScheduled'),
      number(status, 'currentNumberScheduled'),
      number(status, 'numberReady'),
      number(status, 'updatedNumberScheduled'),
      number(status, 'numberAvailable'),
      labelsText(recordOf(recordOf(template['spec'])['nodeSelector'])),
      ageOf(object, now),
      ...containerCells(template),
      selectorText(spec['selector']),
    ];
  },
};

export const job: Printer = {
  columns: columns('Name', 'Status', 'Completions', 'Duration', 'Age', 'Containers+', 'Images+', 'Selector+'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    return [
      nameOf(object),
      jobStatus(object.metadata.deletionTimestamp !== undefined, status),
      completions(spec, status),
      jobDuration(status, now),
      ageOf(object, now),
      ...containerCells(spec['template']),
      selectorText(spec['selector']),
    ];
  },
};

function jobStatus(deleted: boolean, status: JsonRecord): string {
  const holds = (type: string) =>
    recordsOf(status['conditions']).some((c) => c['type'] === type && c['status'] === 'True');
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (deleted) return 'Terminating';
  if (holds('Suspended')) return 'Suspended';
  if (holds('FailureTarget')) return 'FailureTarget';
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completions(spec: JsonRecord, status: JsonRecord): string {
  const succeeded = number(status, 'succeeded');
  if (spec['completions'] !== undefined) return `${succeeded}/${number(spec, 'completions')}`;
  const parallelism = number(spec, 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(status: JsonRecord, now: number): string {
  const start = Date.parse(stringOf(status['startTime']));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(stringOf(status['completionTime']));
  return humanDuration((Number.isNaN(end) ? now : end) - start);
}

export const cronJob: Printer = {
  columns: columns(
    'Name',
    'Schedule',
    'Timezone',
    'Suspend',
    'Active#',
    'Last Schedule',
    'Age',
    'Containers+',
    'Images+',
    'Selector+',
  ).map((column) => (column.name === 'Suspend' ? { ...column, type: 'boolean' } : column)),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const status = recordOf(object['status']);
    const last = status['lastScheduleTime'];
    const template = recordOf(recordOf(spec['jobTemplate'])['spec']);
    return [
      nameOf(object),
      stringOf(spec['schedule']),
      stringOf(spec['timeZone']) || none,
      spec['suspend'] === true ? 'True' : 'False',
      recordsOf(status['active']).length,
      typeof last === 'string' ? since(last, now) : none,
      ageOf(object, now),
      ...containerCells(template['template']),
      selectorText(template['selector']),
    ];
  },
};

export const controllerRevision: Printer = {
  columns: columns('Name', 'Controller', 'Revision', 'Age'),
  cells(object, now) {
    const owner = object.metadata.ownerReferences?.find((o) => o.controller === true);
    const [group = ''] = owner?.apiVersion.includes('/') ? owner.apiVersion.split('/') : [''];
    const kind = (owner?.kind ?? '').toLowerCase();
    const name = owner === undefined ? none : `${group === '' ? kind : `${kind}.${group}`}/${owner.name}`;
    return [nameOf(object), name, Number(object['revision'] ?? 0), ageOf(object, now)];
  },
};
