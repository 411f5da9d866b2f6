import { isNotFound } from '../../apis/api-error.ts';
import type { Application } from '../../apis/application.ts';
import { applicationResource } from '../../apis/application.ts';
import { applicationRevisionResource } from '../../apis/application-revision.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import { resourceTrackerResource } from '../../apis/resource-tracker.ts';
import type { Ownership } from '../../scheduling/handover.ts';
import { ownershipOf, ownershipPatch } from '../../scheduling/ownership.ts';

/** Of everything that is written to families to divide work, whoever does it. */
export const fleetFieldManager = 'vela-shard';

/** The same by the shard that owns the family, which its own Lease entitles to it. */
const ownerFieldManager = 'vela-shard-owner';

/** What may write to families; see `asOwner`. */
type Writer = Pick<KubeClient, 'patch'>;

/** The client of a shard that writes who owns its family: fences judge it by its own Lease, others by the master's. */
export const asOwner = (client: KubeClient): Writer => ({
  patch: (resource, target, patch, options) =>
    client.patch(resource, target, patch, { ...options, fieldManager: ownerFieldManager }),
});

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
 * Gives an Application that nobody works on, with its family, to a shard: trackers first, then revisions, the
 * Application last. What carries the label already is not written. Fails with a conflict when one of the family has
 * changed since it was read; a crash anywhere is repaired by doing it again.
 */
export async function assignFamily(
  client: Writer,
  family: Family,
  shard: string,
  signal?: AbortSignal,
): Promise<Application> {
  await relabelMembers(client, family, shard, signal);
  const own = ownershipOf(family.application);
  if (own.shard === shard) return family.application;
  const epoch = own.shard === undefined ? own.epoch : own.epoch + 1;
  return writeOwnership(client, family.application, { shard, epoch, move: undefined }, signal);
}

/** Gives everything that belongs to an Application, but not itself, the label of a shard. */
export async function relabelMembers(
  client: Writer,
  { trackers, revisions }: Pick<Family, 'trackers' | 'revisions'>,
  shard: string,
  signal?: AbortSignal,
): Promise<void> {
  const relabel = relabelling(client, shard, signal);
  for (const tracker of trackers) await relabel(resourceTrackerResource, tracker);
  for (const revision of revisions) await relabel(applicationRevisionResource, revision);
}

const relabelling =
  (client: Writer, shard: string, signal: AbortSignal | undefined) =>
  async (resource: Resource, object: KubeObject): Promise<void> => {
    if (object.metadata.labels?.[labels.scheduledShardId] === shard) return;
    const { name = '', namespace, resourceVersion = '' } = object.metadata;
    const body = { metadata: { resourceVersion, labels: { [labels.scheduledShardId]: shard } } };
    const options = { fieldManager: fleetFieldManager, signal };
    try {
      await client.patch(resource, { name, namespace }, { type: 'merge', body }, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

/** Writes who owns an Application, against the state that was read. */
export async function writeOwnership(
  client: Writer,
  app: Application,
  ownership: Ownership,
  signal?: AbortSignal,
): Promise<Application> {
  const { name = '', namespace, resourceVersion = '' } = app.metadata;
  const body = { metadata: { resourceVersion, ...ownershipPatch(ownership) } };
  const options = { fieldManager: fleetFieldManager, signal };
  return client.patch<Application>(applicationResource, { name, namespace }, { type: 'merge', body }, options);
}
