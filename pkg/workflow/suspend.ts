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

/** Remembers that an action of a step suspended it, so that the action does not do so again once it is resumed. */
export const suspendMark = (stepId: string, label: string): string => `${stepId}.${label}.suspendTimeStamp`;

/** Remembers when a step that an action suspended goes on by itself. */
export const resumeMark = (stepId: string): string => `${stepId}.resumeTimeStamp`;

/** When a suspended step goes on by itself, if ever. */
export function wakesAt(run: Run, step: PlannedStep): number | undefined {
  const { firstExecuteTime: began, id = '' } = run.steps.get(step.name) ?? {};
  if (phaseOf(run, step.name) !== 'suspending' || began === undefined) return undefined;
  const duration = step.properties['duration'];
  const durationMs = step.type === 'suspend' && typeof duration === 'string' ? parseDuration(duration) : undefined;
  const resumes = run.marks[resumeMark(id)];
  const ends = [durationMs, step.timeoutMs].filter((ms) => ms !== undefined).map((ms) => Date.parse(began) + ms);
  const all = resumes === undefined || resumes === '' ? ends : [...ends, Date.parse(resumes)];
  return all.length > 0 ? Math.min(...all) : undefined;
}

/** Resumes suspended steps: the user cleared `suspend`, or their time is over. */
export function wake(run: Run, { plan, now, newId }: Moment): Run {
  const suspended = allSteps(plan).filter((step) => phaseOf(run, step.name) === 'suspending');
  const due = suspended.filter((step) => !run.suspend || (wakesAt(run, step) ?? Infinity) <= now);
  if (due.length === 0) return run;
  const resumed = due.reduce((current, step) => record(current, step, { phase: 'running' }, { now, newId }), run);
  const groups = (step: PlannedStep) => step.type === 'step-group';
  return { ...resumed, suspend: run.suspend && suspended.some((step) => !due.includes(step) && !groups(step)) };
}
