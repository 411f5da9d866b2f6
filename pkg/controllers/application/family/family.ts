import type { ApplicationRevision } from '../../../apis/application-revision.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { withoutManagedFields } from '../../../../machinery/src/managed-fields.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { finalizers, labels } from '../../../apis/names.ts';
import type { ResourceTracker } from '../../../apis/resource-tracker.ts';
import { resourceTrackerResource } from '../../../apis/resource-tracker.ts';
import type { KnownObjects } from '../../../dispatch/known.ts';
import { DispatchError } from '../../../dispatch/dispatch-error.ts';
import type { TrackerSettings } from '../../../dispatch/tracker-store.ts';
import { TrackerStore } from '../../../dispatch/tracker-store.ts';
import { revisionNumber } from '../../../revision/content.ts';
import type { StoredRun } from '../../../workflow/run.ts';
import { RenderedManifests } from './rendered-manifests.ts';

/** The variables, marks and failure counts of a workflow run, as they are stored beside its status. */
export interface StoredContext extends StoredRun {
  /** The resourceVersion that the next write is based on; undefined where none is known to be stored. */
  readonly version?: string | undefined;
}

/**
 * The state of one Application's family. It is read from the API server before the first write and then kept up to date;
 * after any error it is dropped and read again.
 */
export interface Family {
  readonly uid: string;
  readonly trackers: TrackerStore;
  /** Metadata of its revisions, oldest first. */
  readonly revisions: readonly KubeObject[];
  /** The revision that was read last, whole. */
  readonly revision: ApplicationRevision | undefined;
  readonly known: KnownObjects;
  /** What was rendered while its workflow is not finished. */
  readonly rendered: RenderedManifests;
  /** The stored context of the present workflow run. */
  readonly context: StoredContext | undefined;
}

const selectorOf = (app: Application): string =>
  `${labels.appName}=${app.metadata.name ?? ''},${labels.appNamespace}=${app.metadata.namespace ?? ''}`;

/** Lists the trackers that carry an Application's name, whatever shard they are labelled with. */
export async function liveTrackers(
  client: KubeClient,
  app: Application,
  signal?: AbortSignal,
): Promise<readonly ResourceTracker[]> {
  const { items } = await client.list<ResourceTracker>(resourceTrackerResource, {
    labelSelector: selectorOf(app),
    signal,
  });
  return items.map((t) => ({ ...t, apiVersion: 'core.oam.dev/v1beta1', kind: 'ResourceTracker' }));
}

/** Lists the revisions that an Application owns, metadata only, oldest first. */
export async function liveRevisions(
  client: KubeClient,
  app: Application,
  signal?: AbortSignal,
): Promise<readonly KubeObject[]> {
  const { name = '', namespace, uid } = app.metadata;
  const labelSelector = `${labels.appName}=${name}`;
  const { items } = await client.list(applicationRevisionResource, {
    namespace,
    labelSelector,
    metadataOnly: true,
    signal,
  });
  return items
    .filter((r) => r.metadata.ownerReferences?.some((o) => o.uid === uid) ?? false)
    .map(withoutManagedFields)
    .sort((a, b) => revisionNumber(a.metadata.name ?? '') - revisionNumber(b.metadata.name ?? ''));
}

/**
 * Reads the family of an Application from the API server; throws when trackers of another one carry its name. Trackers
 * that are written get the fence.
 */
export async function readFamily(
  client: KubeClient,
  app: Application,
  { signal, ...settings }: TrackerSettings & { readonly signal?: AbortSignal },
): Promise<Family> {
  const [trackers, revisions] = await Promise.all([
    liveTrackers(client, app, signal),
    mayHaveRevisions(app) ? liveRevisions(client, app, signal) : [],
  ]);
  const { uid = '' } = app.metadata;
  const foreign = trackers.find((t) => t.metadata.labels?.[labels.appUid] !== uid);
  if (foreign) {
    const message = `resource tracker ${foreign.metadata.name ?? ''} belongs to another application of this name (uid ${foreign.metadata.labels?.[labels.appUid] ?? 'unknown'}); delete it once its resources are not needed`;
    throw new DispatchError('ForeignTracker', message);
  }
  return { ...newFamily(client, app, settings), trackers: new TrackerStore(client, trackers, settings), revisions };
}

/** The family of an Application that has no trackers and no revisions. */
export function newFamily(client: KubeClient, app: Application, settings: TrackerSettings): Family {
  return {
    uid: app.metadata.uid ?? '',
    trackers: new TrackerStore(client, [], settings),
    revisions: [],
    revision: undefined,
    known: new Map(),
    rendered: new RenderedManifests(),
    context: undefined,
  };
}

/** Whether the deletion of an Application waits for the resources that it created. */
export const hasFinalizer = (app: Application): boolean =>
  app.metadata.finalizers?.includes(finalizers.application) ?? false;

/** Whether no controller has written to an Application: the finalizer precedes all else, and only controllers write the status. */
export const isUntouched = (app: Application): boolean =>
  !hasFinalizer(app) && app.metadata.deletionTimestamp === undefined && Object.keys(app.status ?? {}).length === 0;

/** Nothing is created before the finalizer is added; where a user removes that, the status remains. */
const mayHaveRevisions = (app: Application): boolean =>
  hasFinalizer(app) || app.metadata.deletionTimestamp !== undefined || app.status?.latestRevision !== undefined;

/** The Application as the API server has it now. */
export async function liveApplication(
  client: KubeClient,
  app: Application,
  signal?: AbortSignal,
): Promise<Application> {
  const { name = '', namespace } = app.metadata;
  return client.get<Application>(applicationResource, { name, namespace }, { signal });
}
