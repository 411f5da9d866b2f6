import { isConflict, isForbidden, isNotFound } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { Json, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, finalizers, labels } from '../apis/names.ts';
import type { ManagedResource, ResourceTracker } from '../apis/resource-tracker.ts';
import type { ResourcePolicies } from '../appfile/resource-policy.ts';
import { firstRule } from '../appfile/resource-policy.ts';
import type { KnownObjects } from './known.ts';
import { mapBounded } from './bounded.ts';
import { DispatchError } from './dispatch-error.ts';
import { fieldManager } from './field-manager.ts';
import { ownerKeyOf, ownerOf, sharersOf } from './ownership.ts';
import type { TrackerStore } from './tracker-store.ts';
import type { TrackerOwner } from './tracker.ts';
import { classify, entriesOf, entryKey, isDeleting } from './tracker.ts';

export interface CollectOptions {
  /** Reads where the author may not: what was never created must not hold a deletion up. */
  readonly system: KubeClient;
  /** Deletes, with the rights of the Application's author. */
  readonly user: KubeClient;
  readonly store: TrackerStore;
  readonly owner: TrackerOwner;
  readonly policies: ResourcePolicies;
  readonly known: KnownObjects;
  readonly maxConcurrent: number;
}

export interface Collected {
  /** What still exists although it has to go, as `Kind namespace/name`. Empty: nothing is left to do. */
  readonly waitingFor: readonly string[];
}

/**
 * Deletes what the Application does not want any more: `all` when it is being deleted itself, `history` after a
 * success, `none` to go on with what was begun.
 */
export async function collect(
  mark: 'all' | 'history' | 'none',
  options: CollectOptions,
  signal?: AbortSignal,
): Promise<Collected> {
  const { store } = options;
  await markTrackers(mark, options, signal);
  const waitingFor: string[] = [];
  // Root trackers hold what lives as long as the Application, so they go last.
  const deleting = store
    .list()
    .filter(isDeleting)
    .sort((a, b) => rank(a) - rank(b));
  for (const tracker of deleting) {
    if (waitingFor.length > 0 && rank(tracker) === Infinity) break;
    const left = await collectTracker(tracker, options, signal);
    if (left.length === 0) await store.release(tracker, signal);
    waitingFor.push(...left);
  }
  return { waitingFor };
}

const rank = (t: ResourceTracker): number => (t.spec.type === 'root' ? Infinity : t.spec.applicationGeneration);

async function markTrackers(
  mark: 'all' | 'history' | 'none',
  options: CollectOptions,
  signal?: AbortSignal,
): Promise<void> {
  if (mark === 'none') return;
  const { store, owner, policies } = options;
  const { history } = classify(store.list(), owner);
  const doomed = (mark === 'all' ? store.list() : history).filter((t) => !isDeleting(t));
  for (const tracker of doomed) {
    const kept =
      mark === 'history' &&
      policies.collect.keepLegacyResource &&
      entriesOf(tracker).some((e) => !heldByOther(e, tracker, store));
    if (!kept) await store.markDeleted(tracker, signal);
  }
}

/** Whether another tracker that stays holds the entry too. */
function heldByOther(entry: ManagedResource, tracker: ResourceTracker, store: TrackerStore): boolean {
  const key = entryKey(entry);
  return store.list().some((t) => t !== tracker && !isDeleting(t) && entriesOf(t).some((e) => entryKey(e) === key));
}

async function collectTracker(
  tracker: ResourceTracker,
  options: CollectOptions,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const entries = entriesOf(tracker).filter((e) => !heldByOther(e, tracker, options.store));
  if (options.policies.collect.order === 'dependency') return collectInOrder(entries, options, signal);
  const left = await mapBounded(entries, options.maxConcurrent, (entry) => remove(entry, options, signal));
  return left.filter((text) => text !== undefined);
}

/** Deletes entries only when nothing is left of the components that depend on theirs. */
async function collectInOrder(
  entries: readonly ManagedResource[],
  options: CollectOptions,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const pending = new Map<string, ManagedResource[]>();
  for (const entry of entries)
    pending.set(entry.component ?? '', [...(pending.get(entry.component ?? '') ?? []), entry]);
  const dependents = dependentsOf(options.owner.app);
  const left: string[] = [];
  let progress = true;
  while (progress && pending.size > 0) {
    progress = false;
    for (const [component, own] of pending) {
      if ((dependents.get(component) ?? []).some((other) => pending.has(other))) continue;
      const waiting = (await mapBounded(own, options.maxConcurrent, (e) => remove(e, options, signal))).filter(
        (t) => t !== undefined,
      );
      if (waiting.length === 0) progress = pending.delete(component);
      else left.push(...waiting);
    }
    if (left.length > 0) break;
  }
  return left.length > 0 ? left : [...pending.values()].flat().map(textOf);
}

/** Which components need which to be there. */
function dependentsOf(app: Application): ReadonlyMap<string, readonly string[]> {
  const producers = new Map(
    app.spec.components.flatMap((c) => (c.outputs ?? []).map((o) => [o.name, c.name] as const)),
  );
  const dependents = new Map<string, string[]>();
  for (const c of app.spec.components) {
    const needs = [
      ...(c.dependsOn ?? []),
      ...(c.inputs ?? []).flatMap((i) => producers.get(i.from.split('.')[0] ?? '') ?? []),
    ];
    for (const need of needs) dependents.set(need, [...(dependents.get(need) ?? []), c.name]);
  }
  return dependents;
}

const textOf = (e: ManagedResource): string => `${e.kind ?? ''} ${e.namespace ? `${e.namespace}/` : ''}${e.name ?? ''}`;

/** Deletes or releases one resource; returns its name while it still exists. */
async function remove(
  entry: ManagedResource,
  options: CollectOptions,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const left = await removeOnce(entry, options, signal);
      if (left !== changed) return left;
    }
    return textOf(entry);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    if (await isNamespaceTerminating(entry, options, signal)) return textOf(entry);
    throw notAllowed(entry, error as Error);
  }
}

/** The namespace controller deletes everything in a namespace that terminates, whatever the author may do. */
async function isNamespaceTerminating(
  { namespace }: ManagedResource,
  { system }: CollectOptions,
  signal?: AbortSignal,
): Promise<boolean> {
  if (namespace === undefined) return false;
  try {
    const resource = await system.resourceFor('v1', 'Namespace');
    const live = await system.get<KubeObject>(resource, { name: namespace }, { signal });
    return live.metadata.deletionTimestamp !== undefined;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function notAllowed(entry: ManagedResource, { message }: Error): DispatchError {
  const remedy = `grant the Application's author the right to delete it, or keep it by the finalizer ${finalizers.orphanResource}`;
  return new DispatchError('NotAllowed', `${textOf(entry)} cannot be deleted: ${message}; ${remedy}`);
}

/** The attempts for a resource that changes all the time, before others follow. */
const maxAttempts = 5;
const changed = Symbol('changed');

/** The same; `changed` after a write in between, so that it must be read again. */
async function removeOnce(
  entry: ManagedResource,
  options: CollectOptions,
  signal?: AbortSignal,
): Promise<string | typeof changed | undefined> {
  const { user, owner, known } = options;
  const found = await find(entry, options, signal);
  known.delete(entryKey(entry));
  if (!found) return undefined;
  const { live, resource } = found;
  const self = ownerKeyOf(owner.app);
  const sharers = sharersOf(live);
  if (ownerOf(live) !== self && !sharers.includes(self)) return undefined;
  const others = sharers.filter((key) => key !== self);
  const target = { name: entry.name ?? '', namespace: entry.namespace };
  const write = async (body: Json) => {
    await user.patch(resource, target, { type: 'merge', body }, { fieldManager, signal });
  };
  if (others.length > 0) return unlessGone(() => write(handOver(live, others)));
  if (isReleased(entry, options, live)) return unlessGone(() => write(releasePatch(live)));
  const isGoing = live.metadata.deletionTimestamp !== undefined;
  if (!isGoing && !(await deleteAsRead(found, user, signal))) return changed;
  // an object with another UID belongs to another writer
  const after = await find(entry, options, signal);
  return after?.live.metadata.uid === live.metadata.uid ? textOf(entry) : undefined;
}

/**
 * Deletes an object in exactly the state that was read; false when it has changed since. A deletion that is held up
 * until another writer has changed the object is void.
 */
async function deleteAsRead(
  { live, resource }: { readonly live: KubeObject; readonly resource: Resource },
  user: KubeClient,
  signal?: AbortSignal,
): Promise<boolean> {
  const { name = '', namespace, uid = '', resourceVersion = '' } = live.metadata;
  const preconditions = { uid, resourceVersion };
  try {
    await user.delete(resource, { name, namespace }, { propagationPolicy: 'Background', preconditions, signal });
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    if (isNotFound(error)) return true;
    throw error;
  }
}

interface Found {
  readonly live: KubeObject;
  readonly resource: Resource;
}

async function find(
  entry: ManagedResource,
  { user, system }: CollectOptions,
  signal?: AbortSignal,
): Promise<Found | undefined> {
  try {
    return await findAs(user, entry, signal);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return findAs(system, entry, signal);
  }
}

async function findAs(client: KubeClient, entry: ManagedResource, signal?: AbortSignal): Promise<Found | undefined> {
  try {
    const resource = await client.resourceFor(entry.apiVersion ?? '', entry.kind ?? '');
    const live = await client.get(resource, { name: entry.name ?? '', namespace: entry.namespace }, { signal });
    return { live, resource };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function unlessGone(write: () => Promise<void>): Promise<undefined> {
  try {
    await write();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return undefined;
}

function isReleased(entry: ManagedResource, { owner, policies }: CollectOptions, live: KubeObject): boolean {
  if (entry.skipGC || owner.app.metadata.finalizers?.includes(finalizers.orphanResource)) return true;
  return firstRule(policies.collect.rules, entry.raw ?? live)?.propagation === 'orphan';
}

const releasePatch = (live: KubeObject): Json => ({
  metadata: {
    resourceVersion: live.metadata.resourceVersion ?? '',
    labels: { [labels.appName]: null, [labels.appNamespace]: null },
    annotations: { [annotations.sharedBy]: null, [annotations.shardFence]: null },
  },
});

/** Gives a shared object to the first of those that remain. */
export function handOver(live: KubeObject, others: readonly string[]): Json {
  const [namespace = '', name = ''] = (others[0] ?? '').split('/');
  return {
    metadata: {
      resourceVersion: live.metadata.resourceVersion ?? '',
      labels: { [labels.appName]: name, [labels.appNamespace]: namespace },
      annotations: { [annotations.sharedBy]: others.join(','), [annotations.shardFence]: null },
    },
  };
}
