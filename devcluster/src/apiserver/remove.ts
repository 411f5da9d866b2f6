import type { KubeObject, Status } from '../../../machinery/src/meta.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Stored } from '../storage/stored.ts';
import { mutateDeletion, validate } from './admit.ts';
import { commitPut, commitRemoval } from './commit.ts';
import { timestamp } from './core.ts';
import type { Core, Target } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { cleanupFinalizer, definitionsId } from './custom-definition.ts';
import type { Definition } from './custom-definition.ts';
import { conflict, invalid, notFound } from '../contract/errors.ts';
import { finished } from './object-meta.ts';
import { storageKey } from './served-resource.ts';
import type { ServedResource } from './served-resource.ts';

/** What a deletion asks for. */
export interface Deletion {
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface Removal {
  readonly core: Core;
  readonly resource: ServedResource;
  readonly target: Target;
  readonly context: WriteContext;
  readonly deletion: Deletion;
}

export interface Removed {
  /** The last state, or the present one of an object that still waits for its finalizers or its grace period. */
  readonly object: KubeObject;
  readonly isGone: boolean;
}

const attempts = 20;

/** Deletes an object, or marks it when finalizers or a grace period hold it. Throws NotFound, Conflict or Invalid. */
export async function remove(removal: Removal): Promise<Removed> {
  const { resource, target, deletion } = removal;
  checkOptions(deletion);
  const key = storageKey(resource, target.namespace, target.name);
  for (let attempt = 1; ; attempt++) {
    const stored = resource.collection.get(key);
    if (stored === undefined) throw notFound(resource, target.name);
    try {
      return await attemptRemoval(removal, stored);
    } catch (error) {
      if (!(error instanceof StorageError) || error.reason !== 'Changed') throw error;
      if (attempt === attempts) throw conflict(resource, target.name);
    }
  }
}

async function attemptRemoval(removal: Removal, stored: Stored): Promise<Removed> {
  const { resource, context } = removal;
  const live = resource.view(stored).object;
  checkPreconditions(removal, live);
  if (isWaiting(removal, live)) return { object: live, isGone: false };
  await admit(removal, live);
  const marked = marking(removal, live);
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = marked.metadata;
  const isHeld = finalizers.length > 0 || deletionGracePeriodSeconds > 0 || isNamespaceHeld(resource, live);
  if (isHeld) return { object: await mark(removal, stored, marked), isGone: false };
  if (context.dryRun) return { object: isGraceful(resource) ? marked : live, isGone: true };
  return { object: await commitRemoval(removal, await markedFirst(removal, stored, marked)), isGone: true };
}

/** Asks admission about the deletion. */
async function admit({ core, resource, target, context }: Removal, live: KubeObject): Promise<void> {
  const admission = { core, resource, target, context, subresource: '' };
  await mutateDeletion(admission, live);
  await validate(admission, 'DELETE', undefined, live);
}

/** Pods are marked as being deleted before they go, so that a watch shows both. */
async function markedFirst(removal: Removal, stored: Stored, marked: KubeObject): Promise<Stored> {
  const { resource } = removal;
  if (!isGraceful(resource) || resource.view(stored).object.metadata.deletionTimestamp !== undefined) return stored;
  await commitPut(removal, stored.key, stored, marked as unknown as MutableObject);
  const now = resource.collection.get(stored.key);
  if (now === undefined) throw notFound(resource, removal.target.name);
  return now;
}

/** Whether an object is being deleted already, and this deletion does not make that any shorter. */
function isWaiting({ resource, deletion }: Removal, live: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = live.metadata;
  if (deletionTimestamp === undefined) return false;
  if (isNamespaceHeld(resource, live)) return true;
  if (!isGraceful(resource) || deletionGracePeriodSeconds === 0) return false;
  const asked = deletion.gracePeriodSeconds;
  return asked === undefined || (asked < 0 ? 1 : asked) >= deletionGracePeriodSeconds;
}

async function mark(removal: Removal, stored: Stored, marked: KubeObject): Promise<KubeObject> {
  const { resource, context } = removal;
  const live = resource.view(stored).object;
  if (deepEqual(marked, live)) return live;
  if (context.dryRun) return marked;
  return commitPut(removal, stored.key, stored, marked as unknown as MutableObject);
}

/** The object as it is while it is being deleted. */
function marking(removal: Removal, live: KubeObject): KubeObject {
  const { core, resource } = removal;
  const finalizers = wantedFinalizers(removal, live);
  const metadata: Record<string, unknown> = { ...live.metadata, finalizers };
  if (live.metadata.deletionTimestamp === undefined) {
    const grace = graceOf(removal, live);
    metadata['deletionTimestamp'] = timestamp(core.clock.now() + grace * 1000);
    if (!isNamespace(resource)) metadata['deletionGracePeriodSeconds'] = grace;
    if (live.metadata.generation !== undefined) metadata['generation'] = live.metadata.generation + 1;
  } else if (isGraceful(resource)) shorten(metadata, graceOf(removal, live), core.clock.now());
  const object: MutableObject = { ...live, metadata };
  if (resource.collection.id === definitionsId) markDefinition(core, object, live as Definition);
  if (isNamespace(resource)) object['status'] = { ...(live['status'] as object | undefined), phase: 'Terminating' };
  return finished(object, live.metadata.resourceVersion ?? '');
}

/** Moves the end of a grace period that has begun. */
function shorten(metadata: Record<string, unknown>, grace: number, now: number): void {
  const before = Number(metadata['deletionGracePeriodSeconds'] ?? 0);
  if (before === 0) return;
  const end = Date.parse(String(metadata['deletionTimestamp'])) + (grace - before) * 1000;
  metadata['deletionTimestamp'] = timestamp(Math.max(end, now));
  metadata['deletionGracePeriodSeconds'] = end < now && grace !== 0 ? 1 : grace;
}

/** A definition waits until its objects are gone. */
function markDefinition(core: Core, object: MutableObject, live: Definition): void {
  if (live.metadata.deletionTimestamp !== undefined) return;
  const finalizers = object.metadata['finalizers'] as readonly string[];
  if (!finalizers.includes(cleanupFinalizer)) object.metadata['finalizers'] = [...finalizers, cleanupFinalizer];
  const condition = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: timestamp(core.clock.now()),
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  object['status'] = { ...live.status, conditions: [...(live.status?.conditions ?? []), condition] };
}

const collectorFinalizers = ['orphan', 'foregroundDeletion'];

function wantedFinalizers({ resource, deletion }: Removal, live: KubeObject): readonly string[] {
  const before = live.metadata.finalizers ?? [];
  if (isUncollected(resource)) return before.filter((name) => !collectorFinalizers.includes(name));
  const policy = deletion.propagationPolicy ?? policyOf(deletion.orphanDependents);
  if (policy === undefined) {
    const isUndecided = !before.some((name) => collectorFinalizers.includes(name));
    return isUndecided && orphansByDefault(resource) ? [...before, 'orphan'] : before;
  }
  const others = before.filter((name) => !collectorFinalizers.includes(name));
  const added = policy === 'Orphan' ? ['orphan'] : policy === 'Foreground' ? ['foregroundDeletion'] : [];
  const wanted = [...others, ...added];
  return wanted.length === before.length && wanted.every((name) => before.includes(name)) ? before : wanted;
}

/** Events own nothing: what a deletion says about dependents does not count. */
function isUncollected({ plural, group }: ServedResource): boolean {
  return plural === 'events' && (group === '' || group === 'events.k8s.io');
}

function policyOf(orphanDependents: boolean | undefined): string | undefined {
  if (orphanDependents === undefined) return undefined;
  return orphanDependents ? 'Orphan' : 'Background';
}

function orphansByDefault(resource: ServedResource): boolean {
  return (
    (resource.group === 'batch' && resource.plural === 'jobs') ||
    (resource.group === '' && resource.plural === 'replicationcontrollers')
  );
}

function isNamespace(resource: ServedResource): boolean {
  return resource.group === '' && resource.plural === 'namespaces';
}

function isNamespaceHeld(resource: ServedResource, live: KubeObject): boolean {
  const spec = live['spec'] as { finalizers?: readonly string[] } | undefined;
  return isNamespace(resource) && (spec?.finalizers ?? []).length > 0;
}

function isGraceful(resource: ServedResource): boolean {
  return resource.group === '' && resource.plural === 'pods';
}

interface PodParts {
  readonly spec?: { readonly nodeName?: string; readonly terminationGracePeriodSeconds?: number };
  readonly status?: { readonly phase?: string };
}

function graceOf({ resource, deletion }: Removal, live: KubeObject): number {
  if (!isGraceful(resource)) return 0;
  const { spec, status } = live as unknown as PodParts;
  const isAlone = (spec?.nodeName ?? '') === '' || status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (isAlone) return 0;
  const asked = deletion.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30;
  return asked < 0 ? 1 : asked;
}

function checkPreconditions({ resource, target, deletion }: Removal, live: KubeObject): void {
  const { uid, resourceVersion } = deletion;
  const named = { group: resource.group, plural: resource.kind };
  if (uid !== undefined && uid !== live.metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${live.metadata.uid ?? ''}). The object might have been deleted and then recreated`;
    throw conflict(named, target.name, text);
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${live.metadata.resourceVersion ?? ''}). The object might have been modified`;
    throw conflict(named, target.name, text);
  }
}

const options = { group: 'meta.k8s.io', kind: 'DeleteOptions' };
const policies = ['Foreground', 'Background', 'Orphan'];

/** Throws Invalid for options that contradict each other. */
export function checkOptions({ propagationPolicy, orphanDependents }: Deletion): void {
  if (propagationPolicy === undefined) return;
  if (orphanDependents !== undefined) {
    const message = `Invalid value: "${propagationPolicy}": orphanDependents and deletionPropagation cannot be both set`;
    throw invalid(options, '', [{ reason: 'FieldValueInvalid', field: 'propagationPolicy', message }]);
  }
  if (policies.includes(propagationPolicy)) return;
  const supported = [...policies, 'nil'].map((policy) => `"${policy}"`).join(', ');
  const message = `Unsupported value: "${propagationPolicy}": supported values: ${supported}`;
  throw invalid(options, '', [{ reason: 'FieldValueNotSupported', field: 'propagationPolicy', message }]);
}

/** What DELETE answers when the object is gone and its kind does not show it. */
export function deletedStatus(resource: ServedResource, object: KubeObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata.name ?? '',
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: object.metadata.uid ?? '',
    },
  } as unknown as Status;
}
