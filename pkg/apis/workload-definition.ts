import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { descriptionColumn, group } from './custom-kind.ts';
import {
  childResourceKind,
  definitionReference,
  definitionStatus,
  schematic,
  statusExpressions,
} from './definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { anyObject, list, object, optional, text } from './schema.ts';

export const workloadDefinitionSpec = object(
  {
    definitionRef: definitionReference,
    childResourceKinds: optional(list(childResourceKind, { description: 'Objects that belong to the workload.' })),
    revisionLabel: optional(text('Label of the workload that holds the revision of the component.')),
    podSpecPath: optional(text('Path of the pod spec in the workload.')),
    status: optional(statusExpressions),
    schematic: optional(schematic),
    extension: optional(anyObject('Data of other tools; `template` of early versions holds CUE.')),
  },
  { description: 'The kind and its properties.' },
);

export type WorkloadDefinitionSpec = Static<typeof workloadDefinitionSpec>;

/** The older form of a type of component, which only names a kind. */
export interface WorkloadDefinition extends KubeObject {
  readonly spec: WorkloadDefinitionSpec;
}

export const workloadDefinitionResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'WorkloadDefinition',
  plural: 'workloaddefinitions',
  namespaced: true,
};

export const workloadDefinitionKind: CustomKind = {
  resource: workloadDefinitionResource,
  shortNames: ['workload'],
  columns: [{ name: 'DEFINITION-NAME', jsonPath: '.spec.definitionRef.name', type: 'string' }, descriptionColumn],
  statusSubresource: false,
  fields: { spec: workloadDefinitionSpec, status: definitionStatus },
  description: 'The older form of a type of component, which only names a kind.',
  alsoServed: ['v1alpha2'],
};
