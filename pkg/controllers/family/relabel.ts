import { isConflict } from '../../apis/api-error.ts';
import { applicationResource } from '../../apis/application.ts';
import type { Application } from '../../apis/application.ts';
import { applicationRevisionResource } from '../../apis/application-revision.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import { resourceTrackerResource } from '../../apis/resource-tracker.ts';

/** What belongs to one Application and must carry its shard: read live, never from a filtered cache. */
export interface Family {
  readonly application: Application;
  readonly revisions: readonly KubeObject[];
  readonly trackers: readonly KubeObject[];
}

/** Reads an Application with all its revisions and trackers from the API server. */
export async function readFamily(client: KubeClient, target: Named, signal?: AbortSignal): Promise<Family> {
  const application = await client.get<Application>(applicationResource, target, { signal });
  const byName = `${labels.appName}=${target.name}`;
  const [revisions, trackers] = await Promise.all([
    client.list(applicationRevisionResource, {
      namespace: target.namespace,
      labelSelector: byName,
      metadataOnly: true,
      signal,
    }),
    client.list(resourceTrackerResource, {
      labelSelector: `${byName},${labels.appNamespace}=${target.namespace ?? ''}`,
      metadataOnly: true,
      signal,
    }),
  ]);
  return { application, revisions: revisions.items, trackers: trackers.items };
}

/**
 * Gives an Application and its family to another shard: trackers first, then revisions, the Application last, so that
 * the new owner never sees an Application whose family it cannot see. What carries the label already is not written.
 * A conflict reads everything again; a crash anywhere is repaired by calling it again.
 *
 * It does not wait for the old owner to stop.
 */
export async function relabelFamily(
  client: KubeClient,
  target: Named,
  shard: string,
  signal?: AbortSignal,
): Promise<Application> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await moveFamily(client, await readFamily(client, target, signal), shard);
    } catch (error) {
      if (!isConflict(error) || attempt === 5) throw error;
    }
  }
}

/** The same for a family as it was read: fails with a conflict when one of it has changed since. */
export async function moveFamily(client: KubeClient, family: Family, shard: string): Promise<Application> {
  for (const tracker of family.trackers) await relabel(client, resourceTrackerResource, tracker, shard);
  for (const revision of family.revisions) await relabel(client, applicationRevisionResource, revision, shard);
  return relabel(client, applicationResource, family.application, shard);
}

async function relabel<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  object: T,
  shard: string,
): Promise<T> {
  if (object.metadata.labels?.[labels.scheduledShardId] === shard) return object;
  const { name = '', namespace, resourceVersion = '' } = object.metadata;
  const body = { metadata: { resourceVersion, labels: { [labels.scheduledShardId]: shard } } };
  return client.patch<T>(resource, { name, namespace }, { type: 'merge', body }, { fieldManager: 'vela-shard' });
}
