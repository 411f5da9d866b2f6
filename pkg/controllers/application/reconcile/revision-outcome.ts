import { ignoreNotFound } from '../../../apis/api-error.ts';
import type { ApplicationRevision, ApplicationRevisionStatus } from '../../../apis/application-revision.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { ApplicationStatus, WorkflowStatus } from '../../../apis/application-status.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import { patchObject } from '../../../apis/patch-object.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { revisionsToDelete } from '../../../revision/prune.ts';
import { isoTime } from '../../../workflow/run.ts';
import type { Family } from '../family/family.ts';
import type { ApplicationCapabilities, Prepared } from '../stages.ts';
import { mergeDiff } from '../status/merge-diff.ts';

/** Stores in the revision how its workflow ended; returns the revision as it is stored then. */
export async function recordOutcome(
  { revision }: Prepared,
  outcome: { readonly succeeded: boolean; readonly workflow: WorkflowStatus | undefined },
  { deps, signal }: ApplicationCapabilities,
): Promise<ApplicationRevision | undefined> {
  const { succeeded, workflow } = outcome;
  const status: ApplicationRevisionStatus = { succeeded, ...(workflow && { workflow }) };
  const patch = mergeDiff(revision.status ?? {}, status);
  if (!patch) return undefined;
  const options = { change: { status: patch }, subresource: 'status', fieldManager, signal };
  const { metadata } = await patchObject(deps.client, applicationRevisionResource, revision, options);
  return { ...revision, metadata, status };
}

/** Stores in the latest revision how far its workflow came, before the workflow of another revision replaces it. */
export async function recordSuperseded(
  { app }: Prepared,
  { workflow, latestRevision }: ApplicationStatus,
  { deps, signal }: Pick<ApplicationCapabilities, 'deps' | 'signal'>,
): Promise<void> {
  if (!workflow || workflow.finished || latestRevision === undefined) return;
  const endTime = isoTime(deps.clock.now());
  const status = { succeeded: false, workflow: { ...workflow, terminated: true, finished: true, endTime } };
  const target = { name: latestRevision.name, namespace: app.metadata.namespace };
  const options = { subresource: 'status', fieldManager, signal };
  const patch = { type: 'merge', body: { status } } as const;
  await ignoreNotFound(deps.client.patch(applicationRevisionResource, target, patch, options));
}

/** Deletes the oldest revisions beyond the limit, except the current one and those of trackers; returns the others. */
export async function pruneRevisions(
  { app, parsed, revision }: Prepared,
  { revisions, trackers }: Family,
  { deps, signal }: ApplicationCapabilities,
): Promise<readonly KubeObject[]> {
  const limit = parsed.resourcePolicies.collect.revisionLimit ?? deps.options.applicationRevisionLimit;
  const names = revisions.map((r) => r.metadata.name ?? '');
  const inUse = [
    revision.metadata.name ?? '',
    ...trackers.list().map((t) => t.metadata.labels?.[labels.appRevision] ?? ''),
  ];
  const pruned = revisionsToDelete(names, inUse, limit);
  for (const name of pruned) {
    const target = { name, namespace: app.metadata.namespace };
    await ignoreNotFound(deps.client.delete(applicationRevisionResource, target, { signal }));
  }
  return revisions.filter((r) => !pruned.includes(r.metadata.name ?? ''));
}
