import type { ManagedFieldsEntry } from '../meta.ts';
import { intersection, isEmpty, union, type FieldSet } from './field-set.ts';
import { isMap } from './json.ts';
import { decodeManagers, encodeManagers, managerId, type Manager, type Managers } from './managers.ts';

/** Which fields a server-side applier takes over from its predecessors. */
export interface Adoption {
  /** The applier. */
  readonly manager: string;
  readonly apiVersion: string;
  /** Whether the fields of a manager that updated the object become the applier's. */
  readonly isPredecessor: (of: Manager) => boolean;
  /** What the predecessor last asked for; undefined where that is unknown. */
  readonly lastApplied: unknown;
}

/**
 * The managedFields under which the applier owns what its predecessors owned by updates, so that an apply removes what it no
 * longer wants; undefined where there is no predecessor. Where the predecessor's last configuration is known, only fields in
 * it are adopted: defaults that the API server filled in have no owner afterwards and stay.
 */
export function adoptFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  adoption: Adoption,
): readonly ManagedFieldsEntry[] | undefined {
  const managers = new Map(decodeManagers(entries));
  const predecessors = [...managers].filter(([, of]) => isUpdater(of) && adoption.isPredecessor(of));
  if (predecessors.length === 0) return undefined;
  const { manager, apiVersion, lastApplied } = adoption;
  const applier: Manager = ownEntry(managers, manager) ?? {
    manager,
    operation: 'Apply',
    apiVersion,
    subresource: '',
    time: predecessors[0]?.[1].time,
    set: { member: false, children: new Map() },
  };
  let { set } = applier;
  for (const [id, of] of predecessors) {
    managers.delete(id);
    set = union(set, lastApplied === undefined ? of.set : intersection(of.set, coveredBy(of.set, lastApplied)));
  }
  managers.set(managerId(applier), { ...applier, set });
  return encodeManagers(new Map([...managers].filter(([, of]) => !isEmpty(of.set))));
}

/** Whether an object has fields that `adoptFields` would adopt. */
export function hasPredecessor(
  entries: readonly ManagedFieldsEntry[] | undefined,
  isPredecessor: (of: Manager) => boolean,
): boolean {
  return [...decodeManagers(entries).values()].some((of) => isUpdater(of) && isPredecessor(of));
}

const isUpdater = ({ operation, subresource }: Manager): boolean => operation === 'Update' && subresource === '';

const ownEntry = (managers: Managers, name: string): Manager | undefined =>
  [...managers.values()].find((of) => of.manager === name && of.operation === 'Apply' && of.subresource === '');

/** The part of a set that a value has too; where the value is no map or list, all that lies below. */
function coveredBy(set: FieldSet, value: unknown): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [step, child] of set.children) {
    const inner = valueAt(value, step);
    if (inner !== undefined) children.set(step, coveredBy(child, inner));
  }
  return { member: set.member, children };
}

/** What a step of a path leads to in a value; undefined where the value has nothing there. */
function valueAt(value: unknown, step: string): unknown {
  const rest = step.slice(2);
  switch (step[0]) {
    case 'f':
      return isMap(value) && Object.hasOwn(value, rest) ? value[rest] : undefined;
    case 'k':
      return Array.isArray(value) ? value.find((item) => hasKeys(item, JSON.parse(rest))) : undefined;
    case 'v':
      return Array.isArray(value) ? value.find((item) => JSON.stringify(item) === rest) : undefined;
    default:
      return Array.isArray(value) ? (value as readonly unknown[])[Number(rest)] : undefined;
  }
}

/** A key that an item leaves out is one that has a default, such as the protocol of a port. */
function hasKeys(item: unknown, keys: unknown): boolean {
  if (!isMap(item) || !isMap(keys)) return false;
  const names = Object.keys(keys);
  return (
    names.some((name) => item[name] !== undefined) &&
    names.every((name) => item[name] === undefined || item[name] === keys[name])
  );
}
