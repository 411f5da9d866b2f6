import type { Static } from '@sinclair/typebox';
import type { ApplicationStatus } from './application-status.ts';
import { applicationStatus } from './application-status.ts';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn, group } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { anyObject, list, object, optional, text } from './schema.ts';
import { stepInput, stepOutput, workflowMode, workflowStep } from './workflow.ts';

const trait = object({
  type: text('Name of a TraitDefinition, optionally with @v and a version.'),
  properties: optional(anyObject('Parameters of the trait.')),
});

const component = object({
  name: text('Unique in the Application; the default name of its workload.'),
  type: text('Name of a ComponentDefinition, optionally with @v and a version.'),
  externalRevision: optional(text('Name of the revision of the component, where another system gives one.')),
  properties: optional(anyObject('Parameters of the component.')),
  dependsOn: optional(list(text('Name of a component that has to be healthy first.'))),
  inputs: optional(list(stepInput, { description: 'Values that other components provide.' })),
  outputs: optional(list(stepOutput, { description: 'Values for other components.' })),
  traits: optional(list(trait, { description: 'Changes of the component, and additions to it.' })),
  scopes: optional(anyObject('Not used; accepted for Applications of earlier versions.')),
});

const appPolicy = object({
  name: optional(text('Unique in the Application; steps refer to it.')),
  type: text('Name of a PolicyDefinition, or a built-in type.'),
  properties: optional(anyObject('Parameters of the policy.')),
});

const appWorkflow = object(
  {
    ref: optional(text('Name of a Workflow in the same namespace; excludes steps.')),
    mode: optional(workflowMode),
    steps: optional(list(workflowStep, { description: 'Steps in their order; one for each component when absent.' })),
  },
  { description: 'The steps of the delivery.' },
);

export const applicationSpec = object(
  {
    components: list(component, { description: 'Parts of the Application, in the order of their delivery.' }),
    policies: optional(list(appPolicy, { description: 'Rules for the delivery: places, overrides, collection.' })),
    workflow: optional(appWorkflow),
  },
  { description: 'What is to be delivered, and how.' },
);

export type Trait = Static<typeof trait>;
export type Component = Static<typeof component>;
export type AppPolicy = Static<typeof appPolicy>;
export type AppWorkflow = Static<typeof appWorkflow>;
export type ApplicationSpec = Static<typeof applicationSpec>;

/** What a user wants delivered: components with their traits, policies, a workflow. */
export interface Application extends KubeObject {
  readonly spec: ApplicationSpec;
  readonly status?: ApplicationStatus;
}

export const applicationResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'Application',
  plural: 'applications',
  namespaced: true,
};

export const applicationKind: CustomKind = {
  resource: applicationResource,
  shortNames: ['app', 'velaapp'],
  columns: [
    { name: 'COMPONENT', jsonPath: '.spec.components[*].name', type: 'string' },
    { name: 'TYPE', jsonPath: '.spec.components[*].type', type: 'string' },
    { name: 'PHASE', jsonPath: '.status.status', type: 'string' },
    { name: 'HEALTHY', jsonPath: '.status.services[*].healthy', type: 'boolean' },
    { name: 'STATUS', jsonPath: '.status.services[*].message', type: 'string' },
    ageColumn,
    {
      name: 'SHARD',
      jsonPath: '.metadata.labels.controller\\.core\\.oam\\.dev/scheduled-shard-id',
      type: 'string',
      priority: 1,
    },
  ],
  statusSubresource: true,
  fields: { spec: applicationSpec, status: applicationStatus },
  description: 'What a user wants delivered: components with their traits, policies, a workflow.',
};
