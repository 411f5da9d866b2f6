import { ignoreNotFound } from '../../../apis/api-error.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { Application } from '../../../apis/application.ts';
import { namedPolicies } from '../../../appfile/parse.ts';
import { resourcePolicies } from '../../../appfile/resource-policy.ts';
import { mapBounded } from '../../../dispatch/bounded.ts';
import { collect } from '../../../dispatch/collect.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Family } from '../family/family.ts';
import { liveRevisions, liveTrackers } from '../family/family.ts';
import { trackerOwner } from '../family/tracker-owner.ts';
import { collectOptions } from './delivery.ts';
import { removeFinalizers } from './finalizer.ts';

/** Deletions that are not finished are checked again after this time. */
export const collectAgainMs = 3000;

export interface Deletion {
  readonly deps: ApplicationDeps;
  readonly app: Application;
  readonly family: Family;
  readonly signal: AbortSignal;
}

/**
 * Deletes everything that an Application created, then its revisions, then the finalizers. Returns the objects that still
 * exist; none once the finalizers are removed.
 *
 * That nothing is left is read from the API server by labels, whatever the shard in them, and never from a cache.
 */
export async function deleteApplication({ deps, app, family, signal }: Deletion): Promise<readonly string[]> {
  const { client, options } = deps;
  const owner = trackerOwner(app, app, app.status?.latestRevision?.name ?? '');
  const policies = resourcePolicies(app, namedPolicies(app.spec.policies ?? []));
  const { waitingFor } = await collect('all', collectOptions(deps, family, { owner, policies }), signal);
  if (waitingFor.length > 0) return waitingFor;
  const { namespace } = app.metadata;
  await mapBounded(await liveRevisions(client, app, signal), options.maxDispatchConcurrent, async ({ metadata }) => {
    const target = { name: metadata.name ?? '', namespace };
    await ignoreNotFound(client.delete(applicationRevisionResource, target, { signal }));
  });
  const [trackers, revisions] = await Promise.all([
    liveTrackers(client, app, signal),
    liveRevisions(client, app, signal),
  ]);
  const left = [...trackers, ...revisions].map((o) => `${o.kind} ${o.metadata.name ?? ''}`);
  if (left.length > 0) return left;
  await ignoreNotFound(removeFinalizers(app, deps, signal));
  return [];
}
