import type { ServiceStatus, WorkflowStatus } from '../../../apis/application-status.ts';
import type { Random } from '../../../../machinery/src/clock/clock.ts';
import { mapBounded } from '../../../dispatch/bounded.ts';
import { sameContent } from '../../../revision/hash.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { advance } from '../../../workflow/advance.ts';
import type { Decision } from '../../../workflow/condition.ts';
import { decide } from '../../../workflow/condition.ts';
import { inOrder } from '../../../workflow/order.ts';
import type { PlannedStep, WorkflowPlan } from '../../../workflow/plan.ts';
import type { Run } from '../../../workflow/run.ts';
import { newRun, runStatus, storedRun } from '../../../workflow/run.ts';
import type { RunPhase } from '../../../workflow/settle.ts';
import { msToNextAttempt, runPhase, settle } from '../../../workflow/settle.ts';
import type { StoredContext } from '../family/family.ts';
import type { PlacedEnvironment } from '../status/environment-status.ts';
import { recordAhead } from '../component/early.ts';
import { loadContext, saveContext } from './context-store.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Capabilities, Planned, Prepared } from '../stages.ts';
import type { StepResult } from './execution.ts';
import { workflowContext } from './execution.ts';
import { executeStep, placementOfStep } from './step.ts';

const parallelSteps = 5;

/** A run with what is stored beside the status. */
export interface OpenRun {
  readonly run: Run;
  readonly context: StoredContext;
}

/** The result of executing the steps that were ready. */
export interface WorkflowPass extends OpenRun {
  readonly phase: RunPhase;
  readonly status: WorkflowStatus;
  /** The components that steps delivered, in the order of delivery. */
  readonly services: readonly ServiceStatus[];
  /** The environments that steps delivered to. */
  readonly environments: readonly PlacedEnvironment[];
  /** When a step can be executed next; undefined when only the user can continue the run. */
  readonly nextAttemptMs: number | undefined;
}

/** Whether a stored run is that of the desired revision; a run without planned steps has not begun. */
export const isBegun = (stored: WorkflowStatus | undefined, desired: string): stored is WorkflowStatus =>
  stored?.appRevision === desired && (stored.startTime ?? '') !== '';

/** Continues the stored run of the desired revision, or begins a new one. */
export async function openRun(
  { app }: Prepared,
  desired: string,
  known: { readonly stored: WorkflowStatus | undefined; readonly context: StoredContext | undefined },
  { deps, signal }: Capabilities,
): Promise<OpenRun> {
  const { stored } = known;
  if (!isBegun(stored, desired)) {
    return { run: newRun(desired, deps.clock.now()), context: { failures: {}, variables: {}, marks: {} } };
  }
  const context = known.context ?? (await loadContext(deps.client, app, stored.contextBackend, signal));
  const { failures, variables, marks } = context;
  return { run: storedRun(stored, { failures, variables, marks }), context };
}

/**
 * Executes the steps that are ready, and those that become ready by that, and stores what another process needs to
 * continue. With PatchStatusAtOnce `onProgress` gets the status after each group of steps.
 */
export async function runPass(
  planned: Planned,
  open: OpenRun,
  capabilities: Capabilities,
  onProgress: (status: WorkflowStatus) => Promise<void>,
): Promise<WorkflowPass> {
  const { plan } = planned;
  const { deps } = capabilities;
  const moment = { now: deps.clock.now(), newId: () => stepId(deps.random) };
  const visited = new Set<string>();
  const services: ServiceStatus[] = [];
  const environments: PlacedEnvironment[] = [];
  const pass = { plan, context: workflowContext(planned, deps), visited, ...moment };
  let { run, context } = open;
  let decisions = new Map<string, Decision>();
  let round = { before: run, visited: new Set(visited) };
  for (;;) {
    const next = advance(run, { ...pass, decisions });
    run = next.run;
    decisions = await decideAll(next.undecided, { plan, run, context: pass.context }, deps);
    if (next.undecided.length > 0) continue;
    if (next.ready.length === 0) break;
    const results = await executeAll(planned, next.ready, run, capabilities);
    for (const { step, result } of results) {
      visited.add(step.name);
      services.push(...result.services);
      environments.push(...(result.environments ?? []));
      run = settle(run, { step, outcome: result.outcome }, deps.options.retry, moment);
    }
    run = inOrder(run, plan, round);
    round = { before: run, visited: new Set(visited) };
    if (!deps.options.patchStatusAtOnce) continue;
    ({ run, context } = await storeContext(planned, { run, context }, capabilities));
    await onProgress(runStatus(plan, run, runPhase(plan, run)));
  }
  ({ run, context } = await storeContext(planned, { run: inOrder(run, plan, round), context }, capabilities));
  const phase = runPhase(plan, run);
  const nextAttemptMs = msToNextAttempt(plan, run, deps.options.retry, deps.clock.now());
  return { run, context, phase, status: runStatus(plan, run, phase), services, environments, nextAttemptMs };
}

async function decideAll(
  steps: readonly PlannedStep[],
  state: { readonly plan: WorkflowPlan; readonly run: Run; readonly context: JsonObject },
  { engines }: ApplicationDeps,
): Promise<Map<string, Decision>> {
  const decided = steps.map(async (step) => [step.name, await decide(step, state, engines.expressions)] as const);
  return new Map(await Promise.all(decided));
}

async function executeAll(
  prepared: Prepared,
  steps: readonly PlannedStep[],
  run: Run,
  capabilities: Capabilities,
): Promise<readonly { readonly step: PlannedStep; readonly result: StepResult }[]> {
  const executions = steps.map((step) => ({ prepared, step, run, capabilities }));
  const placements = executions.map(placementOfStep).filter((placement) => placement !== undefined);
  await recordAhead(prepared, placements, capabilities);
  return mapBounded(executions, parallelSteps, async (execution) => ({
    step: execution.step,
    result: await executeStep(execution),
  }));
}

/** Stores variables and failure counts, where they changed, before the status that refers to them. */
async function storeContext({ app }: Prepared, open: OpenRun, { deps, signal }: Capabilities): Promise<OpenRun> {
  const { run, context: known } = open;
  const { version, ...stored } = known;
  const context = { failures: run.failures, variables: run.variables, marks: run.marks };
  if (sameContent(stored, context)) return open;
  const saved = await saveContext(deps.client, { app, run, version }, signal);
  return { run: { ...run, contextBackend: saved.backend }, context: { ...context, version: saved.version } };
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

function stepId(random: Random): string {
  return Array.from({ length: 10 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}
