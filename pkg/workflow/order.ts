import type { PlannedStep, StepMode, WorkflowPlan } from './plan.ts';
import type { Run } from './run.ts';
import { phaseOf } from './run.ts';

interface Round {
  /** The run when the round began. */
  readonly before: Run;
  /** Names of the steps that earlier rounds of the pass executed. */
  readonly visited: ReadonlySet<string>;
}

/**
 * Puts the steps that one round added into the order in which the status shows them, which is KubeVela's: steps in the
 * order of their first execution. In a DAG, a step that has to wait for others is not shown before one of them was
 * executed, and comes before the steps that this lets begin.
 */
export function inOrder(run: Run, plan: WorkflowPlan, { before, visited }: Round): Run {
  const lists: readonly (readonly [steps: readonly PlannedStep[], mode: StepMode])[] = [
    [plan.steps, plan.mode.steps],
    ...plan.steps.map((group) => [group.subSteps, group.mode] as const),
  ];
  const added = lists.flatMap(([steps, mode]) => {
    const own = steps.filter(({ name }) => run.steps.has(name) && !before.steps.has(name));
    return mode === 'DAG' ? inDag(own, run, !steps.some(({ name }) => visited.has(name))) : own;
  });
  const known = [...run.steps].filter(([name]) => before.steps.has(name));
  const entries = added.flatMap(({ name }) => {
    const record = run.steps.get(name);
    return record ? [[name, record] as const] : [];
  });
  return { ...run, steps: new Map([...known, ...entries]) };
}

function inDag(added: readonly PlannedStep[], run: Run, isFirst: boolean): readonly PlannedStep[] {
  const isPending = ({ name }: PlannedStep): boolean => phaseOf(run, name) === 'pending';
  const begun = added.filter((step) => !isPending(step));
  return isFirst && begun.length > 0 ? begun : [...added.filter(isPending), ...begun];
}
