import { isNotFound } from '../../../apis/api-error.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { fenceMetadata } from '../../../apis/fence.ts';
import { finalizers } from '../../../apis/names.ts';
import { namedPolicies } from '../../../appfile/parse.ts';
import { resourcePolicies } from '../../../appfile/resource-policy.ts';
import { mapBounded } from '../../../dispatch/bounded.ts';
import { collect } from '../../../dispatch/collect.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import type { ApplicationDeps } from '../deps.ts';
import { fenceFor } from '../ownership/fence.ts';
import type { Family } from '../family/family.ts';
import { liveRevisions, liveTrackers } from '../family/family.ts';
import { userClient } from '../ownership/identity.ts';
import { trackerOwner } from '../session.ts';
import type { StatusDraft } from '../status/status-draft.ts';

/** How long to wait before looking again whether something is gone. */
export const collectAgainMs = 3000;

export interface Deletion {
  readonly deps: ApplicationDeps;
  readonly draft: StatusDraft;
  readonly family: Family;
  readonly signal: AbortSignal;
}

/**
 * Deletes everything that an Application created, then its revisions, and lets it go last. True when it was let go.
 *
 * That nothing is left is read from the API server by labels, whatever shard they say, and never from a cache.
 */
export async function deleteApplication({ deps, draft, family, signal }: Deletion): Promise<boolean> {
  const { app } = draft;
  const options = {
    system: deps.client,
    user: userClient(deps.client, app, deps.options),
    store: family.trackers,
    owner: trackerOwner(app, app, app.status?.latestRevision?.name ?? ''),
    policies: resourcePolicies(app, namedPolicies(app.spec.policies ?? [])),
    known: family.known,
    maxConcurrent: deps.options.maxDispatchConcurrent,
  };
  const { waitingFor } = await collect('all', options, signal);
  if (waitingFor.length > 0) {
    await tellWaiting(waitingFor, draft, signal);
    return false;
  }
  const { namespace } = app.metadata;
  await mapBounded(await liveRevisions(deps.client, app, signal), options.maxConcurrent, async (revision) => {
    try {
      await deps.client.delete(
        applicationRevisionResource,
        { name: revision.metadata.name ?? '', namespace },
        { signal },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
  const [trackers, revisions] = await Promise.all([
    liveTrackers(deps.client, app, signal),
    liveRevisions(deps.client, app, signal),
  ]);
  const left = [...trackers, ...revisions].map((o) => `${o.kind} ${o.metadata.name ?? ''}`);
  if (left.length > 0) {
    await tellWaiting(left, draft, signal);
    return false;
  }
  await letGo(app, deps, signal);
  return true;
}

async function tellWaiting(left: readonly string[], draft: StatusDraft, signal: AbortSignal): Promise<void> {
  draft.setPhase('deleting');
  const message = `waiting for ${left[0] ?? ''} to be deleted, at least ${left.length} left`;
  draft.condition({ type: 'Ready', status: 'False', reason: 'Deleting', message });
  await draft.write(signal);
}

async function letGo(app: Application, deps: ApplicationDeps, signal: AbortSignal): Promise<void> {
  const { name = '', namespace, resourceVersion = '' } = app.metadata;
  const ours: readonly string[] = [finalizers.application, finalizers.orphanResource];
  const kept = (app.metadata.finalizers ?? []).filter((f) => !ours.includes(f));
  const fence = fenceFor(app, deps.options);
  const body = { metadata: { resourceVersion, finalizers: kept, ...fenceMetadata(fence) } };
  try {
    await deps.client.patch(
      applicationResource,
      { name, namespace },
      { type: 'merge', body },
      { fieldManager, signal },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
