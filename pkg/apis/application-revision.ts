import type { Static } from '@sinclair/typebox';
import type { Application } from './application.ts';
import { workflowStatus } from './application-status.ts';
import type { ComponentDefinition } from './component-definition.ts';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn, group } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { PolicyDefinition } from './policy-definition.ts';
import type { Policy } from './policy.ts';
import { anyObject, int64, list, map, object, optional, text, truth } from './schema.ts';
import type { TraitDefinition } from './trait-definition.ts';
import type { WorkflowStepDefinition } from './workflow-step-definition.ts';
import type { Workflow } from './workflow.ts';
import type { WorkloadDefinition } from './workload-definition.ts';

/** How the bulky part of an object is stored: `data` is base64 of the compressed JSON. */
export const compression = object(
  {
    type: optional(text('Empty, gzip or zstd.')),
    data: optional(text('Base64 of the compressed JSON.')),
  },
  { description: 'The other fields of the spec, where they are stored compressed.' },
);

const policyVersion = object({
  definitionRevisionName: text('Name of the DefinitionRevision.'),
  revision: int64('Number of the revision.'),
  revisionHash: text('Hash of the content of the revision.'),
});

export const applicationRevisionSpec = object(
  {
    application: anyObject<Application>('The Application as it was, without status.'),
    componentDefinitions: optional(
      map(anyObject<ComponentDefinition>(), { description: 'Used component definitions, by name.' }),
    ),
    traitDefinitions: optional(map(anyObject<TraitDefinition>(), { description: 'Used trait definitions, by name.' })),
    workflowStepDefinitions: optional(
      map(anyObject<WorkflowStepDefinition>(), { description: 'Used step definitions, by name.' }),
    ),
    workloadDefinitions: optional(
      map(anyObject<WorkloadDefinition>(), { description: 'Used workload definitions, by name.' }),
    ),
    policyDefinitions: optional(
      map(anyObject<PolicyDefinition>(), { description: 'Used policy definitions, by name.' }),
    ),
    policyVersions: optional(map(policyVersion, { description: 'Revisions of the used policy definitions, by name.' })),
    policies: optional(map(anyObject<Policy>(), { description: 'Used Policy objects, by namespace/name.' })),
    workflow: optional(anyObject<Workflow>('The Workflow object that the Application refers to.')),
    referredObjects: optional(
      list(anyObject<KubeObject>(), { description: 'Objects that ref-objects components refer to.' }),
    ),
    compression: optional(compression),
  },
  { description: 'The Application and what it was rendered with.' },
);

export const applicationRevisionStatus = object(
  {
    succeeded: truth('Whether the workflow of the revision has succeeded.'),
    workflow: optional(workflowStatus),
    workflowContext: optional(map(text(), { description: 'Variables of its workflow run.' })),
  },
  { description: 'Outcome of its workflow.' },
);

export type Compression = Static<typeof compression>;
export type ApplicationRevisionSpec = Static<typeof applicationRevisionSpec>;
export type ApplicationRevisionStatus = Static<typeof applicationRevisionStatus>;

/** An Application and every definition it used, as they were when it was last changed. */
export interface ApplicationRevision extends KubeObject {
  readonly spec: ApplicationRevisionSpec;
  readonly status?: ApplicationRevisionStatus;
}

export const applicationRevisionResource: Resource = {
  group,
  version: 'v1beta1',
  kind: 'ApplicationRevision',
  plural: 'applicationrevisions',
  namespaced: true,
};

export const applicationRevisionKind: CustomKind = {
  resource: applicationRevisionResource,
  shortNames: ['apprev'],
  columns: [
    ageColumn,
    {
      name: 'PUBLISH_VERSION',
      jsonPath: ".metadata.annotations['app\\.oam\\.dev\\/publishVersion']",
      type: 'string',
    },
    { name: 'SUCCEEDED', jsonPath: '.status.succeeded', type: 'string' },
  ],
  statusSubresource: true,
  fields: { spec: applicationRevisionSpec, status: applicationRevisionStatus },
  description: 'An Application and every definition it used, as they were when it was last changed.',
};
