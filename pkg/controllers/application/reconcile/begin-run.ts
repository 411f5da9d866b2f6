import { labels } from '../../../apis/names.ts';
import { recordedObjects } from '../../../dispatch/keeper.ts';
import { classify } from '../../../dispatch/tracker.ts';
import { revisionNumber } from '../../../revision/content.ts';
import type { PlannedStep } from '../../../workflow/plan.ts';
import { allSteps } from '../../../workflow/plan.ts';
import { runStatus } from '../../../workflow/run.ts';
import type { Family } from '../family/family.ts';
import type { ApplicationCapabilities, Planned, Prepared } from '../stages.ts';
import type { StatusRecorder } from '../status/status-recorder.ts';
import { recordSuperseded } from './revision-outcome.ts';
import type { OpenRun } from '../workflow/run-workflow.ts';
import { isBegun, openRun } from '../workflow/run-workflow.ts';
import { isComponentStep } from '../workflow/step.ts';

/** What the run of an Application belongs to: its revision, or the publish version. */
export const runOf = ({ owner }: Prepared): string =>
  owner.publishVersion === '' ? owner.revision : owner.publishVersion;

/** Records the revision of an Application, and in the one before how far its workflow came. */
export async function chooseRevision(
  prepared: Prepared,
  recorder: StatusRecorder,
  context: Parameters<typeof recordSuperseded>[2],
): Promise<void> {
  const { owner, revision } = prepared;
  const hash = revision.metadata.labels?.[labels.appRevisionHash];
  if (recorder.status.workflow?.appRevision !== runOf(prepared))
    await recordSuperseded(prepared, recorder.status, context);
  recorder.record({
    kind: 'revisionChosen',
    latestRevision: {
      name: owner.revision,
      revision: revisionNumber(owner.revision),
      ...(hash && { revisionHash: hash }),
    },
  });
}

/**
 * Opens the run of the desired revision. A new one is stored before any of its steps is executed, unless another process can
 * repeat all of them and finds by the tracker, which is written before the first resource, what they delivered.
 */
export async function beginRun(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  capabilities: ApplicationCapabilities,
): Promise<OpenRun> {
  const { plan } = planned;
  const desired = runOf(planned);
  if (hasLostTrackers(planned, family, recorder)) recorder.record({ kind: 'trackersLost' });
  const stored = recorder.status.workflow;
  const open = await openRun(planned, desired, { stored, context: family.context }, capabilities);
  recorder.record({ kind: 'runOpened', desired });
  if (isBegun(stored, desired)) return open;
  recorder.record({ kind: 'runBegun', workflow: runStatus(plan, open.run, 'initializing') });
  if (mustBeStored(planned, family)) await recorder.write(capabilities.signal);
  const { events } = capabilities.deps;
  events.event(recorder.app, 'Normal', 'Rendered', 'Rendered successfully');
  return open;
}

/** Without a tracker of this run, its creation precedes all deliveries, under the same fence as the status. */
function mustBeStored({ plan, owner }: Planned, { trackers }: Family): boolean {
  return !allSteps(plan).every(isRepeatable) || classify(trackers.list(), owner).current !== undefined;
}

/** Whether a step only applies components, at once. */
const isRepeatable = ({ type, properties }: PlannedStep): boolean =>
  isComponentStep(type) || (type === 'deploy' && properties['auto'] !== false);

/** Whether resources were delivered that no tracker records any more: a new run finds and records them again. */
function hasLostTrackers({ owner }: Planned, { trackers }: Family, { status }: StatusRecorder): boolean {
  const { workflow, appliedResources = [] } = status;
  if (!workflow?.finished || appliedResources.length === 0) return false;
  return recordedObjects(trackers, owner).length === 0;
}
