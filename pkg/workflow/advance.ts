import type { JsonObject } from '../apis/meta.ts';
import { evaluateIf } from './condition.ts';
import { groupChange } from './group.ts';
import type { PlannedStep, StepMode, WorkflowPlan } from './plan.ts';
import type { Run, StepChange } from './run.ts';
import { isFinished, phaseOf, record } from './run.ts';
import { wake } from './suspend.ts';
import { missingInputs } from './variables.ts';

/** One pass over a workflow. Time, ids and context come from outside. */
export interface Pass {
  readonly plan: WorkflowPlan;
  readonly now: number;
  readonly newId: () => string;
  readonly context: JsonObject;
  /** Names of the steps that were executed in this pass; each is executed once. */
  readonly visited: ReadonlySet<string>;
}

export interface Advance {
  readonly run: Run;
  /** To be executed now, in any order or at once. */
  readonly ready: readonly PlannedStep[];
}

/** Takes a run as far as it goes without executing anything, and says what to execute next. */
export function advance(run: Run, pass: Pass): Advance {
  let current = wake(run, pass);
  if (current.suspend) return { run: current, ready: [] };
  for (;;) {
    const next = walk(current, pass, pass.plan.steps, pass.plan.mode.steps);
    if (next.run === current || next.ready.length > 0 || next.run.suspend) return next;
    current = next.run;
  }
}

/** One look at a list of steps; the caller looks again while something changes. */
function walk(run: Run, pass: Pass, steps: readonly PlannedStep[], mode: StepMode): Advance {
  let current = run;
  const ready: PlannedStep[] = [];
  for (const step of steps) {
    if (isFinished(current.steps.get(step.name))) continue;
    const looked = look(current, pass, step, mode === 'DAG' ? [] : steps.slice(0, steps.indexOf(step)));
    current = looked.run;
    ready.push(...looked.ready);
    if (mode === 'StepByStep' && !isFinished(current.steps.get(step.name))) break;
  }
  return { run: current, ready };
}

function look(run: Run, pass: Pass, step: PlannedStep, earlier: readonly PlannedStep[]): Advance {
  const change = preCheck(run, pass, step, earlier);
  if (change) {
    const changed = record(run, step, change, pass);
    const final = change.phase === 'failed' ? { ...changed, terminated: true } : changed;
    return {
      run: isFinished(change.phase === 'pending' ? undefined : final.steps.get(step.name))
        ? endSubSteps(final, pass, step, change)
        : final,
      ready: [],
    };
  }
  if (step.type === 'step-group') return lookInto(run, pass, step);
  if (step.type === 'suspend') return { run: suspendOrResume(run, pass, step), ready: [] };
  return { run, ready: pass.visited.has(step.name) ? [] : [step] };
}

/** What happens to a step before it is executed, if anything: pending, skipped or out of time. */
function preCheck(run: Run, pass: Pass, step: PlannedStep, earlier: readonly PlannedStep[]): StepChange | undefined {
  if (isOverdue(run, pass, step)) return { phase: 'failed', reason: 'Timeout' };
  const phase = phaseOf(run, step.name);
  if (phase !== undefined && phase !== 'pending') return undefined;
  const waitsFor = step.dependsOn.find((other) => !isFinished(run.steps.get(other)));
  if (waitsFor !== undefined) return { phase: 'pending', message: `Pending on DependsOn: ${waitsFor}` };
  const skip = skipChange(run, pass, step, earlier);
  if (skip) return skip;
  const missing = missingInputs(step, run.variables, pass.context)[0];
  return missing === undefined ? undefined : { phase: 'pending', message: `Pending on Input: ${missing}` };
}

function skipChange(run: Run, pass: Pass, step: PlannedStep, earlier: readonly PlannedStep[]): StepChange | undefined {
  const skipped = { phase: 'skipped', reason: 'Skip' } as const;
  if (step.if === 'always') return undefined;
  if (step.if === undefined) {
    const failed = earlier.some((s) => phaseOf(run, s.name) === 'failed');
    const unmet = step.dependsOn.some((other) => phaseOf(run, other) !== 'succeeded');
    return failed || unmet || run.terminated ? skipped : undefined;
  }
  const result = evaluateIf(step.if, step, run, pass.context);
  if (!result.ok) return { ...skipped, message: `pre check error: ${result.problem}` };
  return result.value ? undefined : skipped;
}

function isOverdue(run: Run, pass: Pass, step: PlannedStep): boolean {
  const began = run.steps.get(step.name)?.firstExecuteTime;
  return step.timeoutMs !== undefined && began !== undefined && Date.parse(began) + step.timeoutMs <= pass.now;
}

/** The steps of a group end with it. */
function endSubSteps(run: Run, pass: Pass, group: PlannedStep, change: StepChange): Run {
  return group.subSteps
    .filter((sub) => !isFinished(run.steps.get(sub.name)))
    .reduce((current, sub) => record(current, sub, { phase: change.phase, reason: change.reason }, pass), run);
}

function lookInto(run: Run, pass: Pass, group: PlannedStep): Advance {
  const begun = run.steps.has(group.name) ? run : record(run, group, { phase: 'running' }, pass);
  const inside = walk(begun, pass, group.subSteps, group.mode);
  return { ...inside, run: record(inside.run, group, groupChange(inside.run, group), pass) };
}

/** A suspend step suspends the run when it is met, and has succeeded when it is met again after that. */
function suspendOrResume(run: Run, pass: Pass, step: PlannedStep): Run {
  const before = phaseOf(run, step.name);
  if (before === 'running') return record(run, step, { phase: 'succeeded' }, pass);
  if (before === 'suspending') return run;
  const message = step.properties['message'];
  const change: StepChange = {
    phase: 'suspending',
    reason: 'Suspend',
    ...(typeof message === 'string' && { message }),
  };
  return { ...record(run, step, change, pass), suspend: true };
}
