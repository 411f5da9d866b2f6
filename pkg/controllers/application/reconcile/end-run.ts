import { collect } from '../../../dispatch/collect.ts';
import { isoTime } from '../../../workflow/run.ts';
import { suspendedByFailures } from '../../../workflow/settle.ts';
import type { Family } from '../family/family.ts';
import type { ApplicationCapabilities, Planned } from '../stages.ts';
import { isHealthManaged } from '../policies/resources.ts';
import { isTrue, messageOfCondition } from '../status/conditions.ts';
import { ReconcileFailure } from '../status/failure.ts';
import { isHealthy } from '../status/next-status.ts';
import type { StatusRecorder } from '../status/status-recorder.ts';
import type { WorkflowPass } from '../workflow/run-workflow.ts';
import { collectOptions } from './delivery.ts';
import { collectAgainMs } from './deletion.ts';
import { keepState } from './keep-state.ts';
import { applyLateTraits } from './late-traits.ts';
import { resyncMs } from './resync.ts';
import type { Reconciled } from './reconciled.ts';
import { pruneRevisions, recordOutcome } from './revision-outcome.ts';
import { appliedResources, failureMessage, retryMessage } from './run-summary.ts';

interface AfterPass {
  readonly pass: WorkflowPass;
  readonly capabilities: ApplicationCapabilities;
}

/** An unhealthy Application is assessed again after this time. */
const unhealthyResyncMs = 15_000;

/** Steps wait, or failed and are retried. */
export async function continueRun(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  { pass, capabilities }: AfterPass,
): Promise<Reconciled> {
  const { deps, signal } = capabilities;
  const failing = retryMessage(pass.run);
  const isShown = failing === messageOfCondition(recorder.app.status ?? {}, 'Workflow');
  recorder.record({ kind: 'runExecuting', failing });
  await applyLateTraits(planned, recorder, 'runningWorkflow', capabilities);
  if (failing !== undefined && !isShown) deps.events.event(recorder.app, 'Warning', 'FailedWorkflow', failing);
  const waitingFor = await collectGarbage('none', planned, family, capabilities);
  await recorder.write(signal);
  const nextMs = pass.nextAttemptMs;
  const requeueAfterMs = waitingFor.length > 0 ? Math.min(nextMs ?? collectAgainMs, collectAgainMs) : (nextMs ?? 1000);
  return { result: { requeueAfterMs }, family };
}

/** The workflow waits for the user, or for a time; what was delivered is kept while it waits for the user. */
export async function suspendRun(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  { pass, capabilities }: AfterPass,
): Promise<Reconciled> {
  recorder.record({ kind: 'runSuspended' });
  await applyLateTraits(planned, recorder, 'workflowSuspending', capabilities);
  const isWaiting = pass.nextAttemptMs === undefined && pass.run.message !== suspendedByFailures;
  if (isWaiting) await keepServices(planned, recorder, capabilities);
  await recorder.write(capabilities.signal);
  return { result: { requeueAfterMs: pass.nextAttemptMs ?? resyncMs(planned, capabilities.deps) }, family };
}

/** The workflow has ended in this reconcile. */
export async function endRun(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  { pass, phase, capabilities }: AfterPass & { readonly phase: 'succeeded' | 'failed' | 'terminated' },
): Promise<Reconciled> {
  const { clock, events, metrics } = capabilities.deps;
  const { run } = pass;
  const now = clock.now();
  const workflow = { ...pass.status, finished: true, endTime: isoTime(now) };
  metrics.workflowFinishedSeconds.observe({ phase }, Math.max((now - Date.parse(run.startTime)) / 1000, 0));
  const succeeded = phase === 'succeeded';
  if (succeeded) {
    recorder.record({ kind: 'runSucceeded', workflow });
  } else {
    const message = failureMessage(planned, run);
    recorder.record({ kind: 'runFailed', workflow, message });
    events.event(recorder.app, 'Warning', 'FailedWorkflow', message);
  }
  const revision = (await recordOutcome(planned, { succeeded, workflow }, capabilities)) ?? family.revision;
  const known = { ...family, revision };
  return phase === 'succeeded'
    ? finish(planned, known, recorder, capabilities)
    : stopRun(planned, known, recorder, { phase, capabilities });
}

/** The workflow has ended without success: what was delivered is left as it is. */
export async function stopRun(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  { phase, capabilities }: { readonly phase: 'failed' | 'terminated'; readonly capabilities: ApplicationCapabilities },
): Promise<Reconciled> {
  recorder.record({ kind: 'runStopped', phase });
  const mark = phase === 'failed' && planned.parsed.resourcePolicies.collect.continueOnFailure ? 'history' : 'none';
  const waitingFor = await collectGarbage(mark, planned, family, capabilities);
  await recorder.write(capabilities.signal);
  const requeueAfterMs = waitingFor.length > 0 ? collectAgainMs : resyncMs(planned, capabilities.deps);
  return { result: { requeueAfterMs }, family };
}

/** The workflow succeeded earlier: what is missing or was edited is applied again. */
export async function keepDelivered(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  capabilities: ApplicationCapabilities,
): Promise<Reconciled> {
  await applyLateTraits(planned, recorder, recorder.phase, capabilities);
  await keepServices(planned, recorder, capabilities);
  return finish(planned, family, recorder, capabilities);
}

/** Everything is delivered: deletes what the Application does not name any more, and old revisions. */
async function finish(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  capabilities: ApplicationCapabilities,
): Promise<Reconciled> {
  const { deps, signal } = capabilities;
  const recordDelivered = (): void => {
    recorder.record({
      kind: 'delivered',
      appliedResources: appliedResources(planned, family),
      isHealthManaged: isHealthManaged(planned),
    });
  };
  recordDelivered();
  if (await applyLateTraits(planned, recorder, recorder.phase, capabilities)) recordDelivered();
  const waitingFor = await collectGarbage('history', planned, family, capabilities).catch((error: unknown) => {
    throw ReconcileFailure.of({ condition: 'Synced', phase: recorder.phase, event: 'FailedGC' }, error);
  });
  const isDone = waitingFor.length === 0;
  const revisions = isDone ? await pruneRevisions(planned, family, capabilities) : family.revisions;
  if (isDone && !isTrue(recorder.status, 'Ready'))
    deps.events.event(recorder.app, 'Normal', 'Deployed', 'Deployed successfully');
  recorder.record({ kind: 'collected', waitingFor });
  await recorder.write(signal);
  const restMs = resyncMs(planned, deps);
  const laterMs = isHealthManaged(planned) || isHealthy(recorder.status) ? restMs : Math.min(unhealthyResyncMs, restMs);
  return { result: { requeueAfterMs: isDone ? laterMs : collectAgainMs }, family: { ...family, revisions } };
}

async function collectGarbage(
  mark: 'history' | 'none',
  { owner, parsed }: Planned,
  family: Family,
  { deps, signal }: ApplicationCapabilities,
): Promise<readonly string[]> {
  const options = collectOptions(deps, family, { owner, policies: parsed.resourcePolicies });
  return (await collect(mark, options, signal)).waitingFor;
}

async function keepServices(
  planned: Planned,
  recorder: StatusRecorder,
  capabilities: ApplicationCapabilities,
): Promise<void> {
  const { phase } = recorder;
  try {
    const services = await keepState(planned, recorder.status.services ?? [], capabilities);
    recorder.record({ kind: 'servicesAssessed', services });
  } catch (error) {
    throw ReconcileFailure.of({ condition: 'StateKeep', phase, event: 'FailedStateKeep' }, error);
  }
}
