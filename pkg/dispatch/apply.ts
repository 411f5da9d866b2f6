import { ApiError, ignoreNotFound, isAlreadyExists, isConflict, isInvalid, isNotFound } from '../apis/api-error.ts';
import type { Json, KubeObject } from '../../machinery/src/meta.ts';
import { annotations } from '../apis/names.ts';
import { firstRule, selects } from '../appfile/resource-policy.ts';
import { adoptionOf } from './adopt.ts';
import { deliveredBy } from './deliverer.ts';
import { DispatchError } from './dispatch-error.ts';
import { withEncodedData } from './encoded-data.ts';
import type { Write } from './fenced-write.ts';
import { isRenderedSame, writeFenced } from './fenced-write.ts';
import { fieldManager } from './field-manager.ts';
import type { ApplyContext } from './known.ts';
import { hasMarks, isInKnownForm, remember, settledState, wantedHash } from './known.ts';
import { withLastApplied } from './last-applied.ts';
import { frozenPaths, withLivePaths } from './live-path.ts';
import type { ResolvedManifest } from './manifest.ts';
import { describe, namesOf, objectKey } from './manifest.ts';
import type { OwnerKey } from './ownership.ts';
import { claimOn, ownerOf, sharersOf } from './ownership.ts';
import { isUntyped, writeUntyped } from './untyped.ts';
import { recreateIfNeeded, replace } from './update-strategy.ts';

interface Applying extends ApplyContext {
  readonly ticket: number | undefined;
}

/** No object has it, and apply with a resourceVersion creates what is missing: so it creates, or conflicts. */
const neverVersion = '1';

/**
 * Brings one object into the state of its manifest and returns it as it is live; undefined when a policy leaves a
 * missing object missing.
 *
 * An object that this Application does not own, or must not take over or share, is never written: a first
 * apply can only create, and later ones name the UID that is known to be ours.
 */
export async function applyManifest(given: ResolvedManifest, context: ApplyContext): Promise<KubeObject | undefined> {
  const manifest = { ...given, object: deliveredBy(given.object, context.shard) };
  const live = await bring(manifest, context);
  if (live) context.watched?.saw(manifest.resource, live, context.owner);
  return live;
}

async function bring(manifest: ResolvedManifest, given: ApplyContext): Promise<KubeObject | undefined> {
  // what controllers of ours work on as well carries the fences of those
  const fence = manifest.resource.group === 'core.oam.dev' ? undefined : given.fence;
  const ticket = given.watched?.expect(manifest.resource, namesOf(manifest.object), given.owner);
  const context: Applying = { ...given, fence, ticket };
  const key = objectKey(manifest.object);
  const paths = frozenPaths(context.policies.applyOnce.rules, manifest.object, context.moment);
  if (isReadOnly(manifest, context)) return readOnly(manifest, context);
  if (paths.length > 0 || isShared(manifest, context) || updateRule(manifest, context)) {
    return applyOverLive(manifest, context, paths);
  }
  const settled = settledState(manifest, context);
  if (settled) return settled;
  const known = context.known.get(key);
  const isMarked = hasMarks(known, context);
  // content that was applied already is applied again only where a read shows that another writer changed it
  if (isMarked && known.hash === wantedHash(manifest.object, context)) return applyOverLive(manifest, context, []);
  const applied = isMarked ? await applyTo(known.uid, manifest, context) : undefined;
  if (applied) return applied;
  context.known.delete(key);
  const mayBeThere = context.tracked(key) || (known !== undefined && !isMarked);
  if (mayBeThere) return applyOverLive(manifest, context, []);
  return (await createOnly(manifest, context)) ?? applyOverLive(manifest, context, []);
}

/** Applies to the object with the given UID; undefined when that is not there any more. */
async function applyTo(uid: string, manifest: ResolvedManifest, context: Applying): Promise<KubeObject | undefined> {
  const { object } = manifest;
  try {
    return await send({ ...object, metadata: { ...object.metadata, uid } }, manifest, context);
  } catch (error) {
    if (isConflict(error) || isInvalid(error) || isNotFound(error)) return undefined;
    throw error;
  }
}

/** Creates the object; undefined when it exists. */
async function createOnly(manifest: ResolvedManifest, context: Applying): Promise<KubeObject | undefined> {
  const { object } = manifest;
  const metadata = { ...object.metadata, resourceVersion: neverVersion };
  try {
    return await send({ ...object, metadata }, manifest, context);
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error)) return undefined;
    if (!refusesVersions(error)) throw error;
    // An older API server: it has just said that the object does not exist, and takes it only without a version.
    return send(object, manifest, context);
  }
}

/** What API servers before the one that creates by an apply with a resourceVersion say of an object that is not there. */
function refusesVersions(error: unknown): boolean {
  return (
    error instanceof ApiError && error.message.includes('resourceVersion should not be set on objects to be created')
  );
}

async function send(object: KubeObject, manifest: ResolvedManifest, context: Applying): Promise<KubeObject> {
  return remember(
    await writeFenced(applying(manifest, context), { object, live: undefined }, context),
    manifest,
    context,
  );
}

/** Server-side apply as our field manager; another write where the object does not fit its schema. */
const applying =
  ({ resource }: ResolvedManifest, { client, signal, warn }: Applying) =>
  async (object: KubeObject, dryRun: boolean): Promise<KubeObject> => {
    const written = withLastApplied(withEncodedData(object));
    try {
      return await client.apply(resource, written, { fieldManager, force: true, signal, ...(dryRun && { dryRun }) });
    } catch (error) {
      if (!isUntyped(error)) throw error;
      const answer = await writeUntyped(written, { client, resource, dryRun, signal });
      if (!dryRun) warn?.(`${describe(object)} was written although it does not fit its schema: ${error.message}`);
      return answer;
    }
  };

/** Reads the live object first, and writes it only with a right to it. */
async function applyOverLive(
  manifest: ResolvedManifest,
  context: Applying,
  paths: readonly string[],
): Promise<KubeObject | undefined> {
  const live = await readLive(manifest, context);
  if (!live) return paths.length > 0 && context.moment === 'onStateKeep' ? undefined : createMissing(manifest, context);
  const claim = claimOn(live, context.owner, {
    takeOver: context.policies.takeOver.some((rule) => selects(rule.selector, manifest.object)),
    shared: isShared(manifest, context),
  });
  if (claim === 'join') return join(live, manifest, context);
  if (claim !== 'own' && claim !== 'take') throw refusal(claim, manifest.object, live);
  if (live.metadata.deletionTimestamp !== undefined) throw terminating(manifest.object);
  return paths.includes('*') ? live : overwrite(manifest, { live, paths }, context);
}

/** Writes over a live object that is ours, in the way that policies ask for. */
async function overwrite(
  manifest: ResolvedManifest,
  { live, paths }: { readonly live: KubeObject; readonly paths: readonly string[] },
  context: Applying,
): Promise<KubeObject> {
  const owner = isShared(manifest, context) ? context.owner : undefined;
  const object = withSharer(withLivePaths(manifest.object, live, paths), live, owner);
  const wanted = { ...manifest, object };
  const rule = updateRule(manifest, context);
  if (rule && (await recreateIfNeeded(rule, { wanted, live }, context))) return createMissing(wanted, context);
  if (rule?.strategy?.op === 'replace') return remember(await replace(wanted, live, context), wanted, context);
  if (isRenderedSame(object, live) && isInKnownForm(live, wanted, context)) return remember(live, wanted, context);
  const { uid = '' } = live.metadata;
  const own = { ...object, metadata: { ...object.metadata, uid } };
  const write = withAdoption(applying(wanted, context), { wanted, live }, context);
  return remember(await writeFenced(write, { object: own, live }, context), wanted, context);
}

/** The write, before which the fields are adopted that a controller of the past owns: an apply alone would leave them for ever. */
function withAdoption(
  write: Write,
  { wanted, live }: { readonly wanted: ResolvedManifest; readonly live: KubeObject },
  { client, signal }: Applying,
): Write {
  const body = adoptionOf(live);
  if (body === undefined) return write;
  return async (object, dryRun) => {
    const options = { fieldManager, signal };
    if (!dryRun) await client.patch(wanted.resource, namesOf(live), { type: 'json', body }, options);
    return write(object, dryRun);
  };
}

function refusal(claim: 'unmanaged' | 'foreign', object: KubeObject, live: KubeObject): DispatchError {
  const what = describe(object);
  if (claim === 'unmanaged') {
    const remedy = 'give the application a take-over policy to adopt it';
    return new DispatchError('NotManaged', `${what} exists but is not managed by any application now; ${remedy}`);
  }
  const remedy = 'rename it, or share it by a shared-resource policy in both';
  return new DispatchError(
    'ManagedByOther',
    `${what} is managed by other application ${ownerOf(live) ?? ''}; ${remedy}`,
  );
}

const terminating = (object: KubeObject): DispatchError =>
  new DispatchError('Terminating', `${describe(object)} is being deleted; it is created again when it is gone`);

async function createMissing(manifest: ResolvedManifest, context: Applying): Promise<KubeObject> {
  const owner = isShared(manifest, context) ? context.owner : undefined;
  const wanted = { ...manifest, object: withSharer(manifest.object, undefined, owner) };
  const created = await createOnly(wanted, context);
  if (created) return created;
  throw new DispatchError('Terminating', `${describe(manifest.object)} appeared while it was created; trying again`);
}

async function readLive(manifest: ResolvedManifest, { client, signal }: Applying): Promise<KubeObject | undefined> {
  return ignoreNotFound(client.get(manifest.resource, namesOf(manifest.object), { signal }));
}

async function readOnly(manifest: ResolvedManifest, context: Applying): Promise<KubeObject> {
  const live = await readLive(manifest, context);
  if (live) return live;
  throw new DispatchError(
    'Missing',
    `${describe(manifest.object)} does not exist, and a read-only policy forbids to create it`,
  );
}

/** Adds this Application to those that share an object of another. */
async function join(live: KubeObject, manifest: ResolvedManifest, context: Applying): Promise<KubeObject> {
  const sharers = sharersOf(live);
  if (sharers.includes(context.owner)) return live;
  const list = [...sharers, context.owner].join(',');
  const body: Json = {
    metadata: { resourceVersion: live.metadata.resourceVersion ?? '', annotations: { [annotations.sharedBy]: list } },
  };
  const target = namesOf(manifest.object);
  return context.client.patch(
    manifest.resource,
    target,
    { type: 'merge', body },
    { fieldManager, signal: context.signal },
  );
}

function withSharer(object: KubeObject, live: KubeObject | undefined, owner: OwnerKey | undefined): KubeObject {
  if (owner === undefined) return object;
  const sharers = live ? sharersOf(live) : [];
  const list = (sharers.includes(owner) ? sharers : [owner, ...sharers]).join(',');
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [annotations.sharedBy]: list } },
  };
}

const isShared = ({ object }: ResolvedManifest, { policies }: ApplyContext): boolean =>
  policies.shared.some((rule) => selects(rule.selector, object));
const isReadOnly = ({ object }: ResolvedManifest, { policies }: ApplyContext): boolean =>
  policies.readOnly.some((rule) => selects(rule.selector, object));
const updateRule = ({ object }: ResolvedManifest, { policies }: ApplyContext) => firstRule(policies.update, object);
