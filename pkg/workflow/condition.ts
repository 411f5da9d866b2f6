import { evaluate } from '@marcbachmann/cel-js';
import type { JsonObject } from '../apis/meta.ts';
import type { PlannedStep } from './plan.ts';
import type { Run } from './run.ts';
import { inputValue } from './variables.ts';

export type ConditionResult =
  { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly problem: string };

/** Evaluates the `if` of a step over `status`, `inputs`, `context` and `parameter`. */
export function evaluateIf(expression: string, step: PlannedStep, run: Run, context: JsonObject): ConditionResult {
  const scope = {
    status: Object.fromEntries([...run.steps].map(([name, record]) => [name, stepFacts(record)])),
    inputs: Object.fromEntries(step.inputs.map((i) => [i.from, inputValue(i, run.variables, context)])),
    context,
    parameter: step.properties,
  };
  try {
    const value: unknown = evaluate(expression, scope);
    return typeof value === 'boolean' ? { ok: true, value } : { ok: false, problem: 'the expression is not a boolean' };
  } catch (error) {
    return { ok: false, problem: (error as Error).message.split('\n')[0] ?? '' };
  }
}

function stepFacts(record: Run['steps'] extends ReadonlyMap<string, infer R> ? R : never) {
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
