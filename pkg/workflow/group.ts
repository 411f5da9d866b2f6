import type { PlannedStep } from './plan.ts';
import type { Run, StepChange } from './run.ts';
import { isFinished } from './run.ts';

const worstFirst = ['FailedAfterRetries', 'Timeout', 'Action', 'Terminate'];

/** The state of a group as it follows from the steps in it. */
export function groupChange(run: Run, group: PlannedStep): StepChange {
  const records = group.subSteps.flatMap((sub) => run.steps.get(sub.name) ?? []);
  const has = (phase: string) => records.some((r) => r.phase === phase);
  if (has('suspending')) return { phase: 'suspending' };
  if (records.length < group.subSteps.length || has('running')) return { phase: 'running' };
  if (has('pending')) return { phase: 'pending' };
  if (!records.every(isFinished)) return { phase: 'running' };
  if (has('failed')) {
    const reasons = records.filter((r) => r.phase === 'failed').map((r) => r.reason ?? '');
    return { phase: 'failed', reason: worstFirst.find((r) => reasons.includes(r)) ?? reasons[0] };
  }
  const allSkipped = records.length > 0 && records.every((r) => r.phase === 'skipped');
  return { phase: allSkipped ? 'skipped' : 'succeeded', ...(allSkipped && { reason: 'Skip' }) };
}
