import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { since } from '../age.ts';
import { recordOf, recordsOf, stringOf, type JsonRecord } from '../../contract/json.ts';
import { ageOf, columns, nameOf, none, type Printer } from './printer.ts';

export const configMap: Printer = {
  columns: columns('Name', 'Data', 'Age'),
  cells: (object, now) => [
    nameOf(object),
    Object.keys(recordOf(object['data'])).length + Object.keys(recordOf(object['binaryData'])).length,
    ageOf(object, now),
  ],
};

export const secret: Printer = {
  columns: columns('Name', 'Type', 'Data', 'Age'),
  cells: (object, now) => [
    nameOf(object),
    stringOf(object['type']),
    Object.keys(recordOf(object['data'])).length,
    ageOf(object, now),
  ],
};

export const namespace: Printer = {
  columns: columns('Name', 'Status', 'Age'),
  cells: (object, now) => [nameOf(object), stringOf(recordOf(object['status'])['phase']), ageOf(object, now)],
};

export const nameAndAge: Printer = {
  columns: columns('Name', 'Age'),
  cells: (object, now) => [nameOf(object), ageOf(object, now)],
};

export const lease: Printer = {
  columns: columns('Name', 'Holder', 'Age'),
  cells: (object, now) => [nameOf(object), stringOf(recordOf(object['spec'])['holderIdentity']), ageOf(object, now)],
};

/** Kinds without a table of their own show when they were made. */
export const createdAt: Printer = {
  columns: columns('Name', 'Created At').map((c) => (c.name === 'Created At' ? { ...c, type: 'date' } : c)),
  cells: (object) => [nameOf(object), stringOf(object.metadata.creationTimestamp)],
};

export const event: Printer = {
  columns: columns(
    'Last Seen',
    'Type',
    'Reason',
    'Object',
    'Subobject+',
    'Source+',
    'Message',
    'First Seen+',
    'Count+',
    'Name+',
  ),
  cells(object, now) {
    const about = recordOf(object['involvedObject']);
    const { first, last, count } = times(object);
    return [
      since(last, now),
      stringOf(object['type']),
      stringOf(object['reason']),
      `${stringOf(about['kind']).toLowerCase()}/${stringOf(about['name'])}`,
      stringOf(about['fieldPath']),
      source(object),
      stringOf(object['message']).trim(),
      since(first, now),
      count,
      nameOf(object),
    ];
  },
};

/** The same event under the names of events.k8s.io. */
export const newEvent: Printer = {
  columns: event.columns,
  cells: (object, now) =>
    event.cells(
      {
        ...object,
        involvedObject: object['regarding'],
        message: object['note'],
        source: object['deprecatedSource'],
        firstTimestamp: object['deprecatedFirstTimestamp'],
        lastTimestamp: object['deprecatedLastTimestamp'],
        count: object['deprecatedCount'],
        reportingComponent: object['reportingController'],
      },
      now,
    ),
};

function times(object: KubeObject): { first: unknown; last: unknown; count: number } {
  const series = recordOf(object['series']);
  const first = object['firstTimestamp'] ?? object['eventTime'];
  const last = series['lastObservedTime'] ?? object['lastTimestamp'] ?? first;
  const count = Number(series['count'] ?? object['count'] ?? 1);
  return { first, last, count: count === 0 ? 1 : count };
}

function source(object: KubeObject): string {
  const given: JsonRecord = recordOf(object['source']);
  const component = stringOf(given['component']) || stringOf(object['reportingComponent']);
  const host = stringOf(given['host']) || stringOf(object['reportingInstance']);
  return host === '' ? component : `${component}, ${host}`;
}

export const roleBinding: Printer = {
  columns: columns('Name', 'Role', 'Age', 'Users+', 'Groups+', 'ServiceAccounts+'),
  cells(object, now) {
    const reference = recordOf(object['roleRef']);
    const subjects = recordsOf(object['subjects']);
    const named = (kind: string) => subjects.filter((s) => s['kind'] === kind).map((s) => stringOf(s['name']));
    const accounts = subjects
      .filter((s) => s['kind'] === 'ServiceAccount')
      .map((s) => `${stringOf(s['namespace'])}/${stringOf(s['name'])}`);
    return [
      nameOf(object),
      `${stringOf(reference['kind'])}/${stringOf(reference['name'])}`,
      ageOf(object, now),
      named('User').join(', '),
      named('Group').join(', '),
      accounts.join(', '),
    ];
  },
};

function counted(column: string, list: (object: KubeObject) => unknown): Printer {
  return {
    columns: columns('Name', `${column}#`, 'Age'),
    cells: (object, now) => [nameOf(object), recordsOf(list(object)).length, ageOf(object, now)],
  };
}

export const webhooks = counted('Webhooks', (object) => object['webhooks']);

export function admissionPolicy(column: string, key: string): Printer {
  return {
    columns: columns('Name', `${column}#`, 'ParamKind', 'Age'),
    cells(object, now) {
      const spec = recordOf(object['spec']);
      const kind = recordOf(spec['paramKind']);
      const shown =
        kind['kind'] === undefined ? '<unset>' : `${stringOf(kind['apiVersion'])}/${stringOf(kind['kind'])}`;
      return [nameOf(object), recordsOf(spec[key]).length, shown, ageOf(object, now)];
    },
  };
}

export const admissionPolicyBinding: Printer = {
  columns: columns('Name', 'PolicyName', 'ParamRef', 'Age'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const reference = recordOf(spec['paramRef']);
    const name = stringOf(reference['name']);
    const space = stringOf(reference['namespace']) || '*';
    const shown = spec['paramRef'] === undefined ? '<unset>' : `${space}/${name === '' ? '*' : name}`;
    return [nameOf(object), stringOf(spec['policyName']), shown, ageOf(object, now)];
  },
};

export const priorityClass: Printer = {
  columns: columns('Name', 'Value#', 'Global-Default?', 'Age', 'PreemptionPolicy'),
  cells: (object, now) => [
    nameOf(object),
    Number(object['value'] ?? 0),
    object['globalDefault'] === true,
    ageOf(object, now),
    stringOf(object['preemptionPolicy']),
  ],
};

export const runtimeClass: Printer = {
  columns: columns('Name', 'Handler', 'Age'),
  cells: (object, now) => [nameOf(object), stringOf(object['handler']) || none, ageOf(object, now)],
};
