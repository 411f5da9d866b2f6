import { isAlreadyExists, isNotFound } from '../apis/api-error.ts';
import { fenced, fenceMetadata } from '../apis/fence.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { finalizers, labels } from '../apis/names.ts';
import type { ManagedResource, ResourceTracker } from '../apis/resource-tracker.ts';
import { resourceTrackerResource } from '../apis/resource-tracker.ts';
import type { CompressionType } from '../revision/compression.ts';
import { contentHash } from '../revision/hash.ts';
import { DispatchError } from './dispatch-error.ts';
import { fieldManager } from './field-manager.ts';
import { expandedTracker, storedTracker } from './stored-tracker.ts';
import { entriesOf, entryKey } from './tracker.ts';
import { withoutManagedFields } from '../../machinery/src/managed-fields.ts';

export interface TrackerSettings {
  /** Written on every tracker that is written. */
  readonly fence?: string | undefined;
  /** How trackers are stored that are not compressed yet. */
  readonly compression?: CompressionType | undefined;
}

/**
 * The trackers of one Application: read live once, then kept in step by being the only writer.
 *
 * Every write carries the resourceVersion that it is based on, so that a surprise ends in a conflict; a caller that gets
 * one throws the store away and reads again.
 */
export class TrackerStore {
  readonly #client: KubeClient;
  readonly #fence: string | undefined;
  readonly #compression: CompressionType;
  #trackers: readonly ResourceTracker[];
  /** The keys of the entries that were there when the trackers were read. */
  readonly #readKeys: ReadonlySet<string>;

  /** Takes trackers as they are stored. Throws where the entries of one cannot be read. */
  constructor(client: KubeClient, trackers: readonly ResourceTracker[], settings: TrackerSettings = {}) {
    this.#client = client;
    this.#trackers = trackers.map(heldTracker);
    this.#readKeys = new Set(this.#trackers.flatMap((tracker) => entriesOf(tracker).map(entryKey)));
    this.#fence = settings.fence;
    this.#compression = settings.compression ?? '';
  }

  list(): readonly ResourceTracker[] {
    return this.#trackers;
  }

  /** Whether an entry was there when the trackers were read: then its object may exist although this process did not apply it. */
  wasRead(key: string): boolean {
    return this.#readKeys.has(key);
  }

  /** Creates a tracker, under another name where its own is taken. Throws when one of this Application appeared in between. */
  async create(wanted: ResourceTracker, signal?: AbortSignal): Promise<ResourceTracker> {
    const tracker = storedTracker(fenced(wanted, this.#fence), this.#compression);
    try {
      return this.#put(await this.#client.create(resourceTrackerResource, tracker, { fieldManager, signal }));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const name = tracker.metadata.name ?? '';
    const existing = await this.#client.get<ResourceTracker>(resourceTrackerResource, { name }, { signal });
    const isOurs = existing.metadata.labels?.[labels.appUid] === tracker.metadata.labels?.[labels.appUid];
    // a publish version may read as a generation does: then a tracker of another revision has the name
    const isKnown = this.#trackers.some((t) => t.metadata.uid === existing.metadata.uid);
    if (isOurs && !isKnown && existing.metadata.deletionTimestamp === undefined) {
      throw new DispatchError('ForeignTracker', `resource tracker ${name} appeared while it was created; trying again`);
    }
    // It is another one, on its way out, or names of applications and namespaces run together: a-b in c, and a in b-c.
    const unique = `${name}-${contentHash([tracker.metadata.labels, existing.metadata.uid]).slice(0, 8)}`;
    const renamed = { ...tracker, metadata: { ...tracker.metadata, name: unique } };
    return this.#put(await this.#client.create(resourceTrackerResource, renamed, { fieldManager, signal }));
  }

  async setEntries(
    tracker: ResourceTracker,
    entries: readonly ManagedResource[],
    signal?: AbortSignal,
  ): Promise<ResourceTracker> {
    return this.#update({ ...tracker, spec: { ...tracker.spec, managedResources: entries } }, signal);
  }

  /** Records for which generation of its Application a tracker stands. */
  async setGeneration(
    tracker: ResourceTracker,
    applicationGeneration: number,
    signal?: AbortSignal,
  ): Promise<ResourceTracker> {
    return this.#update({ ...tracker, spec: { ...tracker.spec, applicationGeneration } }, signal);
  }

  async #update(tracker: ResourceTracker, signal: AbortSignal | undefined): Promise<ResourceTracker> {
    const changed = fenced(tracker, this.#fence);
    const stored = storedTracker(changed, this.#compression);
    return this.#put(await this.#client.update(resourceTrackerResource, stored, { fieldManager, signal }));
  }

  /** Marks a tracker for collection; its finalizer keeps it until its resources are gone. */
  async markDeleted(tracker: ResourceTracker, signal?: AbortSignal): Promise<void> {
    const { name = '', uid } = tracker.metadata;
    try {
      const answer = await this.#client.delete(
        resourceTrackerResource,
        { name },
        { preconditions: { ...(uid !== undefined && { uid }) }, signal },
      );
      if ('metadata' in answer && answer.kind === 'ResourceTracker') this.#put(answer as ResourceTracker);
      else this.#drop(tracker);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#drop(tracker);
    }
  }

  /** Releases a tracker after its resources are gone. */
  async release(tracker: ResourceTracker, signal?: AbortSignal): Promise<void> {
    const { name = '', resourceVersion = '' } = tracker.metadata;
    const kept = (tracker.metadata.finalizers ?? []).filter((f) => f !== finalizers.resourceTracker);
    const body = { metadata: { resourceVersion, finalizers: kept, ...fenceMetadata(this.#fence) } };
    try {
      await this.#client.patch(resourceTrackerResource, { name }, { type: 'merge', body }, { fieldManager, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#drop(tracker);
  }

  #put(stored: ResourceTracker): ResourceTracker {
    const tracker = heldTracker(stored);
    const { uid } = tracker.metadata;
    const others = this.#trackers.filter((t) => t.metadata.uid !== uid);
    this.#trackers = [...others, tracker];
    return tracker;
  }

  #drop(tracker: ResourceTracker): void {
    this.#trackers = this.#trackers.filter((t) => t.metadata.uid !== tracker.metadata.uid);
  }
}

/** A tracker as it is held in memory; an update without managed fields keeps those that are stored. */
const heldTracker = (stored: ResourceTracker): ResourceTracker => expandedTracker(withoutManagedFields(stored));
