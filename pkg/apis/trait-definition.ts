import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { descriptionColumn, group } from './custom-kind.ts';
import type { DefinitionStatus } from './definition.ts';
import { definitionReference, definitionStatus, schematic, statusExpressions } from './definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { anyObject, list, object, oneOf, optional, text, truth } from './schema.ts';

export const traitDefinitionSpec = object({
  definitionRef: optional(definitionReference),
  revisionEnabled: optional(truth()),
  workloadRefPath: optional(text()),
  podDisruptive: optional(truth()),
  appliesToWorkloads: optional(list(text())),
  conflictsWith: optional(list(text())),
  manageWorkload: optional(truth()),
  controlPlaneOnly: optional(truth()),
  stage: optional(oneOf(['PreDispatch', 'DefaultDispatch', 'PostDispatch'])),
  status: optional(statusExpressions),
  schematic: optional(schematic),
  extension: optional(anyObject()),
  version: optional(text('Semantic version.')),
});

export type TraitDefinitionSpec = Static<typeof traitDefinitionSpec>;
export type DispatchStage = NonNullable<TraitDefinitionSpec['stage']>;

/** A type of trait: what it changes in a workload or adds beside it. */
export interface TraitDefinition extends KubeObject {
  readonly spec: TraitDefinitionSpec;
  readonly status?: DefinitionStatus;
}

export const traitDefinitionResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'TraitDefinition',
  plural: 'traitdefinitions',
  namespaced: true,
};

export const traitDefinitionKind: CustomKind = {
  resource: traitDefinitionResource,
  shortNames: ['trait'],
  columns: [{ name: 'APPLIES-TO', jsonPath: '.spec.appliesToWorkloads', type: 'string' }, descriptionColumn],
  statusSubresource: true,
  fields: { spec: traitDefinitionSpec, status: definitionStatus },
  description: 'A type of trait: what it changes in a workload or adds beside it.',
};
