import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import { keepTimes } from '../../../machinery/src/patch/managers.ts';
import { validateMetadataUpdate } from '../kinds/metadata.ts';
import type { FieldProblem, MutableObject } from '../contract/strategy.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Stored } from '../storage/stored.ts';
import { mutate, validate } from './admit.ts';
import { commitPut, commitRemoval } from './commit.ts';
import { environmentOf } from './core.ts';
import type { Core, Target, Written } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { conflict, invalid, notFound, serverError } from '../contract/errors.ts';
import { withDistinctOwners } from './owner-references.ts';
import { finished } from './object-meta.ts';
import type { StatusError } from '../contract/status-error.ts';
import { storageKey } from './served-resource.ts';
import type { ServedResource } from './served-resource.ts';
import { tracked } from './managed.ts';

export interface Modification {
  readonly core: Core;
  readonly resource: ServedResource;
  readonly target: Target;
  readonly context: WriteContext;
  /** Empty for the main resource. */
  readonly subresource: string;
  /**
   * Makes the wanted object from the stored one, in the served version. Called again after a conflict and
   * the result names no resourceVersion.
   */
  readonly change: (live: KubeObject) => MutableObject | Promise<MutableObject>;
  /** Whether `change` has taken care of managedFields. */
  readonly isTracked?: boolean;
  /** Whether the server itself makes the change: what `change` leaves is taken as it is, and only metadata is checked. */
  readonly isInternal?: boolean;
  /** Whether the result must name a resourceVersion, as a PUT of some kinds must. */
  readonly needsVersion?: boolean;
}

const attempts = 6;

/** Changes a stored object; a change without a difference writes nothing. Throws NotFound, Conflict or Invalid. */
export async function modify(modification: Modification): Promise<Written> {
  const { resource, target } = modification;
  const key = storageKey(resource, target.namespace, target.name);
  for (let attempt = 1; ; attempt++) {
    const stored = resource.collection.get(key);
    if (stored === undefined) throw notFound(resource, target.name);
    const live = resource.view(stored).object;
    const wanted = await modification.change(live);
    checkVersion(modification, wanted, live);
    try {
      return { object: await replace(modification, stored, wanted), wasCreated: false };
    } catch (error) {
      // After a conflict a resourceVersion of the client is stale in the next round and ends it.
      if (!(error instanceof StorageError) || error.reason !== 'Changed') throw error;
      if (attempt === attempts) throw conflict(resource, target.name);
    }
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== '0';
}

function checkVersion({ resource, target, needsVersion }: Modification, wanted: MutableObject, live: KubeObject): void {
  const { resourceVersion, uid } = wanted.metadata;
  if (isGiven(uid) && uid !== live.metadata.uid) {
    throw staleUid(resource, target, String(uid), live.metadata.uid ?? '');
  }
  if (isGiven(resourceVersion)) {
    if (typeof resourceVersion === 'string' && !/^\d+$/.test(resourceVersion))
      throw serverError(`strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`);
    if (resourceVersion !== live.metadata.resourceVersion) throw conflict(resource, target.name);
  } else if (needsVersion === true) {
    throw invalid({ group: resource.group, kind: resource.plural }, target.name, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ]);
  }
}

/** The conflict of a write that names the uid of another object. */
export function staleUid(resource: ServedResource, { name }: Target, uid: string, found: string): StatusError {
  return conflict(resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`);
}

async function replace(modification: Modification, stored: Stored, wanted: MutableObject): Promise<KubeObject> {
  const { core, resource, target, context, subresource } = modification;
  const live = resource.view(stored).object;
  const restored = withDistinctOwners(restore(modification, wanted, live), context, false);
  const own =
    modification.isTracked === true ? restored : tracked({ core, resource, context, subresource }, live, restored);
  const admission = { core, resource, target, context, subresource };
  const admitted = withDistinctOwners(await mutate(admission, 'UPDATE', own, live), context, true);
  const object = prepare(modification, admitted, live);
  check(modification, object, live);
  const result = settle(object, live);
  await validate(admission, 'UPDATE', result, live);
  for (const text of resource.strategy.warnings?.(result) ?? []) context.warn(text);
  return store(modification, stored, result);
}

const kept = ['creationTimestamp', 'uid', 'generation', 'namespace', 'name'];
const keptWhenAbsent = ['deletionTimestamp', 'deletionGracePeriodSeconds'];

/** Puts back what a client cannot change by this request and may leave out. */
function restore(
  { resource, subresource, isInternal }: Modification,
  wanted: MutableObject,
  live: KubeObject,
): MutableObject {
  const before = live.metadata as Readonly<Record<string, unknown>>;
  const metadata: Record<string, unknown> = { ...wanted.metadata, resourceVersion: before['resourceVersion'] };
  delete metadata['selfLink'];
  for (const key of kept) metadata[key] = before[key];
  for (const key of keptWhenAbsent) metadata[key] ??= before[key];
  const object: MutableObject = { ...wanted, metadata };
  if (isInternal === true) return object;
  if (subresource === 'status') return statusOnly(resource, object, live);
  if (resource.subresources.has('status')) copyField(object, live, 'status');
  return object;
}

function copyField(object: MutableObject, live: KubeObject, field: string): void {
  if (live[field] === undefined) Reflect.deleteProperty(object, field);
  else object[field] = live[field];
}

/** A write of the status: everything else as it is. Custom kinds keep their metadata too. */
function statusOnly(resource: ServedResource, object: MutableObject, live: KubeObject): MutableObject {
  const metadata: Record<string, unknown> =
    resource.custom === undefined
      ? object.metadata
      : { ...live.metadata, managedFields: object.metadata['managedFields'] };
  const result: MutableObject = { ...live, metadata };
  if (object['status'] === undefined) delete result['status'];
  else result['status'] = object['status'];
  resource.strategy.prepareForStatusUpdate?.(result, live);
  return result;
}

function prepare(modification: Modification, admitted: MutableObject, live: KubeObject): MutableObject {
  const { core, resource, subresource } = modification;
  const object: MutableObject = { ...admitted, metadata: { ...admitted.metadata } };
  // A namespace's finalizers change by their own subresource only.
  const isMain = subresource !== 'status' && subresource !== 'finalize' && modification.isInternal !== true;
  if (isMain) resource.strategy.prepareForUpdate?.(object, live, environmentOf(core));
  const { generation } = live.metadata;
  if (generation !== undefined) {
    const bumps = subresource !== 'status' && changesGeneration(resource, object, live);
    object.metadata['generation'] = bumps ? generation + 1 : generation;
  }
  return object;
}

function changesGeneration(resource: ServedResource, object: MutableObject, live: KubeObject): boolean {
  const { strategy } = resource;
  if (strategy.changesGeneration !== undefined)
    return strategy.changesGeneration(object as unknown as KubeObject, live);
  const ignoresStatus = resource.custom === undefined || resource.custom.hasStatus;
  const rest = (of: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const { metadata: _metadata, status, ...others } = of;
    return ignoresStatus ? others : { ...others, status };
  };
  return !deepEqual(rest(object), rest(live));
}

function check(modification: Modification, object: MutableObject, live: KubeObject): void {
  const { resource, target, subresource, isInternal } = modification;
  const checked = object as unknown as KubeObject;
  const isMain = subresource !== 'status' && isInternal !== true;
  const problems = [
    ...validateMetadataUpdate(checked, live, isMain ? resource : undefined),
    ...(isMain ? (resource.strategy.validate?.(checked) ?? []) : []),
    ...(isMain ? (updateCheckOf(modification)?.(checked, live) ?? []) : []),
    ...(subresource === 'status' && isInternal !== true
      ? (resource.strategy.validateStatusUpdate?.(checked, live) ?? [])
      : []),
    ...(resource.custom?.validate(checked, live) ?? []),
  ];
  if (problems.length > 0) throw invalid(resource, target.name, problems);
}

function updateCheckOf({
  resource,
  subresource,
}: Modification): ((object: KubeObject, old: KubeObject) => readonly FieldProblem[]) | undefined {
  const { strategy } = resource;
  return strategy.validateSubresource?.[subresource] ?? strategy.validateUpdate?.bind(strategy);
}

/** The object in its final form; the stored one itself when there is no difference. */
function settle(object: MutableObject, live: KubeObject): KubeObject {
  const version = live.metadata.resourceVersion ?? '';
  const timed = keepTimes(live, finished(object, version));
  return deepEqual(timed, live) ? live : timed;
}

async function store(modification: Modification, stored: Stored, result: KubeObject): Promise<KubeObject> {
  const { core, resource, context } = modification;
  const live = resource.view(stored).object;
  if (result === live) return live;
  const isLast = result.metadata.deletionTimestamp !== undefined && isUnheld(result);
  if (context.dryRun) return result;
  if (isLast) {
    await commitRemoval({ core, resource, context }, stored);
    return result;
  }
  return commitPut({ core, resource, context }, stored.key, stored, result as unknown as MutableObject);
}

/** Nothing keeps an object that is being deleted. */
function isUnheld(object: KubeObject): boolean {
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  const spec = object['spec'] as { finalizers?: readonly string[] } | undefined;
  const held = object.kind === 'Namespace' && object.apiVersion === 'v1' ? (spec?.finalizers ?? []) : [];
  return finalizers.length === 0 && held.length === 0 && deletionGracePeriodSeconds === 0;
}
