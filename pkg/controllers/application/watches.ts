import type { Application } from '../../apis/application.ts';
import { keyOf } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { labels } from '../../apis/names.ts';
import type { Reconciler } from '../../reconcile/result.ts';
import type { Change, Changes, Source } from '../../reconcile/source.ts';
import { changesOf } from '../../reconcile/source.ts';
import type { DeliveredResources } from './watch/delivered.ts';
import { OwnWriteFilter } from './watch/own-write-filter.ts';
import type { ApplicationDeps, ApplicationLister } from './deps.ts';
import type { FamilyCache } from './family/family-cache.ts';
import type { LatestApplications } from './family/latest-applications.ts';
import { familiesAtStart } from './ownership/foreign-master.ts';
import { ApplicationReconciler } from './reconcile/reconciler.ts';

/** The informers of the controller; with sharding, those of one shard. */
interface ApplicationCaches {
  /** Applications, whole. */
  readonly applications: Changes<Application> & { get(key: string): Application | undefined };
  /** ResourceTrackers; their metadata is enough. */
  readonly trackers: Changes<KubeObject>;
  /** Definitions of all kinds. */
  readonly definitions: readonly Changes<KubeObject>[];
}

export interface ApplicationParts extends Omit<ApplicationDeps, 'applications' | 'delivered'> {
  readonly caches: ApplicationCaches;
  /** Without it drift is found by the resync only. Its `run` is the caller's to call. */
  readonly delivered?: DeliveredResources | undefined;
}

/** What a Controller needs to work on Applications. */
export interface ApplicationController {
  readonly reconcile: Reconciler;
  readonly sources: readonly Source[];
  /** Call it after the controller has stopped. */
  readonly close: () => void;
}

/** Wires the reconciler of Applications to the events that concern it. */
export function newApplicationController({ caches, ...parts }: ApplicationParts): ApplicationController {
  const applications: ApplicationLister = {
    get: (namespace, name) => caches.applications.get(`${namespace}/${name}`),
  };
  const { shard, foreignMaster } = parts.options;
  const reconciler = new ApplicationReconciler({ ...parts, applications });
  const { families, applications: latest } = reconciler;
  const filter = new OwnWriteFilter();
  const delivered = parts.delivered?.source({
    changed: (key, object, resource) => filter.admits(key, () => !families.knowsDelivered(key, object, resource)),
    gone: (key) => families.has(key),
  });
  return {
    close: () => {
      reconciler.close();
    },
    reconcile: (key, { signal }) => filter.during(key, () => reconciler.reconcile(key, signal)),
    sources: [
      changesOf(caches.applications, { predicate: (change) => concernsApplication(change, latest, filter) }),
      filter.source,
      changesOf(caches.trackers, {
        predicate: (change) => concernsTracker(change, families, filter),
        map: (tracker) => trackerKeys(tracker),
      }),
      ...caches.definitions.map((changes) => changesOf(changes, { map: () => [...reconciler.unparsed] })),
      ...(delivered ? [delivered] : []),
      ...(shard !== undefined && foreignMaster ? [familiesAtStart(parts.client, shard)] : []),
    ],
  };
}

/** Every event but the echo of this process's own writes; a resync repeats the same state on purpose. */
function concernsApplication(change: Change<Application>, latest: LatestApplications, filter: OwnWriteFilter): boolean {
  if (change.type !== 'updated') return true;
  const isRepeated = change.old.metadata.resourceVersion === change.object.metadata.resourceVersion;
  return isRepeated || filter.admits(keyOf(change.object), () => !latest.hasSeen(change.object));
}

/** The state of a family is outdated after another writer has deleted or changed one of its trackers. */
function concernsTracker(change: Change<KubeObject>, families: FamilyCache, filter: OwnWriteFilter): boolean {
  if (change.type === 'added') return false;
  const { object } = change;
  const [key] = trackerKeys(object);
  if (key === undefined) return false;
  return filter.admits(key, () => {
    // the mark of a deletion can arrive after this process has released the tracker
    const isReleased = families.has(key) && !families.hasTracker(key, object) && isDeleting(object);
    const expected =
      change.type === 'deleted' ? !families.hasTracker(key, object) : isReleased || families.knowsTracker(key, object);
    if (expected) return false;
    const wasKnown = families.has(key);
    families.drop(key);
    return wasKnown || change.type === 'deleted' || isDeleting(object);
  });
}

const isDeleting = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

function trackerKeys({ metadata }: KubeObject): readonly string[] {
  const name = metadata.labels?.[labels.appName];
  const namespace = metadata.labels?.[labels.appNamespace];
  return name !== undefined && namespace !== undefined ? [`${namespace}/${name}`] : [];
}
