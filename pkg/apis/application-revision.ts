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
export const compression = object({
  type: optional(text('Empty, gzip or zstd.')),
  data: optional(text()),
});

const policyVersion = object({ definitionRevisionName: text(), revision: int64(), revisionHash: text() });

export const applicationRevisionSpec = object({
  application: anyObject<Application>('The Application as it was, without status.'),
  componentDefinitions: optional(map(anyObject<ComponentDefinition>())),
  traitDefinitions: optional(map(anyObject<TraitDefinition>())),
  workflowStepDefinitions: optional(map(anyObject<WorkflowStepDefinition>())),
  workloadDefinitions: optional(map(anyObject<WorkloadDefinition>())),
  policyDefinitions: optional(map(anyObject<PolicyDefinition>())),
  policyVersions: optional(map(policyVersion)),
  policies: optional(map(anyObject<Policy>(), { description: 'By namespace/name.' })),
  workflow: optional(anyObject<Workflow>()),
  referredObjects: optional(list(anyObject<KubeObject>())),
  compression: optional(compression),
});

export const applicationRevisionStatus = object({
  succeeded: truth(),
  workflow: optional(workflowStatus),
  workflowContext: optional(map(text())),
});

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
