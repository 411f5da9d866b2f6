import type { Static } from '@sinclair/typebox';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { stepStatus } from './application-status.ts';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn, group } from './custom-kind.ts';
import { anyObject, conditions, list, object, objectReference, optional, text, time, truth } from './schema.ts';
import { workflowMode, workflowStep } from './workflow.ts';

const spec = object(
  {
    context: optional(anyObject('Values that templates of steps see in their context.')),
    mode: optional(workflowMode),
    workflowSpec: optional(
      object(
        { steps: optional(list(workflowStep, { description: 'Steps in their order.' })) },
        { description: 'The steps, unless workflowRef names them.' },
      ),
    ),
    workflowRef: optional(text('Name of a Workflow in the namespace of the run.')),
  },
  { description: 'The steps to execute, once.' },
);

const status = object(
  {
    conditions: optional(conditions()),
    mode: optional(workflowMode),
    status: optional(text('Phase: initializing, executing, suspending, succeeded, failed or terminated.')),
    message: optional(text('Cause of the phase.')),
    suspend: optional(truth('Whether the run is suspended.')),
    suspendState: optional(text('Cause of the suspension.')),
    terminated: optional(truth('Whether the run was terminated.')),
    finished: optional(truth('Whether the run has ended.')),
    contextBackend: optional(objectReference('The ConfigMap that holds the variables of the run.')),
    steps: optional(list(stepStatus, { description: 'Steps that were executed, and those that wait.' })),
    startTime: optional(time('When the run began.')),
    endTime: optional(time('When the run ended.')),
    shardFence: optional(text('Epochs of the run and of the Lease under which the status was written.')),
  },
  { description: 'How far the run has come.' },
);

export type WorkflowRunSpec = Static<typeof spec>;
export type WorkflowRunStatus = Static<typeof status>;

/** A workflow that is executed once, without an Application. */
export interface WorkflowRun extends KubeObject {
  readonly spec?: WorkflowRunSpec;
  readonly status?: WorkflowRunStatus;
}

export const workflowRunResource: Resource = {
  group,
  version: 'v1alpha1',
  kind: 'WorkflowRun',
  plural: 'workflowruns',
  namespaced: true,
};

export const workflowRunKind: CustomKind = {
  resource: workflowRunResource,
  shortNames: ['wr'],
  columns: [{ name: 'PHASE', jsonPath: '.status.status', type: 'string' }, ageColumn],
  statusSubresource: true,
  fields: { spec, status },
  description: 'A workflow that is executed once, without an Application.',
};
