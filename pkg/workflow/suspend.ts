import { parseDuration } from './duration.ts';
import type { PlannedStep, WorkflowPlan } from './plan.ts';
import { allSteps } from './plan.ts';
import type { Run } from './run.ts';
import { phaseOf, record } from './run.ts';

interface Moment {
  readonly plan: WorkflowPlan;
  readonly now: number;
  readonly newId: () => string;
}

/** When a suspended step goes on by itself, if ever. */
export function wakesAt(run: Run, step: PlannedStep): number | undefined {
  const began = run.steps.get(step.name)?.firstExecuteTime;
  if (phaseOf(run, step.name) !== 'suspending' || began === undefined) return undefined;
  const duration = step.properties['duration'];
  const durationMs = step.type === 'suspend' && typeof duration === 'string' ? parseDuration(duration) : undefined;
  const ends = [durationMs, step.timeoutMs].filter((ms) => ms !== undefined);
  return ends.length > 0 ? Date.parse(began) + Math.min(...ends) : undefined;
}

/** Resumes what was suspended: by the user, who cleared `suspend`, or because the time has come. */
export function wake(run: Run, { plan, now, newId }: Moment): Run {
  const suspended = allSteps(plan).filter((step) => phaseOf(run, step.name) === 'suspending');
  const due = suspended.filter((step) => !run.suspend || (wakesAt(run, step) ?? Infinity) <= now);
  if (due.length === 0) return run;
  const resumed = due.reduce((current, step) => record(current, step, { phase: 'running' }, { now, newId }), run);
  const groups = (step: PlannedStep) => step.type === 'step-group';
  return { ...resumed, suspend: run.suspend && suspended.some((step) => !due.includes(step) && !groups(step)) };
}
