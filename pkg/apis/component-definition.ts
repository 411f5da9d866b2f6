import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { descriptionColumn, group } from './custom-kind.ts';
import type { DefinitionStatus } from './definition.ts';
import { childResourceKind, definitionStatus, schematic, statusExpressions, workloadGvk } from './definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { anyObject, list, object, optional, text } from './schema.ts';

/** The value of `workload.type` that leaves the kind of the workload to the template. */
export const autodetectWorkload = 'autodetects.core.oam.dev';

export const componentDefinitionSpec = object(
  {
    workload: object(
      {
        type: optional(text('Name of a WorkloadDefinition, or `autodetects.core.oam.dev`.')),
        definition: optional(workloadGvk),
      },
      { description: 'Kind of the workload.' },
    ),
    childResourceKinds: optional(list(childResourceKind, { description: 'Objects that belong to the workload.' })),
    revisionLabel: optional(text('Label of the workload that holds the revision of the component.')),
    podSpecPath: optional(text('Path of the pod spec in the workload.')),
    status: optional(statusExpressions),
    schematic: optional(schematic),
    extension: optional(anyObject('Data of other tools; `template` of early versions holds CUE.')),
    version: optional(text('Semantic version.')),
  },
  { description: 'The template and its properties.' },
);

export type ComponentDefinitionSpec = Static<typeof componentDefinitionSpec>;

/** A type of component: the template of a workload and what goes with it. */
export interface ComponentDefinition extends KubeObject {
  readonly spec: ComponentDefinitionSpec;
  readonly status?: DefinitionStatus;
}

/** The name that a kind has as a type of workload, such as `deployments.apps`. */
export const workloadNameOf = ({ group: groupName, plural }: Resource): string =>
  groupName === '' ? plural : `${plural}.${groupName}`;

export const componentDefinitionResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'ComponentDefinition',
  plural: 'componentdefinitions',
  namespaced: true,
};

export const componentDefinitionKind: CustomKind = {
  resource: componentDefinitionResource,
  shortNames: ['comp'],
  columns: [{ name: 'WORKLOAD-KIND', jsonPath: '.spec.workload.definition.kind', type: 'string' }, descriptionColumn],
  statusSubresource: true,
  fields: { spec: componentDefinitionSpec, status: definitionStatus },
  description: 'A type of component: the template of a workload and what goes with it.',
};
