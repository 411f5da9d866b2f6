import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { recordOf, recordsOf, stringOf, textOf } from '../../contract/json.ts';
import { ageOf, columns, nameOf, none, type Cell, type Column, type Printer } from './printer.ts';

const unset = '<unset>';

/** Name, some cells between, age. */
function withAge(names: readonly string[], cells: (object: KubeObject) => readonly Cell[]): Printer {
  return {
    columns: columns('Name', ...names, 'Age'),
    cells: (object, now) => [nameOf(object), ...cells(object), ageOf(object, now)],
  };
}

export const volumeAttributesClass = withAge(['DriverName'], (object) => [stringOf(object['driverName'])]);

const attachment = withAge(['Attacher', 'PV', 'Node', 'Attached?'], (object) => {
  const spec = recordOf(object['spec']);
  return [
    stringOf(spec['attacher']),
    stringOf(recordOf(spec['source'])['persistentVolumeName']),
    stringOf(spec['nodeName']),
    recordOf(object['status'])['attached'] === true,
  ];
});

export const volumeAttachment: Printer = {
  ...attachment,
  columns: attachment.columns.map((column): Column =>
    column.name === 'Attacher' ? { ...column, format: 'name' } : column,
  ),
};

export const csiNode = withAge(['Drivers#'], (object) => [recordsOf(recordOf(object['spec'])['drivers']).length]);

export const csiDriver = withAge(
  ['AttachRequired?', 'PodInfoOnMount?', 'StorageCapacity?', 'TokenRequests', 'RequiresRepublish?', 'Modes'],
  (object) => {
    const spec = recordOf(object['spec']);
    const modes: unknown[] = Array.isArray(spec['volumeLifecycleModes']) ? spec['volumeLifecycleModes'] : [];
    const audiences = recordsOf(spec['tokenRequests']).map(({ audience }) => stringOf(audience));
    return [
      spec['attachRequired'] !== false,
      spec['podInfoOnMount'] === true,
      spec['storageCapacity'] === true,
      spec['tokenRequests'] === undefined ? unset : audiences.join(','),
      spec['requiresRepublish'] === true,
      modes.join(',') || none,
    ];
  },
);

export const csiStorageCapacity: Printer = {
  columns: columns('Name', 'StorageClassName', 'Capacity'),
  cells: (object) => [nameOf(object), stringOf(object['storageClassName']), textOf(object['capacity'], unset)],
};

export const deviceClass = withAge([], () => []);

export const resourceClaim = withAge(['State'], (object) => {
  const status = recordOf(object['status']);
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  const states = [
    ...(isDeleted ? ['deleted'] : []),
    ...(status['allocation'] === undefined ? (isDeleted ? [] : ['pending']) : ['allocated']),
    ...(status['allocation'] !== undefined && recordsOf(status['reservedFor']).length > 0 ? ['reserved'] : []),
  ];
  return [states.join(',')];
});

export const resourceSlice = withAge(['Node', 'Driver', 'Pool'], (object) => {
  const spec = recordOf(object['spec']);
  return [stringOf(spec['nodeName']), stringOf(spec['driver']), stringOf(recordOf(spec['pool'])['name'])];
});

export const serviceCidr = withAge(['CIDRs'], (object) => {
  const { cidrs } = recordOf(object['spec']);
  return [Array.isArray(cidrs) ? cidrs.join(',') : ''];
});

export const ipAddress = withAge(['ParentRef'], (object) => {
  const { parentRef } = recordOf(object['spec']);
  if (parentRef === undefined) return [none];
  const { group, resource, namespace, name } = recordOf(parentRef);
  const kind = [stringOf(resource), stringOf(group)].filter((part) => part !== '').join('.');
  return [[kind.toLowerCase(), stringOf(namespace), stringOf(name)].filter((part) => part !== '').join('/')];
});
