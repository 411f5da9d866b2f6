import type { JsonObject } from '../../machinery/src/meta.ts';
import type { Decision } from './condition.ts';
import { groupChange } from './group.ts';
import type { PlannedStep, StepMode, WorkflowPlan } from './plan.ts';
import { allSteps } from './plan.ts';
import type { Run, StepChange } from './run.ts';
import { isFinished, isOverdue, phaseOf, record } from './run.ts';
import { suspendedByFailures } from './settle.ts';
import { wake } from './suspend.ts';
import { missingInputs, outputsOf } from './variables.ts';

/** One pass over a workflow. Time, ids and context come from outside. */
export interface Pass {
  readonly plan: WorkflowPlan;
  readonly now: number;
  readonly newId: () => string;
  readonly context: JsonObject;
  /** Names of the steps that were executed in this pass; each is executed once. */
  readonly visited: ReadonlySet<string>;
  /** What the conditions of undecided steps came to, by step name. */
  readonly decisions?: ReadonlyMap<string, Decision>;
}

export interface Advance {
  readonly run: Run;
  /** The steps with conditions that must be evaluated before the run is advanced again. */
  readonly undecided: readonly PlannedStep[];
  /** To be executed now, in any order or at once. */
  readonly ready: readonly PlannedStep[];
}

/** Takes a run as far as it goes without executing anything, and says what to evaluate and to execute next. */
export function advance(run: Run, pass: Pass): Advance {
  let current = withoutMessage(wake(run, pass));
  for (;;) {
    if (current.suspend) return { run: current, undecided: [], ready: [] };
    const next = walk(withNullOutputs(current, pass), pass, pass.plan.steps, pass.plan.mode.steps);
    if (next.ready.length > 0 || next.undecided.length > 0 || next.run.suspend) return next;
    const after = next.run === current ? endDeadlock(next.run, pass) : next.run;
    if (after === current) return next;
    current = after;
  }
}

/** What a suspended run says is over when it goes on. */
const withoutMessage = (run: Run): Run =>
  !run.suspend && run.message === suspendedByFailures ? { ...run, message: '' } : run;

/** Outputs of steps that ended without giving them are null: nothing waits for them for ever. */
function withNullOutputs(run: Run, { plan }: Pass): Run {
  const missing = outputsOf(plan).filter(
    ([step, output]) => isFinished(run.steps.get(step.name)) && !Object.hasOwn(run.variables, output),
  );
  if (missing.length === 0) return run;
  const variables = { ...Object.fromEntries(missing.map(([, output]) => [output, null])), ...run.variables };
  return { ...run, variables };
}

/** Fails the first pending step where all that is left waits for what no other step will give or end. */
function endDeadlock(run: Run, pass: Pass): Run {
  const left = allSteps(pass.plan).filter((s) => s.type !== 'step-group' && !isFinished(run.steps.get(s.name)));
  const moves = left.some(({ name }) => !['pending', undefined].includes(phaseOf(run, name)));
  const pending = left.find(({ name }) => phaseOf(run, name) === 'pending');
  if (moves || !pending) return run;
  const { message = '' } = run.steps.get(pending.name) ?? {};
  const problem = `${message.replace('Pending on', 'waits for ever on')}, which no step that is left brings about`;
  return { ...record(run, pending, failedBefore('Input', problem), pass), terminated: true };
}

/** One pass over a list of steps; the caller repeats it while something changes. */
function walk(run: Run, pass: Pass, steps: readonly PlannedStep[], mode: StepMode): Advance {
  let current = run;
  const ready: PlannedStep[] = [];
  const undecided: PlannedStep[] = [];
  for (const step of steps) {
    if (isFinished(current.steps.get(step.name))) continue;
    const next = advanceStep(current, pass, step, mode === 'DAG' ? [] : steps.slice(0, steps.indexOf(step)));
    current = next.run;
    ready.push(...next.ready);
    undecided.push(...next.undecided);
    if (mode === 'StepByStep' && !isFinished(current.steps.get(step.name))) break;
  }
  return { run: current, undecided, ready };
}

/** Why a step failed without being executed. */
type PreCheckReason = 'Timeout' | 'Input' | 'Expression';

const failedBefore = (reason: PreCheckReason, message: string | undefined): StepChange => ({
  phase: 'failed',
  reason,
  message,
});

const none: Pick<Advance, 'undecided' | 'ready'> = { undecided: [], ready: [] };

function advanceStep(run: Run, pass: Pass, step: PlannedStep, earlier: readonly PlannedStep[]): Advance {
  const change = preCheck(run, pass, step, earlier);
  if (change === 'undecided') return { ...none, run, undecided: [step] };
  if (change) return { ...none, run: changeStep(run, pass, step, change) };
  if (step.type === 'step-group') return advanceGroup(run, pass, step);
  if (step.type === 'suspend') return { ...none, run: suspendOrResume(run, pass, step) };
  return { ...none, run, ready: pass.visited.has(step.name) ? [] : [step] };
}

function changeStep(run: Run, pass: Pass, step: PlannedStep, change: StepChange): Run {
  const changed = record(run, step, change, pass);
  const final = change.phase === 'failed' ? { ...changed, terminated: true } : changed;
  const isEnd = change.phase !== 'pending' && isFinished(final.steps.get(step.name));
  return isEnd ? endSubSteps(final, pass, step, change) : final;
}

/** What happens to a step before it is executed, if anything: pending, skipped or out of time. */
function preCheck(
  run: Run,
  pass: Pass,
  step: PlannedStep,
  earlier: readonly PlannedStep[],
): StepChange | 'undecided' | undefined {
  if (isOverdue(run, step, pass.now)) return isReadLast(run, pass, step) ? undefined : timeout(run, step);
  if (hasBegun(run, step)) return undefined;
  const waitsFor = step.dependsOn.find((other) => !isFinished(run.steps.get(other)));
  if (waitsFor !== undefined) return { phase: 'pending', message: `Pending on DependsOn: ${waitsFor}` };
  const skip = skipChange(run, pass, step, earlier);
  if (skip) return skip;
  const missing = missingInputs(step, run.variables, pass.context)[0];
  return missing === undefined ? undefined : { phase: 'pending', message: `Pending on Input: ${missing}` };
}

/** A group that has begun may be pending on what is in it. */
function hasBegun(run: Run, { name, subSteps }: PlannedStep): boolean {
  const record = run.steps.get(name);
  return record !== undefined && (record.phase !== 'pending' || subSteps.some((sub) => run.steps.has(sub.name)));
}

/** A step that has timed out is executed once more where others wait for its outputs. */
function isReadLast(run: Run, { visited }: Pass, step: PlannedStep): boolean {
  const isExecuted = step.type !== 'step-group' && step.type !== 'suspend';
  return isExecuted && step.outputs.length > 0 && phaseOf(run, step.name) !== 'pending' && !visited.has(step.name);
}

const timeout = (run: Run, { name }: PlannedStep): StepChange => failedBefore('Timeout', run.steps.get(name)?.message);

function skipChange(
  run: Run,
  pass: Pass,
  step: PlannedStep,
  earlier: readonly PlannedStep[],
): StepChange | 'undecided' | undefined {
  const skipped = { phase: 'skipped', reason: 'Skip' } as const;
  if (step.if === 'always') return undefined;
  if (step.if === undefined) {
    const failed = earlier.some((s) => phaseOf(run, s.name) === 'failed');
    const unmet = step.dependsOn.some((other) => phaseOf(run, other) !== 'succeeded');
    return failed || unmet || run.terminated ? skipped : undefined;
  }
  const decision = pass.decisions?.get(step.name);
  if (!decision) return 'undecided';
  if (decision.ok && decision.value) return undefined;
  if (decision.ok)
    return decision.problem === undefined
      ? skipped
      : { ...skipped, message: `pre check error: invalid if value: ${decision.problem}` };
  return failedBefore('Expression', `if: ${step.if} cannot be evaluated: ${decision.problem}`);
}

/** The steps of a group end with it. */
function endSubSteps(run: Run, pass: Pass, group: PlannedStep, change: StepChange): Run {
  return group.subSteps
    .filter((sub) => !isFinished(run.steps.get(sub.name)))
    .reduce((current, sub) => record(current, sub, { phase: change.phase, reason: change.reason }, pass), run);
}

function advanceGroup(run: Run, pass: Pass, group: PlannedStep): Advance {
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
    message: typeof message === 'string' && message !== '' ? message : 'Suspended by field suspend',
  };
  return { ...record(run, step, change, pass), suspend: true };
}
