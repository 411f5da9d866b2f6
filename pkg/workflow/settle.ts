import type { PlannedStep, WorkflowPlan } from './plan.ts';
import { allSteps } from './plan.ts';
import type { Marks, Run } from './run.ts';
import { isFinished, isoTime, isOverdue, record } from './run.ts';
import { resumeMark, suspendMark, wakesAt } from './suspend.ts';
import type { Variables } from './variables.ts';

/**
 * Why a step failed. `Execute` is retried; `Action`, the template's own decision, and `Expression`, an output that cannot
 * be evaluated, end the workflow.
 */
export type FailureReason = 'Execute' | 'Action' | 'Expression';

/** What an attempt leaves behind, whatever comes of it. */
export interface Effects {
  readonly variables?: Variables;
  /** By what they are about; the step id is put in front. */
  readonly marks?: Marks;
}

/** What came of executing a step once. */
export type Outcome = { readonly effects?: Effects } & (
  | {
      readonly kind: 'succeeded';
      readonly variables?: Variables;
      readonly message?: string;
      /** Nothing is to come after it. */
      readonly breaks?: boolean;
    }
  | { readonly kind: 'waiting'; readonly message: string; readonly variables?: Variables }
  /** The workflow stops until the user resumes it, or the duration is over. `label` identifies one of several suspensions of a step. */
  | { readonly kind: 'suspended'; readonly message: string; readonly label: string; readonly durationMs?: number }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      readonly variables?: Variables;
    }
);

export interface RetryLimits {
  /** A step that failed this often has failed for good. Default 10. */
  readonly maxFailures: number;
  /** Whether such a step suspends the workflow instead: it is tried again when that is resumed. */
  readonly suspendOnFailure?: boolean;
  /** Longest pause between two attempts of a waiting step. Default 60 s. */
  readonly maxWaitBackoffMs: number;
  /** Longest pause between two tries of a failing step. Default 300 s. */
  readonly maxFailedBackoffMs: number;
}

interface Moment {
  readonly now: number;
  readonly newId: () => string;
}

interface Executed {
  readonly step: PlannedStep;
  readonly outcome: Outcome;
}

/** Notes what came of executing a step. */
export function settle(run: Run, { step, outcome }: Executed, limits: RetryLimits, moment: Moment): Run {
  const isLate = isOverdue(run, step, moment.now) && outcome.kind !== 'suspended';
  const settled = isLate ? timedOut(run, step, moment) : settleInTime(run, { step, outcome }, limits, moment);
  const { variables = {}, marks = {} } = outcome.effects ?? {};
  const id = settled.steps.get(step.name)?.id ?? '';
  const ownMarks = Object.fromEntries(Object.entries(marks).map(([key, value]) => [`${id}.${key}`, value]));
  const given = outcome.kind !== 'suspended' && isFinished(settled.steps.get(step.name)) ? outcome.variables : {};
  return withEffects(settled, { variables: { ...variables, ...given }, marks: ownMarks });
}

/** What a step last waited for stays as its message. */
const timedOut = (run: Run, step: PlannedStep, moment: Moment): Run => ({
  ...record(run, step, { phase: 'failed', reason: 'Timeout', message: run.steps.get(step.name)?.message }, moment),
  terminated: true,
});

function settleInTime(run: Run, { step, outcome }: Executed, limits: RetryLimits, moment: Moment): Run {
  switch (outcome.kind) {
    case 'succeeded': {
      const { message, breaks = false } = outcome;
      const reason = breaks ? 'Terminate' : undefined;
      const done = record(run, step, { phase: 'succeeded', reason, message }, moment);
      return breaks ? { ...done, terminated: true } : done;
    }
    case 'waiting':
      return record(run, step, { phase: 'running', reason: 'Wait', message: outcome.message }, moment);
    case 'suspended':
      return suspended(run, step, outcome, moment);
    case 'failed':
      return failed(run, { step, outcome }, limits, moment);
  }
}

function suspended(
  run: Run,
  step: PlannedStep,
  { message, label, durationMs }: Outcome & { readonly kind: 'suspended' },
  moment: Moment,
): Run {
  const stopped = record(run, step, { phase: 'suspending', reason: 'Suspend', message }, moment);
  const id = stopped.steps.get(step.name)?.id ?? '';
  const marks = {
    [suspendMark(id, label)]: isoTime(moment.now),
    [resumeMark(id)]: durationMs === undefined ? '' : new Date(moment.now + durationMs).toISOString(),
  };
  return withEffects({ ...stopped, suspend: true }, { variables: {}, marks });
}

function failed(run: Run, { step, outcome }: Executed, limits: RetryLimits, moment: Moment): Run {
  const { reason, message } = outcome as Outcome & { readonly kind: 'failed' };
  const current = record(run, step, { phase: 'failed', reason, message }, moment);
  if (reason !== 'Execute') return { ...current, terminated: true };
  const id = current.steps.get(step.name)?.id ?? '';
  const failures = { ...current.failures, [id]: (current.failures[id] ?? 0) + 1 };
  if ((failures[id] ?? 0) < limits.maxFailures) return { ...current, failures };
  if (limits.suspendOnFailure) {
    const counted = { ...failures, [id]: 0 };
    return { ...current, failures: counted, suspend: true, message: suspendedByFailures };
  }
  const final = record(current, step, { phase: 'failed', reason: 'FailedAfterRetries', message }, moment);
  return { ...final, failures, terminated: true };
}

/** The message of a workflow that failures of a step have suspended. */
export const suspendedByFailures =
  'suspended: a step has failed as often as it may; resume the workflow to try it again';

function withEffects(run: Run, { variables, marks }: Required<Effects>): Run {
  if (Object.keys(variables).length === 0 && Object.keys(marks).length === 0) return run;
  return { ...run, variables: { ...run.variables, ...variables }, marks: { ...run.marks, ...marks } };
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

/** The time until a step can be executed next; undefined when only the user can continue the run. */
export function msToNextAttempt(plan: WorkflowPlan, run: Run, limits: RetryLimits, now: number): number | undefined {
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
  if (r.phase === 'pending' && step.type !== 'step-group') return [];
  return [Math.max(Date.parse(r.firstExecuteTime) + step.timeoutMs - now, 1)];
}

/** Waiting steps are executed less and less often: a pause is as long as the wait so far. */
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
