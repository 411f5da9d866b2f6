import { ignoreNotFound, isNotFound } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { ManagedResource, ResourceTracker } from '../apis/resource-tracker.ts';
import type { ResourcePolicies } from '../appfile/resource-policy.ts';
import { firstRule } from '../appfile/resource-policy.ts';
import type { Restrictions } from './allowed.ts';
import { checkAllowed } from './allowed.ts';
import { applyManifest } from './apply.ts';
import { mapBounded } from './bounded.ts';
import type { Claims } from './duplicates.ts';
import { claimForComponent, distinctManifests } from './duplicates.ts';
import type { Doomed } from './delete.ts';
import { checkDeletable, deleteOne, markedDeleted } from './delete.ts';
import type { ApplyContext, DeliveredWatch, KnownObjects } from './known.ts';
import { isUnchanged } from './known.ts';
import type { Manifest, ResolvedManifest } from './manifest.ts';
import { applyOrder, inScope, namesOf, objectKey } from './manifest.ts';
import { ownerKeyOf } from './ownership.ts';
import { withRenderHash } from './render-hash.ts';
import type { TrackerStore } from './tracker-store.ts';
import type { TrackerOwner } from './tracker.ts';
import { classify, entriesOf, entryFor, entryKey, isDeleting, newTracker, withEntries } from './tracker.ts';

export interface KeeperOptions {
  /** Writes trackers. */
  readonly system: KubeClient;
  /** Writes resources, with the rights of the Application's author. */
  readonly user: KubeClient;
  readonly store: TrackerStore;
  readonly owner: TrackerOwner;
  readonly policies: ResourcePolicies;
  readonly known: KnownObjects;
  readonly restrictions: Restrictions;
  /** The fence of every write; absent where no other process could write. */
  readonly fence?: string | undefined;
  /** Written on every resource that is written; absent where there are no shards. */
  readonly shard?: string | undefined;
  /** What watches say of delivered objects, where there are any. */
  readonly watched?: DeliveredWatch | undefined;
  /** How many resources are applied at once. Default of the flag: 10. */
  readonly maxConcurrent: number;
  /** Reports what was written although something is wrong with it. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** One resource after it was applied. */
export interface Delivered {
  readonly manifest: Manifest;
  /** Undefined when a policy leaves it missing, or it is unchanged since its last read. */
  readonly live: KubeObject | undefined;
  readonly unchanged?: true;
}

/** Delivers the resources of one Application and keeps its trackers true: an entry always precedes its object. */
export class ResourceKeeper {
  readonly #options: KeeperOptions;
  readonly #toRecord: ResolvedManifest[] = [];
  readonly #claims: Claims = new Map();
  #recording: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get app(): Application {
    return this.#options.owner.app;
  }

  /** Records and applies manifests; those of which others depend come first. Throws what went wrong, all together. */
  async dispatch(manifests: readonly Manifest[], signal?: AbortSignal): Promise<readonly Delivered[]> {
    const context = this.#context('onUpdate', signal);
    const delivered: Delivered[] = [];
    const { recordable, isOwn } = await this.#claim(manifests);
    await this.#record(recordable, signal);
    for (const wave of applyOrder(manifests)) {
      const all = await this.#resolveAll(wave);
      const resolved = distinctManifests(all.filter(isOwn));
      delivered.push(
        ...(await mapBounded(
          all.filter((m) => !isOwn(m)),
          1,
          (m) => this.read(m, signal),
        )),
      );
      await this.#record(resolved, signal);
      // where the workload is refused, none of what goes with it is delivered
      const parts = [resolved.filter(isWorkload), resolved.filter((m) => !isWorkload(m))];
      for (const part of parts) {
        const apply = async (manifest: ResolvedManifest): Promise<Delivered> => ({
          manifest,
          live: await applyManifest(manifest, context),
        });
        delivered.push(...(await mapBounded(part, this.#options.maxConcurrent, apply)));
      }
      delivered.push(...doublesOf(all.filter(isOwn), delivered));
    }
    return delivered;
  }

  /**
   * Records what several components will deliver, all in one write, before the first object of them is written. What cannot
   * be recorded now, such as objects of an unknown kind, is left to the dispatch of its component, which reports why.
   */
  async recordAhead(groups: readonly (readonly Manifest[])[], signal?: AbortSignal): Promise<void> {
    const recordable: ResolvedManifest[] = [];
    for (const manifests of groups) {
      const claimed = await this.#claim(manifests).catch(() => undefined);
      recordable.push(...(claimed?.recordable ?? []));
    }
    if (recordable.length > 0) await this.#record(recordable, signal);
  }

  /**
   * Brings the current tracker to the generation of its Application where that changed without a new revision, such as by an
   * empty list of traits. A controller of KubeVela, after a move or on the way back, would collect all that a tracker of an
   * earlier generation holds.
   */
  async followGeneration(signal?: AbortSignal): Promise<void> {
    const { store, owner } = this.#options;
    const { current } = classify(store.list(), owner);
    const { generation = 0 } = owner.app.metadata;
    if (!current || current.spec.applicationGeneration >= generation) return;
    await store.setGeneration(current, generation, signal);
  }

  /**
   * Deletes objects at the request of a step; all are checked before the first is deleted. What the Application delivered
   * is marked as deleted in its trackers first, so that it is not put back.
   */
  async delete(objects: readonly Doomed[], signal?: AbortSignal): Promise<void> {
    const { user, owner, policies, known, maxConcurrent } = this.#options;
    const context = { user, owner: ownerKeyOf(owner.app), policies, known, signal };
    for (const object of objects) checkDeletable(object, context);
    await this.markDeleted(
      objects.map(({ live }) => objectKey(live)),
      signal,
    );
    await mapBounded(objects, maxConcurrent, (object) => deleteOne(object, context));
  }

  /** Marks entries of the trackers as deleted on purpose. */
  async markDeleted(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    const wanted = new Set(keys);
    const mark = async (): Promise<void> => {
      for (const tracker of this.#options.store.list()) {
        const entries = markedDeleted(tracker, wanted);
        if (entries) await this.#options.store.setEntries(tracker, entries, signal);
      }
    };
    this.#recording = this.#recording.catch(() => undefined).then(mark);
    await this.#recording;
  }

  /** What the trackers remember of an object that was delivered; undefined when nothing. */
  recorded(object: KubeObject): Manifest | undefined {
    const key = objectKey(object);
    const entry = recordedObjects(this.#options.store, this.#options.owner).find((one) => entryKey(one) === key);
    return entry?.raw && manifestOf(entry);
  }

  /** Puts back what is missing or was edited, from what the trackers remember. */
  async keepState(signal?: AbortSignal): Promise<readonly Delivered[]> {
    const { applyOnce } = this.#options.policies;
    if (applyOnce.enable && applyOnce.rules.length === 0) return this.readState(signal);
    const { root, current } = classify(this.#options.store.list(), this.#options.owner);
    const entries = [root, current].flatMap((t) => (t ? entriesOf(t) : []));
    const manifests = entries.flatMap((e) => (e.raw && !e.deleted ? [manifestOf(e)] : []));
    const context = this.#context('onStateKeep', signal);
    const delivered: Delivered[] = [];
    for (const wave of applyOrder(manifests)) {
      const resolved = await this.#resolveAll(wave);
      const keep = async (manifest: ResolvedManifest): Promise<Delivered> =>
        this.#isUnchanged(manifest, context)
          ? { manifest, live: undefined, unchanged: true }
          : { manifest, live: await applyManifest(manifest, context) };
      delivered.push(...(await mapBounded(resolved, this.#options.maxConcurrent, keep)));
    }
    return delivered;
  }

  /** Reads what the trackers remember, or some of it, and writes nothing. */
  readState(
    signal?: AbortSignal,
    isWanted: (manifest: Manifest) => boolean = () => true,
  ): Promise<readonly Delivered[]> {
    const { store, owner, maxConcurrent } = this.#options;
    const manifests = recordedObjects(store, owner).map(manifestOf).filter(isWanted);
    return mapBounded(manifests, maxConcurrent, (manifest) => this.observe(manifest, signal));
  }

  /** One delivered object as watches show it, where its state is held; otherwise it is read. */
  async observe(manifest: Manifest, signal?: AbortSignal): Promise<Delivered> {
    const { known, watched, system } = this.#options;
    const { apiVersion, kind } = manifest.object;
    const ticket = known.get(objectKey(manifest.object))?.ticket;
    if (!watched || ticket === undefined) return this.read(manifest, signal);
    const live = watched.latest(await system.resourceFor(apiVersion, kind), namesOf(manifest.object), ticket);
    return live ? { manifest, live } : this.read(manifest, signal);
  }

  /** Reads one delivered object. */
  async read(manifest: Manifest, signal?: AbortSignal): Promise<Delivered> {
    const { user } = this.#options;
    const { apiVersion, kind } = manifest.object;
    try {
      const resource = await user.resourceFor(apiVersion, kind);
      const live = await user.get<KubeObject>(resource, namesOf(manifest.object), { signal });
      // an entry without a manifest has no labels
      const object = manifest.object.metadata.labels ? manifest.object : live;
      return { manifest: { ...manifest, object }, live };
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return { manifest, live: undefined };
    }
  }

  /** Claims the objects of manifests that are allowed and of a known kind; throws where another component claims one. */
  async #claim(manifests: readonly Manifest[]): Promise<{
    readonly recordable: readonly ResolvedManifest[];
    readonly isOwn: (manifest: ResolvedManifest) => boolean;
  }> {
    const namespace = this.app.metadata.namespace ?? '';
    for (const { object } of manifests) checkAllowed(object, namespace, this.#options.restrictions);
    // one wave can define the kinds of the next, so unknown kinds are resolved again; otherwise nothing is delivered
    const early = (await this.#resolve(manifests)).filter((m) => m !== undefined);
    if (early.length < manifests.length && !manifests.some(definesKind)) await this.#resolveAll(manifests);
    const entries = recordedObjects(this.#options.store, this.#options.owner);
    const others = claimForComponent(early, entries, this.#claims);
    const isOwn = ({ object }: ResolvedManifest): boolean => !others.has(objectKey(object));
    return { recordable: distinctManifests(early.filter(isOwn)), isOwn };
  }

  #isUnchanged(manifest: ResolvedManifest, context: ApplyContext): boolean {
    const { watched } = this.#options;
    return watched !== undefined && isUnchanged(manifest, context, watched);
  }

  #context(moment: ApplyContext['moment'], signal: AbortSignal | undefined): ApplyContext {
    const { user, owner, policies, known, store, fence, shard, watched, warn } = this.#options;
    const tracked = new Set(store.list().flatMap((t) => entriesOf(t).map(entryKey)));
    const mayExist = (key: string): boolean => tracked.has(key) && store.wasRead(key);
    return {
      client: user,
      owner: ownerKeyOf(owner.app),
      policies,
      known,
      tracked: mayExist,
      fence,
      shard,
      watched,
      moment,
      signal,
      warn,
    };
  }

  async #resolve(manifests: readonly Manifest[]): Promise<readonly (ResolvedManifest | undefined)[]> {
    return mapBounded(manifests, this.#options.maxConcurrent, async (manifest) => {
      return ignoreNotFound(this.#resolveOne(manifest));
    });
  }

  #resolveAll(manifests: readonly Manifest[]): Promise<readonly ResolvedManifest[]> {
    return mapBounded(manifests, this.#options.maxConcurrent, (manifest) => this.#resolveOne(manifest));
  }

  async #resolveOne(manifest: Manifest): Promise<ResolvedManifest> {
    const { apiVersion, kind } = manifest.object;
    const resource = await this.#options.system.resourceFor(apiVersion, kind);
    this.#options.watched?.follow(resource);
    return { ...manifest, resource, object: withRenderHash(inScope(manifest.object, resource)) };
  }

  /** Writes entries down before what they name is applied; while one write is under way, others gather for the next. */
  #record(manifests: readonly ResolvedManifest[], signal: AbortSignal | undefined): Promise<void> {
    this.#toRecord.push(...manifests);
    this.#recording = this.#recording.catch(() => undefined).then(() => this.#flush(signal));
    return this.#recording;
  }

  async #flush(signal: AbortSignal | undefined): Promise<void> {
    const manifests = this.#toRecord.splice(0);
    try {
      await this.#writeAll(manifests, signal);
    } catch (error) {
      // the callers that wait for the next write rely on these entries
      this.#toRecord.unshift(...manifests);
      throw error;
    }
  }

  async #writeAll(manifests: readonly ResolvedManifest[], signal: AbortSignal | undefined): Promise<void> {
    for (const type of ['root', 'versioned'] as const) {
      const entries = manifests.filter((m) => this.#isRoot(m) === (type === 'root')).map((m) => this.#entry(m));
      // the versioned tracker says what was delivered last, be it nothing
      if (entries.length > 0 || (type === 'versioned' && manifests.length > 0))
        await this.#write(type, entries, signal);
    }
  }

  async #write(type: 'root' | 'versioned', entries: readonly ManagedResource[], signal?: AbortSignal): Promise<void> {
    const { store, owner } = this.#options;
    const { root, current } = classify(store.list(), owner);
    const tracker: ResourceTracker | undefined = type === 'root' ? root : current;
    if (!tracker) {
      await store.create(newTracker(owner, type, withEntries([], entries) ?? []), signal);
      return;
    }
    const changed = withEntries(entriesOf(tracker), entries);
    if (changed) await store.setEntries(tracker, changed, signal);
  }

  #entry(manifest: Manifest): ManagedResource {
    const { collect, applyOnce } = this.#options.policies;
    return entryFor(manifest, {
      skipGC: firstRule(collect.rules, manifest.object)?.strategy === 'never',
      metadataOnly: applyOnce.enable && applyOnce.rules.length === 0,
    });
  }

  #isRoot(manifest: Manifest): boolean {
    const strategy = firstRule(this.#options.policies.collect.rules, manifest.object)?.strategy;
    return strategy === 'onAppDelete' || strategy === 'never';
  }
}

/** The manifests of objects that were delivered by another manifest of the same list. */
function doublesOf(manifests: readonly ResolvedManifest[], delivered: readonly Delivered[]): readonly Delivered[] {
  const byKey = new Map(delivered.map((one) => [objectKey(one.manifest.object), one.live]));
  const seen = new Set<string>();
  return manifests.flatMap((manifest) => {
    const key = objectKey(manifest.object);
    if (seen.has(key)) return [{ manifest, live: byKey.get(key) }];
    seen.add(key);
    return [];
  });
}

const definesKind = ({ object }: Manifest): boolean => object.kind === 'CustomResourceDefinition';
const isWorkload = ({ trait }: Manifest): boolean => trait === '';

function manifestOf(entry: ManagedResource): Manifest {
  return { object: entry.raw ?? identityOf(entry), component: entry.component ?? '', trait: entry.trait ?? '' };
}

const identityOf = ({ apiVersion = '', kind = '', name = '', namespace }: ManagedResource): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
});

/** What is recorded as delivered by the present state of an Application. */
export function recordedObjects(store: TrackerStore, owner: TrackerOwner): readonly ManagedResource[] {
  const { root, current } = classify(store.list(), owner);
  return [root, current]
    .filter((t) => t !== undefined && !isDeleting(t))
    .flatMap((t) => (t ? entriesOf(t) : []))
    .filter((e) => !e.deleted);
}
