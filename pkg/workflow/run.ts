import type { WorkflowStatus, WorkflowStepStatus, WorkflowSubStepStatus } from '../apis/application-status.ts';
import type { PlannedStep, WorkflowPlan } from './plan.ts';
import { modeText } from './plan.ts';
import type { Variables } from './variables.ts';

type StepPhase = 'succeeded' | 'failed' | 'skipped' | 'running' | 'pending' | 'suspending';

/** One step as the run knows it. */
export type StepRecord = WorkflowSubStepStatus;

/** The state of one workflow run: everything in it is stored, so that any process can go on with it. */
export interface Run {
  readonly appRevision: string;
  readonly startTime: string;
  readonly suspend: boolean;
  readonly terminated: boolean;
  readonly message: string;
  readonly contextBackend: WorkflowStatus['contextBackend'] | undefined;
  /** By step name; steps that nothing happened to yet are absent. */
  readonly steps: ReadonlyMap<string, StepRecord>;
  /** How often each step has failed so far, by id. */
  readonly failures: Readonly<Record<string, number>>;
  readonly variables: Variables;
  /** What actions remember from one attempt to the next, such as when they suspended a step. */
  readonly marks: Marks;
}

/** Keys are `<step id>.<what>`, as KubeVela stores them. */
export type Marks = Readonly<Record<string, string>>;

/** What of a run is stored beside the status. */
export type StoredRun = Pick<Run, 'failures' | 'variables' | 'marks'>;

export const isoTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** A run that has not begun. */
export function newRun(appRevision: string, now: number): Run {
  return {
    appRevision,
    startTime: isoTime(now),
    suspend: false,
    terminated: false,
    message: '',
    contextBackend: undefined,
    steps: new Map(),
    failures: {},
    variables: {},
    marks: {},
  };
}

/** Takes a run up again from what is stored. */
export function storedRun(status: WorkflowStatus, stored: StoredRun): Run {
  const records = (status.steps ?? []).flatMap((s) => [s, ...(s.subSteps ?? [])]);
  return {
    appRevision: status.appRevision ?? '',
    startTime: status.startTime ?? '',
    suspend: status.suspend,
    terminated: status.terminated,
    message: status.message ?? '',
    contextBackend: status.contextBackend,
    steps: new Map(records.map((s) => [s.name ?? '', withoutSubSteps(s)])),
    ...stored,
  };
}

/** The status that stores a run. */
export function runStatus(plan: WorkflowPlan, run: Run, phase: string): WorkflowStatus {
  const recordsOf = (steps: readonly PlannedStep[]): readonly (readonly [PlannedStep, StepRecord])[] =>
    [...run.steps].flatMap(([name, stored]) => {
      const step = steps.find((one) => one.name === name);
      return step ? [[step, stored] as const] : [];
    });
  const steps = recordsOf(plan.steps).map(([step, stored]): WorkflowStepStatus => {
    const subSteps = recordsOf(step.subSteps).map(([, sub]) => sub);
    return { ...stored, ...(subSteps.length > 0 && { subSteps }) };
  });
  return {
    appRevision: run.appRevision,
    mode: modeText(plan),
    status: phase,
    suspend: run.suspend,
    terminated: run.terminated,
    finished: false,
    startTime: run.startTime,
    ...(run.message && { message: run.message }),
    ...(run.contextBackend && { contextBackend: run.contextBackend }),
    ...(steps.length > 0 && { steps }),
  };
}

/** Whether nothing more will happen to a step: a failure that is retried is not the end. */
export function isFinished(record: StepRecord | undefined): boolean {
  if (record?.phase === 'succeeded' || record?.phase === 'skipped') return true;
  return record?.phase === 'failed' && !!record.reason && record.reason !== 'Execute';
}

/** Whether a step that is not finished has had its time. */
export function isOverdue(run: Run, step: PlannedStep, now: number): boolean {
  const { firstExecuteTime: began, phase } = run.steps.get(step.name) ?? {};
  if (phase === 'pending' && step.type !== 'step-group') return false;
  return step.timeoutMs !== undefined && began !== undefined && Date.parse(began) + step.timeoutMs <= now;
}

export const phaseOf = (run: Run, name: string): string | undefined => run.steps.get(name)?.phase;

/** What happened to a step; `undefined` reason and message clear them. */
export interface StepChange {
  readonly phase: StepPhase;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** Notes a change of a step; times change only when something else does. */
export function record(
  run: Run,
  step: PlannedStep,
  change: StepChange,
  env: { now: number; newId: () => string },
): Run {
  const before = run.steps.get(step.name);
  const { phase, reason = '', message = '' } = change;
  if (before && isSame(before, { phase, reason, message })) return run;
  const after: StepRecord = {
    id: before?.id ?? env.newId(),
    name: step.name,
    type: shownType(step, phase),
    phase,
    ...(reason !== '' && { reason }),
    ...(message !== '' && { message }),
    ...times(before, step, isoTime(env.now)),
  };
  return { ...run, steps: new Map([...run.steps, [step.name, after]]) };
}

/** KubeVela shows a component step that has not begun by the name of the type that it turns into. */
const shownType = ({ type }: PlannedStep, phase: StepPhase): string =>
  type === 'apply-component' && phase === 'pending' ? 'builtin-apply-component' : type;

const isSame = (record: StepRecord, { phase, reason, message }: Required<StepChange>): boolean =>
  record.phase === phase && (record.reason ?? '') === reason && (record.message ?? '') === message;

/** Its timeout counts from the moment when a step is not pending any more; a group stays the same while what is in it waits. */
function times(before: StepRecord | undefined, { type }: PlannedStep, time: string) {
  const wasPending = before?.phase === 'pending' && type !== 'step-group';
  return { firstExecuteTime: (wasPending ? undefined : before?.firstExecuteTime) ?? time, lastExecuteTime: time };
}

function withoutSubSteps(status: WorkflowStepStatus): StepRecord {
  return Object.fromEntries(Object.entries(status).filter(([key]) => key !== 'subSteps')) as unknown as StepRecord;
}
