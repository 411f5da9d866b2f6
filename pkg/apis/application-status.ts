import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import {
  anyObject,
  conditions,
  int64,
  list,
  map,
  object,
  objectReference,
  objectReferenceFields,
  optional,
  text,
  time,
  truth,
} from './schema.ts';

export const latestRevision = object(
  {
    name: text('Name of the revision object.'),
    revision: int64('Number of the revision.'),
    revisionHash: optional(text('Hash of the content of the revision.')),
  },
  { description: 'The newest revision.' },
);

const traitStatus = object({
  type: text('Type of the trait.'),
  healthy: truth('Whether the trait is healthy.'),
  pending: optional(truth('Whether the trait waits for the workload.')),
  message: optional(text('Message of the definition of the trait.')),
  details: optional(map(text(), { description: 'Details of the definition of the trait.' })),
});

const serviceStatus = object({
  name: text('Name of the component.'),
  namespace: optional(text('Namespace of its workload.')),
  cluster: optional(text('Cluster of its workload; `local` when absent.')),
  env: optional(text('Not used.')),
  workloadDefinition: optional(
    object(
      { apiVersion: text('Group and version of the workload.'), kind: text('Kind of the workload.') },
      { description: 'Kind of its workload.' },
    ),
  ),
  healthy: truth('Whether the workload and its traits are healthy.'),
  workloadHealthy: optional(truth('Whether the workload alone is healthy.')),
  message: optional(text('Message of the definition of the component.')),
  details: optional(map(text(), { description: 'Details of the definition of the component.' })),
  traits: optional(list(traitStatus, { description: 'Status of its traits.' })),
  scopes: optional(list(objectReference(), { description: 'Not used.' })),
});

const stepStatusFields = {
  id: text('Identity of the step in this run.'),
  name: optional(text('Name of the step.')),
  type: optional(text('Type of the step.')),
  phase: optional(text('pending, running, succeeded, failed, skipped, suspending.')),
  reason: optional(text('Cause of the phase, in one word.')),
  message: optional(text('Cause of the phase, or a message of the step.')),
  firstExecuteTime: optional(time('When the step was executed first.')),
  lastExecuteTime: optional(time('When the phase changed last.')),
} as const;
const subStepStatus = object(stepStatusFields);
export const stepStatus = object({
  ...stepStatusFields,
  subSteps: optional(list(subStepStatus, { description: 'Steps of the group.' })),
});

const nullableTime = (description: string) =>
  Type.Unsafe<string | null>({ type: 'string', format: 'date-time', nullable: true, description });

export const workflowStatus = object(
  {
    appRevision: optional(text('What the run belongs to: a revision or a publish version.')),
    mode: text('<steps>-<subSteps>, such as DAG-DAG.'),
    status: optional(text('Phase of the run.')),
    message: optional(text('Cause of the phase.')),
    suspend: truth('Whether the run is suspended.'),
    suspendState: optional(text('Cause of the suspension.')),
    terminated: truth('Whether the run was terminated.'),
    finished: truth('Whether the run has ended.'),
    contextBackend: optional(objectReference('The ConfigMap that holds the variables of the run.')),
    steps: optional(list(stepStatus, { description: 'Steps that were executed, and those that wait.' })),
    startTime: optional(nullableTime('When the run began.')),
    endTime: optional(nullableTime('When the run ended.')),
  },
  { description: 'The workflow run.' },
);

const appliedResource = object({
  ...objectReferenceFields,
  cluster: optional(text('Cluster of the object; `local` when absent.')),
  creator: optional(text('Creator: workflow or policy.')),
});

const appliedPolicy = object({
  name: text('Name of the policy.'),
  type: optional(text('Type of the policy.')),
  namespace: text('Namespace of its definition.'),
  applied: truth('Whether the policy was applied.'),
  error: optional(truth('Whether the policy failed.')),
  message: optional(text('Cause of the failure.')),
  source: optional(text('Origin: global or explicit.')),
  specModified: optional(truth('Whether the policy changed the spec.')),
  labelsCount: optional(int64('Labels that the policy added.')),
  annotationsCount: optional(int64('Annotations that the policy added.')),
  hasContext: optional(truth('Whether the policy added to the context.')),
  definitionRevisionName: optional(text('Revision of its definition.')),
  revision: optional(int64('Number of that revision.')),
  revisionHash: optional(text('Hash of that revision.')),
});

export const applicationStatus = object(
  {
    conditions: optional(conditions()),
    observedGeneration: optional(int64('Generation of the spec that the status is about.')),
    status: optional(text('Phase: rendering, runningWorkflow, running, unhealthy, deleting and others.')),
    services: optional(list(serviceStatus, { description: 'Status of each component at each place.' })),
    workflow: optional(workflowStatus),
    workflowRestartScheduledAt: optional(time('When the workflow restarts.')),
    latestRevision: optional(latestRevision),
    appliedResources: optional(list(appliedResource, { description: 'Delivered objects.' })),
    appliedApplicationPolicies: optional(
      list(appliedPolicy, { description: 'Written by KubeVela only; kept for the way back.' }),
    ),
    applicationPoliciesConfigMap: optional(text('Written by KubeVela only; kept for the way back.')),
    components: optional(list(objectReference(), { description: 'Not used.' })),
    policy: optional(
      list(
        object({
          name: text('Name of the policy.'),
          type: text('Type of the policy.'),
          status: optional(anyObject<unknown>('Status that the policy reports.')),
        }),
        { description: 'Status of policies that report one.' },
      ),
    ),
    shardFence: optional(
      text('The epochs of the family and of the Lease under which the status was written; they never go back.'),
    ),
  },
  { description: 'What the controllers observed and did.' },
);

export type LatestRevision = Static<typeof latestRevision>;
export type TraitStatus = Static<typeof traitStatus>;
export type ServiceStatus = Static<typeof serviceStatus>;
export type WorkflowSubStepStatus = Static<typeof subStepStatus>;
export type WorkflowStepStatus = Static<typeof stepStatus>;
export type WorkflowStatus = Static<typeof workflowStatus>;
export type AppliedResource = Static<typeof appliedResource>;
export type ApplicationStatus = Static<typeof applicationStatus>;

/**
 * `status.status` of an Application, in the order in which one usually reaches them. `running` alone means that everything is
 * delivered and healthy.
 */
export type ApplicationPhase =
  /** It was never reconciled. */
  | ''
  /** Its trackers and revisions cannot be read. */
  | 'starting'
  /** It is parsed, and a new workflow run is stored, but no step was executed; or it does not parse. */
  | 'rendering'
  /** KubeVela's controller renders policies; this one does not use the phase. */
  | 'generatingPolicy'
  /** Steps of the workflow are executed, wait or are retried. */
  | 'runningWorkflow'
  /** The workflow waits for the user, or for a time. */
  | 'workflowSuspending'
  /** The user or a step has terminated the workflow; delivered resources stay. */
  | 'workflowTerminated'
  /** A step has failed for the last time; delivered resources stay. */
  | 'workflowFailed'
  /** The workflow has succeeded, and every service is healthy. */
  | 'running'
  /** The workflow has succeeded, and a service is not healthy. */
  | 'unhealthy'
  /** It is deleted, and resources that it delivered still exist. */
  | 'deleting';
