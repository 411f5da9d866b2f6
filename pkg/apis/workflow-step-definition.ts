import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { DefinitionStatus } from './definition.ts';
import { definitionReference, definitionStatus, schematic } from './definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { object, optional, text } from './schema.ts';

export const workflowStepDefinitionSpec = object(
  {
    definitionRef: optional(definitionReference),
    schematic: optional(schematic),
    version: optional(text('Semantic version.')),
  },
  { description: 'The template and its properties.' },
);

export type WorkflowStepDefinitionSpec = Static<typeof workflowStepDefinitionSpec>;

/** A type of workflow step. */
export interface WorkflowStepDefinition extends KubeObject {
  readonly spec: WorkflowStepDefinitionSpec;
  readonly status?: DefinitionStatus;
}

export const workflowStepDefinitionResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'WorkflowStepDefinition',
  plural: 'workflowstepdefinitions',
  namespaced: true,
};

export const workflowStepDefinitionKind: CustomKind = {
  resource: workflowStepDefinitionResource,
  shortNames: ['workflowstep'],
  columns: [],
  statusSubresource: true,
  fields: { spec: workflowStepDefinitionSpec, status: definitionStatus },
  description: 'A type of workflow step.',
};
