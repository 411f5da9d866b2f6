import type { Json } from '../apis/meta.ts';
import type { PlannedStep, WorkflowPlan } from './plan.ts';
import { allSteps } from './plan.ts';
import type { Run } from './run.ts';
import { isFinished, record } from './run.ts';
import { wakesAt } from './suspend.ts';

/** Why a step failed. `Execute` is retried; the others end the workflow. */
type FailureReason = 'Execute' | 'Rendering' | 'ProcessParameter' | 'Input' | 'Output' | 'Action';

/** What came of executing a step once. */
export type Outcome =
  | {
      readonly kind: 'succeeded';
      readonly variables?: Readonly<Record<string, Json>>;
      readonly message?: string;
      /** Nothing is to come after it. */
      readonly breaks?: boolean;
    }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string };

export interface RetryLimits {
  /** A step that failed this often has failed for good. Default 10. */
  readonly maxFailures: number;
  /** Longest pause between two looks at a waiting step. Default 60 s. */
  readonly maxWaitBackoffMs: number;
  /** Longest pause between two tries of a failing step. Default 300 s. */
  readonly maxFailedBackoffMs: number;
}

interface Moment {
  readonly now: number;
  readonly newId: () => string;
}

/** Notes what came of executing a step. */
export function settle(
  run: Run,
  executed: { step: PlannedStep; outcome: Outcome },
  limits: RetryLimits,
  moment: Moment,
): Run {
  const { step, outcome } = executed;
  if (outcome.kind === 'succeeded') {
    const { message, variables, breaks = false } = outcome;
    const reason = breaks ? 'Terminate' : undefined;
    const done = record(run, step, { phase: 'succeeded', reason, message }, moment);
    const told = variables ? { ...done, variables: { ...done.variables, ...variables } } : done;
    return breaks ? { ...told, terminated: true } : told;
  }
  if (outcome.kind === 'waiting') {
    return record(run, step, { phase: 'running', reason: 'Wait', message: outcome.message }, moment);
  }
  const { reason, message } = outcome;
  const failed = record(run, step, { phase: 'failed', reason, message }, moment);
  if (reason !== 'Execute') return { ...failed, terminated: true };
  const id = failed.steps.get(step.name)?.id ?? '';
  const failures = { ...failed.failures, [id]: (failed.failures[id] ?? 0) + 1 };
  if ((failures[id] ?? 0) < limits.maxFailures) return { ...failed, failures };
  const final = record(failed, step, { phase: 'failed', reason: 'FailedAfterRetries', message }, moment);
  return { ...final, failures, terminated: true };
}

export type RunPhase = 'executing' | 'suspending' | 'succeeded' | 'failed' | 'terminated';

/** What a run has come to. */
export function runPhase(plan: WorkflowPlan, run: Run): RunPhase {
  const records = plan.steps.map((step) => run.steps.get(step.name));
  if (records.every(isFinished)) {
    const failed = allSteps(plan).flatMap((step) => {
      const r = run.steps.get(step.name);
      return r?.phase === 'failed' ? [r.reason] : [];
    });
    if (failed.length > 0) return failed.every((reason) => reason === 'Terminate') ? 'terminated' : 'failed';
    return run.terminated ? 'terminated' : 'succeeded';
  }
  return run.suspend ? 'suspending' : 'executing';
}

/** How long nothing needs to be looked at; undefined when only the user can move the run. */
export function nextLookMs(plan: WorkflowPlan, run: Run, limits: RetryLimits, now: number): number | undefined {
  const delays = allSteps(plan).flatMap((step) => {
    const wakes = wakesAt(run, step);
    if (wakes !== undefined) return [Math.max(wakes - now, 1)];
    return [...deadline(run, step, now), ...(run.suspend ? [] : backoff(run, step, limits, now))];
  });
  if (delays.length > 0) return Math.min(...delays);
  return run.suspend ? undefined : minBackoffMs;
}

const minBackoffMs = 1000;

function deadline(run: Run, step: PlannedStep, now: number): number[] {
  const r = run.steps.get(step.name);
  if (step.timeoutMs === undefined || r?.firstExecuteTime === undefined || isFinished(r)) return [];
  return [Math.max(Date.parse(r.firstExecuteTime) + step.timeoutMs - now, 1)];
}

/** Waiting steps are looked at ever less often: a pause is as long as the wait so far. */
function backoff(run: Run, step: PlannedStep, limits: RetryLimits, now: number): number[] {
  const r = run.steps.get(step.name);
  if (step.type === 'step-group' || !r || isFinished(r)) return [];
  if (r.phase === 'failed') {
    const ms = 50 * 2 ** (run.failures[r.id] ?? 0);
    return [Math.min(Math.max(ms, minBackoffMs), limits.maxFailedBackoffMs)];
  }
  if (r.phase !== 'running') return [];
  const waitedMs = now - Date.parse(r.lastExecuteTime ?? run.startTime);
  return [Math.min(Math.max(waitedMs, minBackoffMs), limits.maxWaitBackoffMs)];
}
