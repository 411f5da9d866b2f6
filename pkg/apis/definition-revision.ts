import type { Static } from '@sinclair/typebox';
import type { ComponentDefinition } from './component-definition.ts';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { PolicyDefinition } from './policy-definition.ts';
import { anyObject, int64, object, oneOf, optional, text } from './schema.ts';
import type { TraitDefinition } from './trait-definition.ts';
import type { WorkflowStepDefinition } from './workflow-step-definition.ts';

export const definitionRevisionSpec = object({
  revision: int64(),
  revisionHash: text(),
  definitionType: oneOf(['Component', 'Trait', 'Policy', 'WorkflowStep']),
  componentDefinition: optional(anyObject<ComponentDefinition>()),
  traitDefinition: optional(anyObject<TraitDefinition>()),
  policyDefinition: optional(anyObject<PolicyDefinition>()),
  workflowStepDefinition: optional(anyObject<WorkflowStepDefinition>()),
});

export type DefinitionRevisionSpec = Static<typeof definitionRevisionSpec>;
export type DefinitionType = DefinitionRevisionSpec['definitionType'];

/** A definition as it was at one point in time. */
export interface DefinitionRevision extends KubeObject {
  readonly spec: DefinitionRevisionSpec;
}

export const definitionRevisionResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'DefinitionRevision',
  plural: 'definitionrevisions',
  namespaced: true,
};

export const definitionRevisionKind: CustomKind = {
  resource: definitionRevisionResource,
  shortNames: ['defrev'],
  columns: [
    { name: 'REVISION', jsonPath: '.spec.revision', type: 'integer' },
    { name: 'HASH', jsonPath: '.spec.revisionHash', type: 'string' },
    { name: 'TYPE', jsonPath: '.spec.definitionType', type: 'string' },
  ],
  statusSubresource: false,
  fields: { spec: definitionRevisionSpec },
  description: 'A definition as it was at one point in time.',
};
