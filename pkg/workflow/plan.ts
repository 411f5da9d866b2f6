import type { JsonObject } from '../../machinery/src/meta.ts';

export type StepMode = 'DAG' | 'StepByStep';

export interface StepInput {
  readonly from: string;
  readonly parameterKey?: string;
}

export interface StepOutput {
  readonly name: string;
  readonly valueFrom: string;
}

/** One step, ready to be scheduled. */
export interface PlannedStep {
  readonly name: string;
  readonly type: string;
  readonly if: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly dependsOn: readonly string[];
  readonly inputs: readonly StepInput[];
  readonly outputs: readonly StepOutput[];
  readonly properties: JsonObject;
  /** Of a group: how its sub-steps run. */
  readonly mode: StepMode;
  readonly subSteps: readonly PlannedStep[];
}

export interface WorkflowPlan {
  readonly mode: { readonly steps: StepMode; readonly subSteps: StepMode };
  readonly steps: readonly PlannedStep[];
}

/** `<steps>-<subSteps>`, as status shows it. */
export const modeText = ({ mode }: WorkflowPlan): string => `${mode.steps}-${mode.subSteps}`;

/** Every step and sub-step, groups before what is in them. */
export function allSteps(plan: WorkflowPlan): readonly PlannedStep[] {
  return plan.steps.flatMap((step) => [step, ...step.subSteps]);
}
