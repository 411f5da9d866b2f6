import type { WorkflowStatus } from '../../apis/application-status.ts';
import type { WorkflowRunStatus } from '../../apis/workflow-run.ts';
import type { Condition, JsonObject } from '../../../machinery/src/meta.ts';
import { isoTime } from '../../workflow/run.ts';

/** The stored run as the code of workflow steps reads it. */
export function asWorkflowStatus(status: WorkflowRunStatus): WorkflowStatus {
  const { conditions: _, shardFence: __, mode, startTime = '', endTime: ___, ...rest } = status;
  return {
    ...rest,
    appRevision: '',
    mode: `${mode?.steps ?? ''}-${mode?.subSteps ?? ''}`,
    suspend: status.suspend ?? false,
    terminated: status.terminated ?? false,
    finished: status.finished ?? false,
    startTime,
  };
}

/** The status of a run after its steps were executed. */
export function runStatusOf(
  workflow: WorkflowStatus,
  before: WorkflowRunStatus,
  { phase, now }: { readonly phase: string; readonly now: number },
): WorkflowRunStatus {
  const [steps = '', subSteps = ''] = workflow.mode.split('-');
  const finished = ['succeeded', 'failed', 'terminated'].includes(phase);
  const { message, contextBackend, startTime, suspend, terminated } = workflow;
  return {
    ...(before.conditions && { conditions: before.conditions }),
    mode: { steps, subSteps },
    status: phase,
    suspend,
    terminated,
    finished,
    ...(message && { message }),
    ...(contextBackend && { contextBackend }),
    ...(workflow.steps && { steps: workflow.steps }),
    ...(startTime && { startTime }),
    ...(finished && { endTime: isoTime(now) }),
  };
}

/** The status with the condition WorkflowRun. */
export function withRunCondition(
  status: WorkflowRunStatus,
  change: Pick<Condition, 'status' | 'reason'> & { readonly message?: string },
  now: number,
): WorkflowRunStatus {
  const { conditions = [] } = status;
  const before = conditions.find(({ type }) => type === 'WorkflowRun');
  if (before?.status === change.status && before.reason === change.reason && before.message === change.message)
    return status;
  const condition = { type: 'WorkflowRun', ...change, lastTransitionTime: isoTime(now) };
  return { ...status, conditions: [...conditions.filter((one) => one !== before), condition] };
}

const fields = [
  'conditions',
  'mode',
  'status',
  'message',
  'suspend',
  'suspendState',
  'terminated',
  'finished',
  'contextBackend',
  'steps',
  'startTime',
  'endTime',
  'shardFence',
] as const satisfies readonly (keyof WorkflowRunStatus)[];

/** A merge patch that leaves exactly the given status. */
export const statusPatch = (status: WorkflowRunStatus, before: WorkflowRunStatus): JsonObject =>
  Object.fromEntries(
    fields
      .filter((field) => status[field] !== undefined || before[field] !== undefined)
      .map((field) => [field, status[field] ?? null]),
  ) as JsonObject;
