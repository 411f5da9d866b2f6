import { isConflict, isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { ManagedResource, ResourceTracker } from '../apis/resource-tracker.ts';
import type { ResourcePolicies } from '../appfile/resource-policy.ts';
import { selects } from '../appfile/resource-policy.ts';
import type { KnownObjects } from './known.ts';
import { handOver } from './collect.ts';
import { DispatchError } from './dispatch-error.ts';
import { fieldManager } from './field-manager.ts';
import { describe, namesOf, objectKey } from './manifest.ts';
import type { OwnerKey } from './ownership.ts';
import { ownerOf, sharersOf } from './ownership.ts';
import { entriesOf, entryKey, isDeleting } from './tracker.ts';

/** An object that a workflow step asks to delete, as it is live. */
export interface Doomed {
  readonly live: KubeObject;
  readonly resource: Resource;
}

interface Deleting {
  readonly user: KubeClient;
  readonly owner: OwnerKey;
  readonly policies: ResourcePolicies;
  readonly known: KnownObjects;
  readonly signal?: AbortSignal | undefined;
}

/** Throws when an object may not be deleted at the request of a step: another Application owns it, or a policy protects it. */
export function checkDeletable({ live }: Doomed, { owner, policies }: Pick<Deleting, 'owner' | 'policies'>): void {
  const current = ownerOf(live);
  if (current !== undefined && current !== owner && !sharersOf(live).includes(owner)) {
    const remedy = `delete it in a step of ${current}, or remove it from there`;
    throw new DispatchError(
      'ManagedByOther',
      `${describe(live)} is managed by other application ${current}; ${remedy}`,
    );
  }
  if (policies.readOnly.some((rule) => selects(rule.selector, live))) {
    throw new DispatchError('NotAllowed', `${describe(live)} may not be deleted: a read-only policy selects it`);
  }
}

/** Deletes an object that this Application owns or nothing owns; an object that others share only loses this sharer. */
export async function deleteOne({ live, resource }: Doomed, context: Deleting): Promise<void> {
  const { user, owner, known, signal } = context;
  known.delete(objectKey(live));
  const others = sharersOf(live).filter((key) => key !== owner);
  if (ownerOf(live) === owner || others.length < sharersOf(live).length) {
    if (others.length > 0) {
      const patch = { type: 'merge', body: handOver(live, others) } as const;
      await user.patch(resource, namesOf(live), patch, { fieldManager, signal });
      return;
    }
  }
  const { uid = '', resourceVersion = '' } = live.metadata;
  try {
    await user.delete(resource, namesOf(live), {
      propagationPolicy: 'Background',
      preconditions: { uid, resourceVersion },
      signal,
    });
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isConflict(error)) throw error;
    throw new DispatchError('Terminating', `${describe(live)} changed while it was to be deleted; trying again`);
  }
}

/** The entries of a tracker with those of the given objects marked as deleted; undefined when that changes nothing. */
export function markedDeleted(
  tracker: ResourceTracker,
  keys: ReadonlySet<string>,
): readonly ManagedResource[] | undefined {
  if (isDeleting(tracker)) return undefined;
  const entries = entriesOf(tracker);
  if (!entries.some((entry) => keys.has(entryKey(entry)) && !entry.deleted)) return undefined;
  return entries.map((entry) => (keys.has(entryKey(entry)) ? withoutManifest(entry) : entry));
}

function withoutManifest(entry: ManagedResource): ManagedResource {
  const kept = Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'raw')) as unknown as ManagedResource;
  return { ...kept, deleted: true };
}
