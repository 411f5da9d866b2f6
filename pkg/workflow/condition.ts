import type { JsonObject } from '../../machinery/src/meta.ts';
import type { Expressions } from './expressions.ts';
import type { PlannedStep, WorkflowPlan } from './plan.ts';
import { allSteps } from './plan.ts';
import type { Run, StepRecord } from './run.ts';
import { isFinished } from './run.ts';
import { inputValue } from './variables.ts';

/** Whether a step runs, as its `if` says. A value of a type that does not fit its operator makes it false, with a problem. */
export type Decision =
  | { readonly ok: true; readonly value: boolean; readonly problem?: string }
  | { readonly ok: false; readonly problem: string };

/** Evaluates the `if` of a step over `status`, `inputs`, `context` and `parameter`. */
export async function decide(
  step: PlannedStep,
  { plan, run, context }: { readonly plan: WorkflowPlan; readonly run: Run; readonly context: JsonObject },
  expressions: Expressions,
): Promise<Decision> {
  const inputs = step.inputs.flatMap((input) => {
    const value = inputValue(input, run.variables, { context, parameter: step.properties });
    return value === undefined ? [] : [[input.from, value] as const];
  });
  const fields: JsonObject = {
    status: statusFields(plan, run),
    inputs: Object.fromEntries(inputs),
    context,
    parameter: step.properties,
  };
  const result = await expressions.evaluate(step.if ?? 'true', fields);
  if (!result.ok) return unevaluated(step.if ?? '', result, expressions);
  if (typeof result.value === 'boolean') return { ok: true, value: result.value };
  return { ok: false, problem: `yields ${JSON.stringify(result.value)}, which is neither true nor false` };
}

/** What is no expression, or refers to what does not exist, says nothing; KubeVela takes the rest for false. */
async function unevaluated(
  text: string,
  { problem, isFinal }: { readonly problem: string; readonly isFinal: boolean },
  expressions: Expressions,
): Promise<Decision> {
  const isExpression = (await expressions.check(text)) === undefined;
  return isFinal && isExpression ? { ok: true, value: false, problem } : { ok: false, problem };
}

/** The steps by name, and by the component that they apply or the name in their properties where no step has it. */
function statusFields(plan: WorkflowPlan, run: Run): JsonObject {
  const byName = new Map([...run.steps].map(([name, record]) => [name, stepFacts(record)]));
  for (const { name, properties } of allSteps(plan)) {
    const record = run.steps.get(name);
    const other = [properties['name'], properties['component']].find((text) => typeof text === 'string' && text !== '');
    if (record && isFinished(record) && typeof other === 'string' && !byName.has(other))
      byName.set(other, stepFacts(record));
  }
  return Object.fromEntries(byName);
}

/** The facts of a step for expressions. */
function stepFacts(record: StepRecord): JsonObject {
  const { phase = '', reason = '' } = record;
  return {
    id: record.id,
    name: record.name ?? '',
    type: record.type ?? '',
    phase,
    message: record.message ?? '',
    reason,
    firstExecuteTime: record.firstExecuteTime ?? '',
    lastExecuteTime: record.lastExecuteTime ?? '',
    failed: phase === 'failed',
    succeeded: phase === 'succeeded',
    skipped: phase === 'skipped',
    timeout: reason === 'Timeout',
    failedAfterRetries: reason === 'FailedAfterRetries',
    terminate: reason === 'Terminate',
  };
}
