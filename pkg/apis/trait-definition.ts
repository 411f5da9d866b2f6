import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { descriptionColumn, group } from './custom-kind.ts';
import type { DefinitionStatus } from './definition.ts';
import { definitionReference, definitionStatus, schematic, statusExpressions } from './definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { anyObject, list, object, oneOf, optional, text, truth } from './schema.ts';

export const traitDefinitionSpec = object(
  {
    definitionRef: optional(definitionReference),
    revisionEnabled: optional(truth('Not used.')),
    workloadRefPath: optional(text('Path in the trait that gets the reference to the workload.')),
    podDisruptive: optional(truth('Whether a change of the trait restarts pods; for user interfaces.')),
    appliesToWorkloads: optional(
      list(text(), {
        description: 'Types or kinds of components that the trait is for; not enforced, for user interfaces.',
      }),
    ),
    conflictsWith: optional(list(text(), { description: 'Traits that exclude this one; for user interfaces.' })),
    manageWorkload: optional(truth('Whether the trait replaces the workload of the component.')),
    controlPlaneOnly: optional(truth('Whether its objects are created in the local cluster only.')),
    stage: optional(
      oneOf(['PreDispatch', 'DefaultDispatch', 'PostDispatch'], {
        description: 'When its objects are applied: before, with or after the workload; with it when absent.',
      }),
    ),
    status: optional(statusExpressions),
    schematic: optional(schematic),
    extension: optional(anyObject('Data of other tools; `template` of early versions holds CUE.')),
    version: optional(text('Semantic version.')),
  },
  { description: 'The template and its properties.' },
);

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
