import type { WorkflowStatus, WorkflowStepStatus, WorkflowSubStepStatus } from '../apis/application-status.ts';

/**
 * What people do to a workflow that is under way: edits of its status, which the controller then goes on from.
 * `undefined` for a workflow means that it begins anew.
 */
export type Operation =
  | { readonly ok: true; readonly workflow: WorkflowStatus | undefined; readonly isChanged: boolean }
  | { readonly ok: false; readonly problem: string };

type Change = (step: WorkflowSubStepStatus) => WorkflowSubStepStatus;

/** Nothing more is begun; steps that run, or the named one, wait to be resumed. */
export function suspendWorkflow(workflow: WorkflowStatus | undefined, step?: string): Operation {
  if (!workflow || workflow.finished) return notRunning;
  const chosen = chooseSteps(workflow, step);
  if (!chosen) return unknownStep(step);
  if (step !== undefined && !chosen.some(isPhase('running'))) return problem(`step "${step}" is not running`);
  const names = new Set(chosen.map(({ name }) => name));
  return changed(
    workflow,
    (one) =>
      names.has(one.name) && isPhase('running')(one) ? { ...one, phase: 'suspending', reason: 'Suspend' } : one,
    { suspend: true },
  );
}

/** What was suspended, or the named step, goes on. */
export function resumeWorkflow(workflow: WorkflowStatus | undefined, step?: string): Operation {
  if (!workflow) return notRunning;
  if (workflow.terminated) return problem('the workflow was terminated; restart it');
  const chosen = chooseSteps(workflow, step);
  if (!chosen) return unknownStep(step);
  if (!workflow.suspend) return { ok: true, workflow, isChanged: false };
  const names = new Set(chosen.map(({ name }) => name));
  const isLeft = allSteps(workflow).some((one) => isPhase('suspending')(one) && !names.has(one.name));
  return changed(
    workflow,
    (one) => (names.has(one.name) && isPhase('suspending')(one) ? withoutReason({ ...one, phase: 'running' }) : one),
    { suspend: isLeft },
  );
}

/** The workflow ends; what runs or waits has failed. */
export function terminateWorkflow(workflow: WorkflowStatus | undefined): Operation {
  if (!workflow || workflow.finished) return notRunning;
  const final = ['FailedAfterRetries', 'Timeout'];
  return changed(
    workflow,
    (one) => {
      const isOpen = isPhase('running')(one) || isPhase('suspending')(one);
      const isFailed = isPhase('failed')(one) && !final.includes(one.reason ?? '');
      return isOpen || isFailed ? { ...one, phase: 'failed', reason: 'Terminate' } : one;
    },
    { terminated: true, suspend: false },
  );
}

/** The workflow begins anew, whatever it has come to. */
export function restartWorkflow(workflow: WorkflowStatus | undefined): Operation {
  return workflow ? { ok: true, workflow: undefined, isChanged: true } : notRunning;
}

const problem = (text: string): Operation => ({ ok: false, problem: text });
const notRunning = problem('the workflow is not running');
const unknownStep = (step: string | undefined): Operation => problem(`there is no step "${step ?? ''}"`);

const isPhase =
  (phase: string) =>
  (step: WorkflowSubStepStatus): boolean =>
    step.phase === phase;

const allSteps = ({ steps = [] }: WorkflowStatus): readonly WorkflowSubStepStatus[] =>
  steps.flatMap((step) => [step, ...(step.subSteps ?? [])]);

/** The named step, its group, and what is in it; all when none is named; undefined when there is none of that name. */
function chooseSteps(workflow: WorkflowStatus, name: string | undefined): readonly WorkflowSubStepStatus[] | undefined {
  if (name === undefined) return allSteps(workflow);
  for (const step of workflow.steps ?? []) {
    if (step.name === name) return [step, ...(step.subSteps ?? [])];
    const sub = step.subSteps?.find((one) => one.name === name);
    if (sub) return [sub, step];
  }
  return undefined;
}

function changed(workflow: WorkflowStatus, change: Change, fields: Partial<WorkflowStatus>): Operation {
  const steps = (workflow.steps ?? []).map((step): WorkflowStepStatus => {
    const { subSteps } = step;
    return { ...change(step), ...(subSteps && { subSteps: subSteps.map(change) }) };
  });
  return { ok: true, workflow: { ...workflow, ...fields, ...(workflow.steps && { steps }) }, isChanged: true };
}

function withoutReason(step: WorkflowSubStepStatus): WorkflowSubStepStatus {
  return Object.fromEntries(Object.entries(step).filter(([key]) => key !== 'reason')) as WorkflowSubStepStatus;
}
