import type { JsonObject, KubeObject, ManagedFieldsEntry } from '../meta.ts';
import { deepEqual } from './equality.ts';
import { omit } from './json.ts';
import { fromFieldsV1, isEmpty, toFieldsV1, union, type FieldSet } from './field-set.ts';

/** An owner of fields: the parts of a managedFields entry that identify the manager, and its fields. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
}

export type Managers = ReadonlyMap<string, Manager>;

/** An applier keeps its identity in all API versions; an updater has one per version. */
export function managerId(of: Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  return JSON.stringify([of.manager, of.operation, of.operation === 'Apply' ? '' : of.apiVersion, of.subresource]);
}

export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const out = new Map<string, Manager>();
  for (const entry of entries ?? []) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') continue;
    const manager: Manager = {
      manager: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
      time: entry.time,
      set: fromFieldsV1(entry.fieldsV1),
    };
    out.set(managerId(manager), manager);
  }
  return out;
}

export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()].sort(byOperationTimeAndName).map(encode);
}

function encode(of: Manager): ManagedFieldsEntry {
  return {
    manager: of.manager,
    operation: of.operation,
    apiVersion: of.apiVersion,
    ...(of.time === undefined ? {} : { time: of.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(of.set),
    ...(of.subresource === '' ? {} : { subresource: of.subresource }),
  };
}

function byOperationTimeAndName(a: Manager, b: Manager): number {
  const keys = (of: Manager) => [of.operation, of.time ?? '', of.manager, of.apiVersion, of.subresource];
  const [left, right] = [keys(a), keys(b)];
  for (const [i, key] of left.entries()) {
    const other = right[i] ?? '';
    if (key !== other) return key < other ? -1 : 1;
  }
  return 0;
}

const maxUpdaters = 10;

/** Joins the oldest updaters of a version into `ancient-changes` until there are few enough. */
export function capUpdaters(managers: Managers): Managers {
  const updaters = [...managers]
    .filter(([, of]) => of.operation === 'Update')
    .sort(([, a], [, b]) => byOperationTimeAndName(a, b));
  let count = updaters.length;
  const out = new Map(managers);
  const firstOf = new Map<string, string>();
  for (const [id, of] of updaters) {
    if (count <= maxUpdaters) break;
    const bucket: Manager = { ...of, manager: 'ancient-changes', subresource: '' };
    const bucketId = managerId(bucket);
    const first = firstOf.get(of.apiVersion);
    if (first === undefined) {
      firstOf.set(of.apiVersion, id);
      continue;
    }
    const gathered = out.get(bucketId) ?? out.get(first);
    out.delete(first);
    out.delete(id);
    out.set(bucketId, gathered ? { ...bucket, set: union(gathered.set, of.set) } : bucket);
    count--;
  }
  return out;
}

/** The object with these managers and no others. */
export function withManagers(object: KubeObject, managers: Managers): KubeObject {
  const metadata = omit(object.metadata, 'managedFields');
  const kept = new Map([...managers].filter(([, of]) => !isEmpty(of.set)));
  if (kept.size === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: encodeManagers(kept) } };
}

export function withoutManagedFields(object: KubeObject): KubeObject {
  const metadata = omit(object.metadata, 'managedFields');
  return { ...object, metadata };
}

/** Takes the times of the stored entries back when nothing else in the managedFields differs: then nothing was written. */
export function keepTimes(stored: KubeObject, updated: KubeObject): KubeObject {
  const [old, young] = [stored.metadata.managedFields, updated.metadata.managedFields];
  if (!old || old.length !== young?.length) return updated;
  const timeless = (entries: readonly ManagedFieldsEntry[]): JsonObject =>
    Object.fromEntries(
      entries.map((entry) => [
        JSON.stringify([entry.manager, entry.operation, entry.apiVersion, entry.subresource ?? '']),
        entry.fieldsV1,
      ]),
    );
  if (!deepEqual(timeless(old), timeless(young))) return updated;
  return { ...updated, metadata: { ...updated.metadata, managedFields: old } };
}
