import type { CustomKind } from './custom-kind.ts';
import { group } from './custom-kind.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { anyObject, text } from './schema.ts';

/** A policy that deploy steps of Applications in its namespace refer to. */
export interface Policy extends KubeObject {
  readonly type: string;
  readonly properties?: JsonObject;
}

export const policyResource: Resource = {
  group,
  version: 'v1alpha1',
  kind: 'Policy',
  plural: 'policies',
  namespaced: true,
};

export const policyKind: CustomKind = {
  resource: policyResource,
  shortNames: [],
  columns: [{ name: 'TYPE', jsonPath: '.type', type: 'string' }],
  statusSubresource: false,
  fields: {
    type: text('Name of a PolicyDefinition, or a built-in type.'),
    properties: anyObject('Parameters of the policy.'),
  },
  required: ['type'],
  description: 'A policy that deploy steps of Applications in its namespace refer to.',
};
