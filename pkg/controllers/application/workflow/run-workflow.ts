import type { ServiceStatus } from '../../../apis/application-status.ts';
import { mapBounded } from '../../../dispatch/bounded.ts';
import { sameContent } from '../../../revision/hash.ts';
import type { JsonObject } from '../../../apis/meta.ts';
import { advance } from '../../../workflow/advance.ts';
import type { Decision } from '../../../workflow/condition.ts';
import { decide } from '../../../workflow/condition.ts';
import { inOrder } from '../../../workflow/order.ts';
import type { PlannedStep, WorkflowPlan } from '../../../workflow/plan.ts';
import type { Run } from '../../../workflow/run.ts';
import { newRun, runStatus, storedRun } from '../../../workflow/run.ts';
import type { RunPhase } from '../../../workflow/settle.ts';
import { nextLookMs, runPhase, settle } from '../../../workflow/settle.ts';
import type { StoredContext } from './context-store.ts';
import { loadContext, saveContext } from './context-store.ts';
import type { Session } from '../session.ts';
import type { StepResult } from './step.ts';
import { executeStep, workflowContext } from './step.ts';

const parallelSteps = 5;

export interface WorkflowPass {
  readonly phase: RunPhase;
  readonly run: Run;
  readonly services: readonly ServiceStatus[];
  /** How long nothing needs to be looked at; undefined when only the user can move the run. */
  readonly nextLookMs: number | undefined;
}

/** Takes up the stored run of what is desired, or begins a new one. */
export async function openRun(session: Session, desired: string): Promise<Run> {
  const { draft, family, deps, app, signal } = session;
  const stored = draft.value.workflow;
  if (stored?.appRevision !== desired) {
    family.context = { failures: {}, variables: {}, marks: {} };
    return newRun(desired, deps.clock.now());
  }
  family.context ??= await loadContext(deps.client, app, stored.contextBackend, signal);
  const { failures, variables, marks } = family.context;
  return storedRun(stored, { failures, variables, marks });
}

/** Executes what can be executed now and stores what a successor needs to go on. */
export async function runPass(plan: WorkflowPlan, opened: Run, session: Session): Promise<WorkflowPass> {
  const { deps } = session;
  const moment = { now: deps.clock.now(), newId: () => stepId(session) };
  const visited = new Set<string>();
  const services: ServiceStatus[] = [];
  const pass = { plan, context: workflowContext(session), visited, ...moment };
  let run = opened;
  let decisions = new Map<string, Decision>();
  let round = { before: run, visited: new Set(visited) };
  for (;;) {
    const next = advance(run, { ...pass, decisions });
    run = next.run;
    decisions = await decideAll(next.undecided, { plan, run, context: pass.context }, session);
    if (next.undecided.length > 0) continue;
    if (next.ready.length === 0) break;
    const results = await executeAll(next.ready, run, session);
    for (const { step, result } of results) {
      visited.add(step.name);
      services.push(...result.services);
      run = settle(run, { step, outcome: result.outcome }, deps.options.retry, moment);
    }
    run = inOrder(run, plan, round);
    round = { before: run, visited: new Set(visited) };
    if (deps.options.patchStatusAtOnce) run = await storeProgress(plan, run, session);
  }
  run = await keepContext(inOrder(run, plan, round), session);
  const phase = runPhase(plan, run);
  session.draft.set({ workflow: runStatus(plan, run, phase) });
  return { phase, run, services, nextLookMs: nextLookMs(plan, run, deps.options.retry, deps.clock.now()) };
}

/** Shows what steps have come to before the next ones are executed. */
async function storeProgress(plan: WorkflowPlan, run: Run, session: Session): Promise<Run> {
  const kept = await keepContext(run, session);
  session.draft.set({ workflow: runStatus(plan, kept, runPhase(plan, kept)) });
  await session.draft.write(session.signal);
  return kept;
}

async function decideAll(
  steps: readonly PlannedStep[],
  state: { readonly plan: WorkflowPlan; readonly run: Run; readonly context: JsonObject },
  { deps }: Session,
): Promise<Map<string, Decision>> {
  const decided = steps.map(async (step) => [step.name, await decide(step, state, deps.engines.expressions)] as const);
  return new Map(await Promise.all(decided));
}

function executeAll(
  steps: readonly PlannedStep[],
  run: Run,
  session: Session,
): Promise<readonly { readonly step: PlannedStep; readonly result: StepResult }[]> {
  return mapBounded(steps, parallelSteps, async (step) => ({ step, result: await executeStep(step, run, session) }));
}

/** Stores variables and failure counts before the status that relies on them. */
async function keepContext(run: Run, { family, deps, app, signal }: Session): Promise<Run> {
  const context = { failures: run.failures, variables: run.variables, marks: run.marks };
  const { version, ...stored }: StoredContext = family.context ?? context;
  if (family.context && sameContent(stored, context)) return run;
  const saved = await saveContext(deps.client, { app, run, version }, signal);
  family.context = { ...context, version: saved.version };
  return { ...run, contextBackend: saved.backend };
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

function stepId({ deps }: Session): string {
  return Array.from({ length: 10 }, () => alphabet[Math.floor(deps.random() * alphabet.length)]).join('');
}
