import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { Type } from '@sinclair/typebox';
import { anyObject, list, object, optional, text } from './schema.ts';

export const stepInput = object({ from: text('Name of a variable.'), parameterKey: optional(text()) });
export const stepOutput = object({ name: text('Name of the variable.'), valueFrom: text() });

const stepFields = {
  name: optional(text()),
  type: text('Name of a WorkflowStepDefinition, or a built-in type.'),
  meta: optional(object({ alias: optional(text()) })),
  if: optional(text('`always`, or an expression.')),
  timeout: optional(text('Duration from the first execution.')),
  dependsOn: optional(list(text())),
  inputs: optional(list(object({ from: text(), parameterKey: optional(text()) }))),
  outputs: optional(list(stepOutput)),
  properties: optional(anyObject()),
} as const;

export const subStep = object(stepFields);
export const workflowStep = object({
  ...stepFields,
  mode: optional(Type.Unsafe<'DAG' | 'StepByStep' | null>({ type: 'string', nullable: true })),
  subSteps: optional(list(subStep)),
});
export const workflowMode = object({ steps: optional(text('DAG or StepByStep.')), subSteps: optional(text()) });

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
  fields: { mode: workflowMode, steps: list(workflowStep) },
  description: 'A workflow that Applications of its namespace refer to.',
};
