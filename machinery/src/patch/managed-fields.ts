import type { KubeObject, ManagedFieldsEntry } from '../meta.ts';
import { difference, emptySet, isEmpty, union, without, type FieldSet } from './field-set.ts';
import { isMap, type JsonMap } from './json.ts';
import {
  capUpdaters,
  decodeManagers,
  managerId,
  withManagers,
  withoutManagedFields,
  type Manager,
  type Managers,
} from './managers.ts';
import { compare, stripServerFields, type Comparison } from './object-set.ts';
import type { Schema } from './schema.ts';

/** The writer of a request, and its target. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  /** Empty for the main resource. */
  readonly subresource: string;
  /** RFC 3339 with seconds. */
  readonly time: string;
  /** Fields that this resource ignores, so that no writer owns them: for example the status on the main resource. */
  readonly ignored?: FieldSet | undefined;
}

export interface Update extends Writer {
  /** The stored object; undefined when the write creates it. */
  readonly live: KubeObject | undefined;
  /** The object to be stored, as the request leaves it (before mutating admission). */
  readonly updated: KubeObject;
  readonly schema: Schema | undefined;
}

/**
 * Returns `updated` with the managedFields that follow from a create, update or patch: what it changed now belongs to the
 * writer alone, removed fields have no owner. Entries that the request itself brings count as the present ones, a single
 * empty entry clears them all, and on an object without entries nothing is tracked.
 */
export function trackUpdate(update: Update): KubeObject {
  const { live, schema } = update;
  const updated = withoutManagedFields(update.updated);
  const present = presentManagers(update);
  if (present.size === 0 && live) return updated;
  const before = withZeroFields(live ? withoutManagedFields(live) : {}, schema);
  const changes = ignore(compare(before, withZeroFields(updated, schema), schema), update.ignored);
  return withManagers(updated, capUpdaters(recordUpdate(present, changes, update)));
}

/** Returns the managers after the writer made these changes by an update. */
export function recordUpdate(present: Managers, changes: Comparison, writer: Writer): Managers {
  const taken = union(changes.modified, changes.added);
  const managers = new Map(releaseAll(present, union(taken, changes.removed)));
  const own = stripServerFields(taken);
  if (isEmpty(own)) return managers;
  const { manager, apiVersion, subresource, time } = writer;
  const self: Manager = { manager, operation: 'Update', apiVersion, subresource, time, set: own };
  const id = managerId(self);
  managers.set(id, { ...self, set: union(own, managers.get(id)?.set ?? emptySet) });
  return managers;
}

/** Takes paths away from every manager; managers that own nothing any more are gone. */
export function releaseAll(managers: Managers, set: FieldSet): Managers {
  const out = new Map<string, Manager>();
  for (const [id, of] of managers) {
    const kept = { ...of, set: difference(of.set, set) };
    if (!isEmpty(kept.set)) out.set(id, kept);
  }
  return out;
}

export function ignore(changes: Comparison, ignored: FieldSet | undefined): Comparison {
  if (!ignored) return changes;
  const { added, modified, removed } = changes;
  return { added: without(added, ignored), modified: without(modified, ignored), removed: without(removed, ignored) };
}

function presentManagers({ live, updated, subresource }: Update): Managers {
  const brought = updated.metadata.managedFields;
  if (subresource === '' && (brought?.length === 0 || (brought?.length === 1 && isBlankEntry(brought[0]))))
    return new Map();
  const decoded = decodeManagers(subresource === '' ? brought : undefined);
  return decoded.size > 0 ? decoded : decodeManagers(live?.metadata.managedFields);
}

function isBlankEntry(entry: ManagedFieldsEntry | undefined): boolean {
  return (
    entry !== undefined && Object.values(entry).every((value) => value === undefined || value === '' || value === null)
  );
}

/**
 * Fills in fields that the server's own types always have, such as an empty `strategy` of a Deployment: no writer adds
 * them, so they have no owner. The schema shows these fields by a default that is the zero value.
 */
function withZeroFields(value: object, schema: Schema | undefined): JsonMap {
  const out: JsonMap = { ...value };
  for (const [name, field] of Object.entries(schema?.properties ?? {})) {
    const zero = field.default;
    const present = out[name];
    if (zero === undefined) {
      if (present === undefined && isAlwaysWritten(name, field, schema)) out[name] = null;
      continue;
    }
    if (isMap(zero) && Object.keys(zero).length === 0) out[name] = withZeroFields(isMap(present) ? present : {}, field);
    else if (present === undefined && (zero === '' || zero === 0 || zero === false)) out[name] = zero;
  }
  return out;
}

/** Lists and times that must be there stand in the server's own types as null before anything is in them. */
function isAlwaysWritten(name: string, field: Schema, parent: Schema | undefined): boolean {
  return field.type === 'array' && parent?.required?.includes(name) === true;
}
