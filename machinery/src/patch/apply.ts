import type { KubeObject } from '../meta.ts';
import type { Conflict } from './conflict.ts';
import { deepEqual } from './equality.ts';
import {
  difference,
  emptySet,
  formatPath,
  intersection,
  isEmpty,
  pathsByLevel,
  union,
  without,
  type FieldSet,
} from './field-set.ts';
import { omit } from './json.ts';
import { ignore, recordUpdate, releaseAll, type Writer } from './managed-fields.ts';
import {
  capUpdaters,
  decodeManagers,
  managerId,
  withManagers,
  withoutManagedFields,
  type Manager,
  type Managers,
} from './managers.ts';
import { compare, setOfObject, stripServerFields, withNamedParents } from './object-set.ts';
import { kubectlManager, lastAppliedSet, withLastApplied } from './last-applied.ts';
import { PatchError } from './patch-error.ts';
import type { Schema } from './schema.ts';
import { typingProblems } from './typed-check.ts';
import { mergeTyped, removeItems } from './typed-merge.ts';

export interface Apply extends Writer {
  /** The stored object; undefined when the apply creates it. */
  readonly live: KubeObject | undefined;
  /** What the manager wants, and nothing else. */
  readonly applied: KubeObject;
  readonly schema: Schema | undefined;
  /** What the request itself says of the namespace, for messages. */
  readonly givenNamespace?: string | undefined;
  /** Whether to take fields over from other managers. */
  readonly force: boolean;
}

export type Applied =
  | { readonly ok: true; readonly object: KubeObject; readonly changed: boolean }
  | { readonly ok: false; readonly conflicts: readonly Conflict[] };

/**
 * Server-side apply: merges what the manager wants into the live object by the schema's list and map types, removes what
 * it wanted before, wants no longer and no other manager owns, and records the ownership in managedFields.
 *
 * Fields that others own and that would change are conflicts, unless forced or applied by kubectl on the client before. An apply that changes nothing leaves times
 * as they are; `changed` then says whether ownership changed.
 *
 * Throws SchemaViolation for an object that does not fit the schema, MalformedPatch when it brings managedFields.
 */
export function serverSideApply(apply: Apply): Applied {
  const applied = checked(apply);
  const result = merge(apply, applied);
  if (!result.ok || apply.manager !== kubectlManager) return result;
  const object = withLastApplied(result.object, applied);
  return { ok: true, object, changed: result.changed || !deepEqual(object, result.object) };
}

function merge(apply: Apply, applied: KubeObject): Applied {
  const live = apply.live && withoutManagedFields(apply.live);
  const present = managersBefore(apply, live);
  const self = newManager(apply, applied);
  const id = managerId(self);
  const last = present.get(id)?.set ?? emptySet;
  const managers = new Map(present).set(id, self);
  const merged = mergeTyped(live, applied, apply.schema) as KubeObject;
  // Pruning may empty a list or map that the manager asks to be empty: it stays, so that the next apply changes nothing.
  const kept = prune(merged, { last, managers, schema: apply.schema });
  const pruned = mergeTyped(kept, applied, apply.schema) as KubeObject;
  const changes = ignore(compare(live, pruned, apply.schema), apply.ignored);
  const taken = union(changes.modified, changes.added);
  const conflicts = findConflicts(managers, difference(taken, yielded(apply)), id);
  if (conflicts.length > 0 && !apply.force) return { ok: false, conflicts };
  const others = releaseAll(release(managers, taken, id), changes.removed);
  return result(apply, { live, pruned, managers: others, id });
}

function result(
  apply: Apply,
  { live, pruned, managers, id }: { live: KubeObject | undefined; pruned: KubeObject; managers: Managers; id: string },
): Applied {
  const self = managers.get(id);
  if (live && deepEqual(live, pruned)) {
    const object = withManagers(live, capUpdaters(managers));
    return { ok: true, object, changed: !deepEqual(object, apply.live) };
  }
  const timed = self ? new Map(managers).set(id, { ...self, time: apply.time }) : managers;
  return { ok: true, object: withManagers(pruned, capUpdaters(timed)), changed: true };
}

/** What the manager owns from now on; the time is that of its entry so far. */
function newManager(apply: Apply, applied: KubeObject): Manager {
  const all = setOfObject(applied, apply.schema);
  const set = stripServerFields(apply.ignored ? without(all, apply.ignored) : all);
  const identity = { ...apply, operation: 'Apply' as const };
  const id = managerId(identity);
  const time = decodeManagers(apply.live?.metadata.managedFields).get(id)?.time;
  const { manager, operation, apiVersion, subresource } = identity;
  return { manager, operation, apiVersion, subresource, time, set };
}

function checked(apply: Apply): KubeObject {
  const { applied } = apply;
  if ((applied.metadata.managedFields ?? []).length > 0)
    throw new PatchError('MalformedPatch', 'metadata.managedFields must be nil');
  const problems = typingProblems(applied, apply.schema);
  if (problems.length > 0) {
    const { name = '' } = applied.metadata;
    const { givenNamespace: namespace = '' } = apply;
    const text =
      problems.length === 1 ? (problems[0] ?? '') : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
    const kind = `${applied.apiVersion.includes('/') ? '' : '/'}${applied.apiVersion}, Kind=${applied.kind}`;
    throw new PatchError(
      'SchemaViolation',
      `failed to create typed patch object (${namespace}/${name}; ${kind}): ${text}`,
    );
  }
  if (applied.metadata.creationTimestamp !== null) return applied;
  return { ...applied, metadata: omit(applied.metadata, 'creationTimestamp') };
}

/** All fields of an object without managedFields belong to the writer before the first apply. */
function managersBefore(apply: Apply, live: KubeObject | undefined): Managers {
  const known = decodeManagers(apply.live?.metadata.managedFields);
  if (known.size > 0 || !live) return known;
  const changes = compare({}, live, apply.schema);
  const writer = { ...apply, manager: 'before-first-apply', subresource: '' };
  return recordUpdate(known, ignore(changes, apply.ignored), writer);
}

/** Removes what the manager's last apply held and no one, the manager included, holds now. */
function prune(merged: unknown, of: { last: FieldSet; managers: Managers; schema: Schema | undefined }): unknown {
  const { schema } = of;
  const owned = [...of.managers.values()].reduce((set, manager) => union(set, manager.set), emptySet);
  if (isEmpty(difference(of.last, owned))) return merged;
  const named = (set: FieldSet) => withNamedParents(set, schema);
  const last = named(of.last);
  const setOf = (value: unknown) => named(value === undefined ? emptySet : setOfObject(value, schema));
  const all = setOf(merged);
  const bare = removeItems(merged, last, schema);
  const withOwned = removeItems(merged, difference(all, union(setOf(bare), named(owned))), schema);
  return removeItems(merged, intersection(difference(all, setOf(withOwned)), last), schema);
}

/** Fields without conflicts for this manager: those that kubectl itself applied on the client before. */
function yielded({ manager, live, schema }: Apply): FieldSet {
  const set = manager === kubectlManager && live ? lastAppliedSet(live, schema) : undefined;
  return set ?? emptySet;
}

function findConflicts(managers: Managers, taken: FieldSet, self: string): Conflict[] {
  return [...managers]
    .filter(([id]) => id !== self)
    .flatMap(([, { set, manager, operation, apiVersion, subresource }]) =>
      [...pathsByLevel(intersection(set, taken))].map((path) => ({
        manager,
        operation,
        apiVersion,
        subresource,
        field: formatPath(path),
      })),
    );
}

function release(managers: Managers, set: FieldSet, except: string): Managers {
  const out = new Map(managers);
  for (const [id, of] of managers) if (id !== except) out.set(id, { ...of, set: difference(of.set, set) });
  return out;
}
