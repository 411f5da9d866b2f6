import type { Static } from '@sinclair/typebox';
import type { ComponentDefinition } from './component-definition.ts';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { PolicyDefinition } from './policy-definition.ts';
import { anyObject, int64, object, oneOf, optional, text } from './schema.ts';
import type { TraitDefinition } from './trait-definition.ts';
import type { WorkflowStepDefinition } from './workflow-step-definition.ts';

export const definitionRevisionSpec = object(
  {
    revision: int64('Number of the revision.'),
    revisionHash: text('Hash of the content.'),
    definitionType: oneOf(['Component', 'Trait', 'Policy', 'WorkflowStep'], { description: 'Kind of the definition.' }),
    componentDefinition: optional(anyObject<ComponentDefinition>('The definition, where it is of this kind.')),
    traitDefinition: optional(anyObject<TraitDefinition>('The definition, where it is of this kind.')),
    policyDefinition: optional(anyObject<PolicyDefinition>('The definition, where it is of this kind.')),
    workflowStepDefinition: optional(anyObject<WorkflowStepDefinition>('The definition, where it is of this kind.')),
  },
  { description: 'The definition and its number.' },
);

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
