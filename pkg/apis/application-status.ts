import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import {
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

export const latestRevision = object({ name: text(), revision: int64(), revisionHash: optional(text()) });

const traitStatus = object({
  type: text(),
  healthy: truth(),
  pending: optional(truth()),
  message: optional(text()),
  details: optional(map(text())),
});

const serviceStatus = object({
  name: text(),
  namespace: optional(text()),
  cluster: optional(text()),
  env: optional(text()),
  workloadDefinition: optional(object({ apiVersion: text(), kind: text() })),
  healthy: truth(),
  workloadHealthy: optional(truth()),
  message: optional(text()),
  details: optional(map(text())),
  traits: optional(list(traitStatus)),
  scopes: optional(list(objectReference())),
});

const stepStatusFields = {
  id: text(),
  name: optional(text()),
  type: optional(text()),
  phase: optional(text()),
  reason: optional(text()),
  message: optional(text()),
  firstExecuteTime: optional(time()),
  lastExecuteTime: optional(time()),
} as const;
const subStepStatus = object(stepStatusFields);
const stepStatus = object({ ...stepStatusFields, subSteps: optional(list(subStepStatus)) });

export const workflowStatus = object({
  appRevision: optional(text('What the run belongs to: a revision or a publish version.')),
  mode: text('<steps>-<subSteps>, such as DAG-DAG.'),
  status: optional(text()),
  message: optional(text()),
  suspend: truth(),
  suspendState: optional(text()),
  terminated: truth(),
  finished: truth(),
  contextBackend: optional(objectReference()),
  steps: optional(list(stepStatus)),
  startTime: optional(Type.Unsafe<string | null>({ type: 'string', format: 'date-time', nullable: true })),
  endTime: optional(Type.Unsafe<string | null>({ type: 'string', format: 'date-time', nullable: true })),
});

const appliedResource = object({
  ...objectReferenceFields,
  cluster: optional(text()),
  creator: optional(text('workflow or policy.')),
});

const appliedPolicy = object({
  name: text(),
  type: optional(text()),
  namespace: text(),
  applied: truth(),
  error: optional(truth()),
  message: optional(text()),
  source: optional(text('global or explicit.')),
  specModified: optional(truth()),
  labelsCount: optional(int64()),
  annotationsCount: optional(int64()),
  hasContext: optional(truth()),
  definitionRevisionName: optional(text()),
  revision: optional(int64()),
  revisionHash: optional(text()),
});

export const applicationStatus = object({
  conditions: optional(conditions()),
  observedGeneration: optional(int64()),
  status: optional(text('The phase.')),
  services: optional(list(serviceStatus)),
  workflow: optional(workflowStatus),
  workflowRestartScheduledAt: optional(time()),
  latestRevision: optional(latestRevision),
  appliedResources: optional(list(appliedResource)),
  appliedApplicationPolicies: optional(list(appliedPolicy)),
  applicationPoliciesConfigMap: optional(text()),
  components: optional(list(objectReference())),
  policy: optional(
    list(
      object({
        name: text(),
        type: text(),
        status: optional(Type.Unsafe<unknown>({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true })),
      }),
    ),
  ),
  shardFence: optional(
    text('The epochs of the family and of the Lease under which the status was written; they never go back.'),
  ),
});

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
