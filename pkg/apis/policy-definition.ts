import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { DefinitionStatus } from './definition.ts';
import { definitionReference, definitionStatus, schematic } from './definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { int32, object, optional, text, truth } from './schema.ts';

export const policyDefinitionSpec = object({
  definitionRef: optional(definitionReference),
  schematic: optional(schematic),
  manageHealthCheck: optional(truth()),
  version: optional(text('Semantic version.')),
  scope: optional(text('Empty, or Application.')),
  global: optional(truth()),
  priority: optional(int32()),
});

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
