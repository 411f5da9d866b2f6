import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { DefinitionStatus } from './definition.ts';
import { definitionReference, definitionStatus, schematic } from './definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { int32, object, optional, text, truth } from './schema.ts';

export const policyDefinitionSpec = object(
  {
    definitionRef: optional(definitionReference),
    schematic: optional(schematic),
    manageHealthCheck: optional(
      truth('Whether the policy judges the health of the components, in place of the controller.'),
    ),
    version: optional(text('Semantic version.')),
    scope: optional(text('Empty, or Application.')),
    global: optional(truth('Whether the policy applies to Applications that do not name it.')),
    priority: optional(int32('Order among global policies; the lowest first.')),
  },
  { description: 'The template and its properties.' },
);

export type PolicyDefinitionSpec = Static<typeof policyDefinitionSpec>;

/** A type of policy. */
export interface PolicyDefinition extends KubeObject {
  readonly spec: PolicyDefinitionSpec;
  readonly status?: DefinitionStatus;
}

export const policyDefinitionResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'PolicyDefinition',
  plural: 'policydefinitions',
  namespaced: true,
};

export const policyDefinitionKind: CustomKind = {
  resource: policyDefinitionResource,
  shortNames: ['def-policy'],
  columns: [],
  statusSubresource: true,
  fields: { spec: policyDefinitionSpec, status: definitionStatus },
  description: 'A type of policy.',
};
