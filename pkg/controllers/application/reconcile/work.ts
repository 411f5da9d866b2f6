import type { ApplicationPhase, ServiceStatus } from '../../../apis/application-status.ts';
import type { WorkflowPlan } from '../../../workflow/plan.ts';
import { allSteps } from '../../../workflow/plan.ts';
import type { Run } from '../../../workflow/run.ts';
import { isoTime, runStatus } from '../../../workflow/run.ts';
import type { RunPhase } from '../../../workflow/settle.ts';
import { suspendedByFailures } from '../../../workflow/settle.ts';
import { recordedObjects } from '../../../dispatch/keeper.ts';
import { revisionNumber } from '../../../revision/content.ts';
import { publishVersionOf } from '../../../revision/decide.ts';
import { labels } from '../../../apis/names.ts';
import { collectAgainMs } from './deletion.ts';
import {
  appliedResources,
  appliedSoFar,
  collectGarbage,
  keepState,
  pruneRevisions,
  recordOutcome,
  recordSuperseded,
} from './finish.ts';
import { ReconcileFailure } from '../status/failure.ts';
import { deliveredPlacements, placementKey } from '../component/place.ts';
import { resyncMs } from './resync.ts';
import type { ReconcileResult } from '../deps.ts';
import type { WorkflowPass } from '../workflow/run-workflow.ts';
import { openRun, runPass } from '../workflow/run-workflow.ts';
import type { Session } from '../session.ts';

/** Takes up the run that the Application asks for; a new one is stored before any of its steps is executed. */
export async function beginRun(session: Session, plan: WorkflowPlan): Promise<Run> {
  const { draft, revision, app, deps, signal } = session;
  const name = revision.metadata.name ?? '';
  const publishVersion = publishVersionOf(app);
  const desired = publishVersion === '' ? name : publishVersion;
  const hash = revision.metadata.labels?.[labels.appRevisionHash];
  if (draft.value.workflow?.appRevision !== desired) await recordSuperseded(session);
  draft.set({ latestRevision: { name, revision: revisionNumber(name), ...(hash && { revisionHash: hash }) } });
  if (hasLostTracker(session)) draft.set({ workflow: undefined });
  const run = await openRun(session, desired);
  for (const type of ['Policy', 'Render'] as const) {
    if (!draft.wasTrue(type) || draft.value.workflow?.appRevision !== desired) {
      draft.condition({ type, status: 'True', reason: 'Available' });
    }
  }
  if (draft.value.workflow?.appRevision === desired) return run;
  const kept = (draft.value.conditions ?? []).filter((c) => !['Workflow', 'Ready', 'Synced'].includes(c.type));
  // what was delivered before stays delivered, and is shown, until the run replaces it
  draft.set({ conditions: kept });
  draft.set({ workflow: runStatus(plan, run, 'initializing') });
  draft.setPhase('rendering');
  await draft.write(signal);
  for (const [reason, message] of milestones) deps.events.event(draft.app, 'Normal', reason, message);
  return run;
}

/** Whether resources were delivered of which no tracker tells any more: a new run finds and records them again. */
function hasLostTracker({ draft, family, owner }: Session): boolean {
  const { workflow, appliedResources: applied = [] } = draft.value;
  if (!workflow?.finished || applied.length === 0) return false;
  return recordedObjects(family.trackers, owner).length === 0;
}

const milestones = [
  ['Parsed', 'Parsed successfully'],
  ['Revisioned', 'Revisioned successfully'],
  ['PolicyGenerated', 'Policy generated successfully'],
  ['Rendered', 'Rendered successfully'],
] as const;

/** Goes on with the workflow, and once it has succeeded keeps what it delivered. */
export async function work(session: Session, plan: WorkflowPlan, run: Run): Promise<ReconcileResult> {
  const { draft } = session;
  if (draft.value.workflow?.finished) return afterEnd(session, plan, draft.value.workflow.status as RunPhase);
  const pass = await runPass(plan, run, session).catch((error: unknown) => {
    throw ReconcileFailure.of({ condition: 'Workflow', phase: 'runningWorkflow', event: 'FailedWorkflow' }, error);
  });
  mergeServices(pass.services, plan, session);
  draft.set({ appliedResources: appliedSoFar(session) });
  switch (pass.phase) {
    case 'executing':
      return executing(session, pass);
    case 'suspending':
      return suspending(session, plan, pass);
    case 'failed':
    case 'terminated':
    case 'succeeded':
      await end(session, plan, pass);
      return pass.phase === 'succeeded' ? succeeded(session, plan, true) : ended(session, pass.phase);
  }
}

function afterEnd(session: Session, plan: WorkflowPlan, phase: RunPhase): Promise<ReconcileResult> {
  if (phase === 'succeeded') return succeeded(session, plan, false);
  return ended(session, phase === 'terminated' ? 'terminated' : 'failed');
}

async function executing(session: Session, pass: WorkflowPass): Promise<ReconcileResult> {
  const { draft, signal } = session;
  draft.setPhase('runningWorkflow');
  tellStepFailures(session, pass.run);
  const { waitingFor } = await collectGarbage('none', session);
  await draft.write(signal);
  return {
    requeueAfterMs:
      waitingFor.length > 0 ? Math.min(pass.nextLookMs ?? collectAgainMs, collectAgainMs) : (pass.nextLookMs ?? 1000),
  };
}

async function suspending(session: Session, plan: WorkflowPlan, pass: WorkflowPass): Promise<ReconcileResult> {
  const { draft, signal } = session;
  draft.setPhase('workflowSuspending');
  const isWaiting = pass.nextLookMs === undefined && pass.run.message !== suspendedByFailures;
  if (isWaiting) await keepStateOrFail(plan, session);
  await draft.write(signal);
  return { requeueAfterMs: pass.nextLookMs ?? resyncMs(session) };
}

/** The first time that a run has come to its end. */
async function end(session: Session, plan: WorkflowPlan, { phase, run }: WorkflowPass): Promise<void> {
  const { draft, deps } = session;
  const now = deps.clock.now();
  draft.set({ workflow: { ...runStatus(plan, run, phase), finished: true, endTime: isoTime(now) } });
  const seconds = (now - Date.parse(run.startTime)) / 1000;
  deps.metrics.workflowFinishedSeconds.observe({ phase }, Math.max(seconds, 0));
  if (phase === 'succeeded') {
    draft.condition({ type: 'Workflow', status: 'True', reason: 'Available' });
    deps.events.event(draft.app, 'Normal', 'Applied', 'Workflow finished');
  } else {
    const message = failureText(plan, run);
    draft.condition({ type: 'Workflow', status: 'False', reason: 'ReconcileError', message });
    draft.condition({ type: 'Ready', status: 'False', reason: 'ReconcileError', message });
    deps.events.event(draft.app, 'Warning', 'FailedWorkflow', message);
  }
  await recordOutcome(phase === 'succeeded', session);
}

function failureText(plan: WorkflowPlan, run: Run): string {
  const failed = allSteps(plan).flatMap((step) => {
    const r = run.steps.get(step.name);
    return r?.phase === 'failed'
      ? [`step "${step.name}" failed (${r.reason ?? ''})${r.message ? `: ${r.message}` : ''}`]
      : [];
  });
  return failed.length > 0 ? failed.join('; ') : 'workflow was terminated';
}

/** Shows in the conditions what a step that is being retried fails on. */
function tellStepFailures({ draft, deps }: Session, run: Run): void {
  const failing = [...run.steps.values()].filter((r) => r.phase === 'failed');
  if (failing.length === 0) {
    if (draft.value.conditions?.some((c) => c.type === 'Workflow')) {
      draft.set({ conditions: draft.value.conditions.filter((c) => c.type !== 'Workflow' && c.type !== 'Ready') });
    }
    return;
  }
  const message = failing.map((r) => `step "${r.name ?? ''}": ${r.message ?? r.reason ?? ''}`).join('; ');
  const before = draft.app.status?.conditions?.find((c) => c.type === 'Workflow');
  draft.condition({ type: 'Workflow', status: 'False', reason: 'ReconcileError', message });
  draft.condition({ type: 'Ready', status: 'False', reason: 'ReconcileError', message });
  if (before?.message !== message) deps.events.event(draft.app, 'Warning', 'FailedWorkflow', message);
}

async function ended(session: Session, phase: 'failed' | 'terminated'): Promise<ReconcileResult> {
  const { draft, parsed, signal } = session;
  draft.setPhase(phase === 'failed' ? 'workflowFailed' : 'workflowTerminated');
  const mark = phase === 'failed' && parsed.resourcePolicies.collect.continueOnFailure ? 'history' : 'none';
  const { waitingFor } = await collectGarbage(mark, session);
  await draft.write(signal);
  return { requeueAfterMs: waitingFor.length > 0 ? collectAgainMs : resyncMs(session) };
}

async function succeeded(session: Session, plan: WorkflowPlan, justNow: boolean): Promise<ReconcileResult> {
  const { draft, deps, signal } = session;
  // What was delivered in this very pass needs no second look.
  if (!justNow) await keepStateOrFail(plan, session);
  const services = draft.value.services ?? [];
  const healthy = services.every((s) => s.healthy);
  draft.setPhase(healthy ? 'running' : 'unhealthy');
  draft.set({ appliedResources: appliedResources(session) });
  const { waitingFor } = await collectGarbage('history', session).catch((error: unknown) => {
    throw ReconcileFailure.of({ condition: 'Synced', phase: draft.phase, event: 'FailedGC' }, error);
  });
  if (waitingFor.length === 0) await pruneRevisions(session);
  if (waitingFor.length > 0) {
    const message = `waiting for ${waitingFor[0] ?? ''} to be deleted, at least ${waitingFor.length} left`;
    draft.condition({ type: 'Ready', status: 'False', reason: 'Deleting', message });
  } else {
    if (!draft.wasTrue('Ready')) deps.events.event(draft.app, 'Normal', 'Deployed', 'Deployed successfully');
    draft.condition({ type: 'Ready', status: 'True', reason: 'ReconcileSuccess' });
  }
  dropCondition(session, 'StateKeep');
  dropCondition(session, 'Synced');
  await draft.write(signal);
  if (waitingFor.length > 0) return { requeueAfterMs: collectAgainMs };
  return { requeueAfterMs: healthy ? resyncMs(session) : Math.min(unhealthyLookMs, resyncMs(session)) };
}

const unhealthyLookMs = 15_000;

/** A failure that is over is not shown any more. */
function dropCondition({ draft }: Session, type: string): void {
  const { conditions = [] } = draft.value;
  if (conditions.some((c) => c.type === type)) draft.set({ conditions: conditions.filter((c) => c.type !== type) });
}

async function keepStateOrFail(plan: WorkflowPlan, session: Session): Promise<void> {
  const phase: ApplicationPhase = session.draft.phase;
  try {
    session.draft.set({ services: await keepState(plan, session) });
  } catch (error) {
    throw ReconcileFailure.of({ condition: 'StateKeep', phase, event: 'FailedStateKeep' }, error);
  }
}

/** Replaces the services that were looked at, drops those of removed components, in the order of the plan. */
function mergeServices(seen: readonly ServiceStatus[], plan: WorkflowPlan, { draft, parsed }: Session): void {
  const keyOf = (s: ServiceStatus) => placementKey(s.name, s.namespace);
  const byKey = new Map([...(draft.value.services ?? []), ...seen].map((s) => [keyOf(s), s]));
  const ordered = deliveredPlacements(plan, parsed, [...byKey.values()]).flatMap(
    (p) => byKey.get(placementKey(p.component.name, p.namespace)) ?? [],
  );
  draft.set({ services: ordered });
}
