import type { ApplicationRevisionStatus } from '../../../apis/application-revision.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { AppliedResource, ServiceStatus } from '../../../apis/application-status.ts';
import { isNotFound } from '../../../apis/api-error.ts';
import { labels } from '../../../apis/names.ts';
import type { Collected } from '../../../dispatch/collect.ts';
import { collect } from '../../../dispatch/collect.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import type { Delivered } from '../../../dispatch/keeper.ts';
import { recordedObjects } from '../../../dispatch/keeper.ts';
import { objectKey, resourceKey } from '../../../dispatch/manifest.ts';
import { revisionsToDelete } from '../../../revision/prune.ts';
import { entriesOf, entryKey } from '../../../dispatch/tracker.ts';
import type { WorkflowPlan } from '../../../workflow/plan.ts';
import { isoTime } from '../../../workflow/run.ts';
import { liveOf, refreshLateTraits } from '../component/component.ts';
import { userClient } from '../ownership/identity.ts';
import { mergeDiff } from '../status/merge-diff.ts';
import { deliveredPlacements, placementKey } from '../component/place.ts';
import type { Placement } from '../component/placement.ts';
import { serviceStatus } from '../component/service-health.ts';
import type { Session } from '../session.ts';

/** Puts back what is missing or was edited, and judges every component by what is live then. */
export async function keepState(plan: WorkflowPlan, session: Session): Promise<readonly ServiceStatus[]> {
  const { keeper, deps, draft, signal } = session;
  const delivered = deps.options.applyOnce ? await keeper.readState(signal) : await keeper.keepState(signal);
  const judged = await Promise.all(
    deliveredPlacements(plan, session.parsed, draft.value.services ?? []).map((placement) => {
      const key = placementKey(placement.component.name, placement.namespace);
      const own = delivered.filter((d) => belongsTo(d, key, session));
      return judge(placement, own, session);
    }),
  );
  return judged.filter((service) => service !== undefined);
}

/** What was said last still holds for a component to which nothing happened since; one not delivered yet has nothing to say. */
async function judge(
  placement: Placement,
  own: readonly Delivered[],
  session: Session,
): Promise<ServiceStatus | undefined> {
  const { keeper, draft, signal } = session;
  const { component, namespace } = placement;
  const before = draft.value.services?.find((s) => s.name === component.name && s.namespace === namespace);
  if (own.length === 0 || (before && own.every((d) => d.unchanged))) return before;
  const live = await Promise.all(own.map(async (d) => (d.unchanged ? keeper.read(d.manifest, signal) : d)));
  const judged = liveOf(placement, live, undefined);
  const late = await refreshLateTraits(placement, judged, session);
  if (late.length === 0) return serviceStatus(judged, session);
  const refreshed = new Set(late.map(({ manifest }) => objectKey(manifest.object)));
  const others = live.filter(({ manifest }) => !refreshed.has(objectKey(manifest.object)));
  return serviceStatus(liveOf(placement, [...others, ...late], undefined), session);
}

/** An object belongs to the placement of its namespace; where the template chose one itself, to any of its component. */
function belongsTo({ manifest }: Delivered, key: string, { app }: Session): boolean {
  const own = app.metadata.namespace ?? '';
  const { component, object } = manifest;
  const namespace = object.metadata.namespace ?? own;
  return (
    placementKey(component, namespace) === key ||
    (key.endsWith(`/${component}`) && key === placementKey(component, own))
  );
}

/** Starts or continues the collection of what is not wanted any more. */
export function collectGarbage(mark: 'all' | 'history' | 'none', session: Session): Promise<Collected> {
  const { deps, family, app, owner, parsed, signal } = session;
  const options = {
    system: deps.client,
    user: userClient(deps.client, app, deps.options),
    store: family.trackers,
    owner,
    policies: parsed.resourcePolicies,
    known: family.known,
    maxConcurrent: deps.options.maxDispatchConcurrent,
  };
  return collect(mark, options, signal);
}

/** Deletes the oldest revisions beyond the limit; the current one and those of trackers stay. */
export async function pruneRevisions(session: Session): Promise<void> {
  const { family, deps, parsed, revision, app, signal } = session;
  const limit = parsed.resourcePolicies.collect.revisionLimit ?? deps.options.applicationRevisionLimit;
  const names = family.revisions.map((r) => r.metadata.name ?? '');
  const inUse = [
    revision.metadata.name ?? '',
    ...family.trackers.list().map((t) => t.metadata.labels?.[labels.appRevision] ?? ''),
  ];
  for (const name of revisionsToDelete(names, inUse, limit)) {
    try {
      await deps.client.delete(applicationRevisionResource, { name, namespace: app.metadata.namespace }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    family.revisions = family.revisions.filter((r) => r.metadata.name !== name);
  }
}

/** What the trackers say is delivered, for the status. */
export function appliedResources({ family, owner }: Session): readonly AppliedResource[] {
  return recordedObjects(family.trackers, owner).map(({ apiVersion, kind, name, namespace, cluster }) => ({
    creator: 'workflow',
    ...(cluster !== undefined && { cluster }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  }));
}

/** The same while the workflow is under way: with what was shown before, and without what is recorded but not delivered. */
export function appliedSoFar(session: Session): readonly AppliedResource[] {
  const { family, draft } = session;
  const tracked = new Set(family.trackers.list().flatMap((tracker) => entriesOf(tracker).map(entryKey)));
  const before = (draft.value.appliedResources ?? []).filter((one) => tracked.has(resourceKey(one)));
  const delivered = appliedResources(session).filter((one) => family.known.has(resourceKey(one)));
  return [...new Map([...before, ...delivered].map((one) => [resourceKey(one), one])).values()];
}

/** Stores in the revision of a workflow that another one replaces how far it came. */
export async function recordSuperseded({ deps, app, draft, signal }: Session): Promise<void> {
  const { workflow, latestRevision } = draft.value;
  if (!workflow || workflow.finished || latestRevision === undefined) return;
  const endTime = isoTime(deps.clock.now());
  const status = { succeeded: false, workflow: { ...workflow, terminated: true, finished: true, endTime } };
  const target = { name: latestRevision.name, namespace: app.metadata.namespace };
  const options = { subresource: 'status', fieldManager, signal };
  try {
    await deps.client.patch(applicationRevisionResource, target, { type: 'merge', body: { status } }, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Stores in the revision how its workflow ended. */
export async function recordOutcome(succeeded: boolean, session: Session): Promise<void> {
  const { deps, revision, family, draft, signal } = session;
  const workflow = draft.value.workflow;
  const status: ApplicationRevisionStatus = { succeeded, ...(workflow && { workflow }) };
  const patch = mergeDiff(revision.status ?? {}, status);
  if (!patch) return;
  const { name = '', namespace, resourceVersion = '' } = revision.metadata;
  const written = await deps.client.patch(
    applicationRevisionResource,
    { name, namespace },
    { type: 'merge', body: { metadata: { resourceVersion }, status: patch } },
    { subresource: 'status', fieldManager, signal },
  );
  family.revision = { ...revision, metadata: written.metadata, status };
}
