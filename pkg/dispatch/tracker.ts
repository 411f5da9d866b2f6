import type { Application } from '../apis/application.ts';
import { annotations, finalizers, labels } from '../apis/names.ts';
import type { ManagedResource, ResourceTracker, ResourceTrackerType } from '../apis/resource-tracker.ts';
import { sameContent } from '../revision/hash.ts';
import type { Manifest } from './manifest.ts';
import { namesOf, resourceKey } from './manifest.ts';
import { withoutRenderHash } from './render-hash.ts';

/** What a tracker is made for. */
export interface TrackerOwner {
  readonly app: Application;
  readonly revision: string;
  readonly publishVersion: string;
  /** The shard that works on the Application; undefined when it has none. */
  readonly shard: string | undefined;
}

/** The name of a tracker: `<app>-<ns>` for root, otherwise with the generation or the publish version between. */
export function trackerName(owner: TrackerOwner, type: ResourceTrackerType): string {
  const { name = '', namespace = '', generation = 0 } = owner.app.metadata;
  if (type === 'root') return `${name}-${namespace}`;
  return `${name}-${owner.publishVersion === '' ? `v${generation}` : owner.publishVersion}-${namespace}`;
}

/** A tracker as it is created. */
export function newTracker(
  owner: TrackerOwner,
  type: ResourceTrackerType,
  entries: readonly ManagedResource[],
): ResourceTracker {
  const { metadata } = owner.app;
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ResourceTracker',
    metadata: {
      name: trackerName(owner, type),
      labels: {
        [labels.appName]: metadata.name ?? '',
        [labels.appNamespace]: metadata.namespace ?? '',
        [labels.appUid]: metadata.uid ?? '',
        [labels.appRevision]: owner.revision,
        ...(owner.shard !== undefined && { [labels.scheduledShardId]: owner.shard }),
      },
      ...(owner.publishVersion !== '' && { annotations: { [annotations.publishVersion]: owner.publishVersion } }),
      finalizers: [finalizers.resourceTracker],
    },
    spec: {
      type,
      applicationGeneration: type === 'root' ? 0 : (metadata.generation ?? 0),
      ...(entries.length > 0 && { managedResources: entries }),
    },
  };
}

/** The key of a tracker's entry. */
export const entryKey = (entry: ManagedResource): string => resourceKey(entry);

export const entriesOf = (tracker: ResourceTracker): readonly ManagedResource[] => tracker.spec.managedResources ?? [];

export const isDeleting = (tracker: ResourceTracker): boolean => tracker.metadata.deletionTimestamp !== undefined;

/** How a tracker remembers a manifest. */
export function entryFor(
  manifest: Manifest,
  options: { readonly skipGC: boolean; readonly metadataOnly: boolean },
): ManagedResource {
  const { object, component, trait } = manifest;
  const { namespace, name } = namesOf(object);
  const cluster = object.metadata.labels?.[labels.appCluster] ?? '';
  return {
    ...(cluster !== '' && { cluster }),
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    ...(namespace !== undefined && { namespace }),
    // What steps apply belongs to none. Old API servers take an empty text in an apply for null.
    ...(component !== '' && { component }),
    ...(trait !== '' && { trait }),
    ...(!options.metadataOnly && { raw: withoutRenderHash(object) }),
    ...(options.skipGC && { skipGC: true }),
  };
}

/** The entries with others added, or put in the place of those with the same key, sorted by key; undefined when that changes nothing. */
export function withEntries(
  entries: readonly ManagedResource[],
  added: readonly ManagedResource[],
): readonly ManagedResource[] | undefined {
  const byKey = new Map(entries.map((e) => [entryKey(e), e]));
  let changed = false;
  for (const entry of added) {
    const key = entryKey(entry);
    if (sameContent(byKey.get(key), entry)) continue;
    byKey.set(key, entry);
    changed = true;
  }
  return changed ? [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry) : undefined;
}

/** The trackers of one Application by what they are to its present state. */
export interface ClassifiedTrackers {
  readonly root: ResourceTracker | undefined;
  readonly current: ResourceTracker | undefined;
  /** Of earlier generations, oldest first; deleting ones too. */
  readonly history: readonly ResourceTracker[];
}

/** Sorts trackers by their meaning for the Application's present generation or publish version. */
export function classify(trackers: readonly ResourceTracker[], owner: TrackerOwner): ClassifiedTrackers {
  const versioned = trackers
    .filter((t) => t.spec.type !== 'root')
    .sort((a, b) => a.spec.applicationGeneration - b.spec.applicationGeneration);
  const live = versioned.filter((t) => !isDeleting(t));
  const newest = live.at(-1);
  // A spec that went away and came back has a new generation but the revision that it had.
  const sameRevision = newest?.metadata.labels?.[labels.appRevision] === owner.revision ? newest : undefined;
  const current = live.find((t) => isCurrent(t, owner)) ?? (owner.publishVersion === '' ? sameRevision : undefined);
  return {
    root: trackers.find((t) => t.spec.type === 'root' && !isDeleting(t)),
    current,
    history: versioned.filter((t) => t !== current),
  };
}

function isCurrent(tracker: ResourceTracker, owner: TrackerOwner): boolean {
  if (tracker.spec.type !== 'versioned') return false;
  if (owner.publishVersion !== '')
    return tracker.metadata.annotations?.[annotations.publishVersion] === owner.publishVersion;
  return tracker.spec.applicationGeneration === (owner.app.metadata.generation ?? 0);
}
