import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { Type } from '@sinclair/typebox';
import { anyObject, list, object, optional, text } from './schema.ts';

export const stepInput = object({
  from: text('Name of a variable.'),
  parameterKey: optional(text('Path in the properties that gets the value.')),
});
export const stepOutput = object({
  name: text('Name of the variable.'),
  valueFrom: text('Path in the result, or an expression of CUE.'),
});

const stepFields = {
  name: optional(text('Unique in the workflow.')),
  type: text('Name of a WorkflowStepDefinition, or a built-in type.'),
  meta: optional(
    object({ alias: optional(text('Name for user interfaces.')) }, { description: 'Data for user interfaces.' }),
  ),
  if: optional(text('Condition of the step: `always`, or an expression of CUE.')),
  timeout: optional(text('Duration from the first execution, after which the step fails.')),
  dependsOn: optional(list(text('Name of a step that has to end first.'))),
  inputs: optional(list(stepInput, { description: 'Variables that are set in its properties.' })),
  outputs: optional(list(stepOutput, { description: 'Variables for other steps.' })),
  properties: optional(anyObject('Parameters of the step.')),
} as const;

export const subStep = object(stepFields);
export const workflowStep = object({
  ...stepFields,
  mode: optional(
    Type.Unsafe<'DAG' | 'StepByStep' | null>({
      type: 'string',
      nullable: true,
      description: 'Order of the sub-steps: DAG (default) or StepByStep.',
    }),
  ),
  subSteps: optional(list(subStep, { description: 'Steps of a step group.' })),
});
export const workflowMode = object(
  {
    steps: optional(text('Order of the steps: DAG or StepByStep.')),
    subSteps: optional(text('Order of sub-steps: DAG or StepByStep.')),
  },
  { description: 'Order of execution; StepByStep for steps and DAG for sub-steps when absent.' },
);

export type WorkflowSubStep = Static<typeof subStep>;
export type WorkflowStep = Static<typeof workflowStep>;
export type WorkflowMode = Static<typeof workflowMode>;

/** A workflow that Applications of its namespace refer to. */
export interface Workflow extends KubeObject {
  readonly mode?: WorkflowMode;
  readonly steps?: readonly WorkflowStep[];
}

export const workflowResource: Resource = {
  group,
  version: 'v1alpha1',
  kind: 'Workflow',
  plural: 'workflows',
  namespaced: true,
};

export const workflowKind: CustomKind = {
  resource: workflowResource,
  shortNames: [],
  columns: [],
  statusSubresource: false,
  fields: { mode: workflowMode, steps: list(workflowStep, { description: 'Steps in their order.' }) },
  description: 'A workflow that Applications of its namespace refer to.',
};
