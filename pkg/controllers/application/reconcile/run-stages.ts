import type { ApplicationDeps } from '../deps.ts';
import type { Family } from '../family/family.ts';
import { hasFinalizer } from '../family/family.ts';
import type { ApplicationCapabilities, Planned } from '../stages.ts';
import { ReconcileFailure } from '../status/failure.ts';
import { applyPolicies } from '../policies/apply.ts';
import { deliverPolicyObjects } from '../policies/resources.ts';
import type { StatusRecorder } from '../status/status-recorder.ts';
import type { OpenRun, WorkflowPass } from '../workflow/run-workflow.ts';
import { isBegun, runPass } from '../workflow/run-workflow.ts';
import { beginRun, chooseRevision, runOf } from './begin-run.ts';
import { capabilitiesFor } from './delivery.ts';
import { continueRun, endRun, keepDelivered, stopRun, suspendRun } from './end-run.ts';
import { addFinalizer } from './finalizer.ts';
import type { WithRevision } from './prepare.ts';
import { plan, prepare } from './prepare.ts';
import type { Reconciled } from './reconciled.ts';
import { restartIfRequested } from './restart-step.ts';
import { latestRevision } from './revision-step.ts';
import { appliedSoFar, mergedServices } from './run-summary.ts';

/**
 * The stages of the reconcile of an Application that this process owns. Each takes the results of those before it; the
 * recorder collects what the status shows.
 */
export async function runStages(
  family: Family,
  recorder: StatusRecorder,
  { deps, signal }: { readonly deps: ApplicationDeps; readonly signal: AbortSignal },
): Promise<Reconciled> {
  if (!hasFinalizer(recorder.app)) recorder.rebase(await addFinalizer(recorder.app, deps, signal));
  const { client } = deps;
  const latest = () => latestRevision({ client, app: recorder.app, family, signal });
  const policies = await applyPolicies({ deps, latestRevision: latest, recorder, signal });
  const prepared = await prepare({ deps, app: policies.app, policies, family, signal });
  recorder.record({ kind: 'prepared' });
  await chooseRevision(prepared, recorder, { deps, signal });
  const planned = planRun(prepared, recorder);
  const { revision, revisions } = prepared;
  const known = { ...family, revision, revisions };
  const capabilities = capabilitiesFor(planned, recorder.app, known, { deps, signal });
  await capabilities.keeper.followGeneration(signal);
  const restartMs = await restartIfRequested(recorder, deps, signal);
  const open = await beginRun(planned, known, recorder, capabilities);
  const done = await work(planned, { ...known, context: open.context }, recorder, { open, capabilities });
  const { requeueAfterMs = Infinity } = done.result;
  return restartMs === undefined || restartMs >= requeueAfterMs
    ? done
    : { ...done, result: { requeueAfterMs: restartMs } };
}

/** The Application with its steps; mistakes in them are failures of the run of its revision. */
function planRun(prepared: WithRevision, recorder: StatusRecorder): Planned {
  try {
    return plan(prepared);
  } catch (error) {
    const desired = runOf(prepared);
    if (!isBegun(recorder.status.workflow, desired)) recorder.record({ kind: 'runUnplanned', desired });
    throw error;
  }
}

/** Executes the workflow; once it has succeeded, keeps what it delivered. */
async function work(
  planned: Planned,
  family: Family,
  recorder: StatusRecorder,
  { open, capabilities }: { readonly open: OpenRun; readonly capabilities: ApplicationCapabilities },
): Promise<Reconciled> {
  const { workflow } = recorder.status;
  if (workflow?.finished) {
    if (workflow.status === 'succeeded') return keepDelivered(planned, family, recorder, capabilities);
    const phase = workflow.status === 'terminated' ? 'terminated' : 'failed';
    return stopRun(planned, family, recorder, { phase, capabilities });
  }
  await deliverPolicyObjects(planned, capabilities);
  const pass = await execute(planned, open, recorder, capabilities);
  const known = { ...family, context: pass.context };
  const resources = appliedSoFar(planned, recorder.status.appliedResources ?? [], known);
  recorder.record({ kind: 'resourcesApplied', resources });
  switch (pass.phase) {
    case 'executing':
      return continueRun(planned, known, recorder, { pass, capabilities });
    case 'suspending':
      return suspendRun(planned, known, recorder, { pass, capabilities });
    case 'failed':
    case 'terminated':
    case 'succeeded':
      return endRun(planned, known, recorder, { pass, phase: pass.phase, capabilities });
  }
}

async function execute(
  planned: Planned,
  open: OpenRun,
  recorder: StatusRecorder,
  capabilities: ApplicationCapabilities,
): Promise<WorkflowPass> {
  try {
    const pass = await runPass(planned, open, capabilities, async (workflow) => {
      recorder.record({ kind: 'stepsExecuted', workflow });
      await recorder.write(capabilities.signal);
    });
    recorder.record({ kind: 'stepsExecuted', workflow: pass.status });
    const services = mergedServices(planned, recorder.status.services ?? [], pass.services);
    recorder.record({ kind: 'servicesAssessed', services });
    const { environments } = pass;
    if (environments.length > 0)
      recorder.record({ kind: 'environmentsPlaced', environments, revision: planned.owner.revision });
    return pass;
  } catch (error) {
    // the run has begun, and the next reconcile continues it; the error itself is reported
    if (!isBegun(recorder.app.status?.workflow, runOf(planned)))
      await recorder.write(capabilities.signal).catch(() => undefined);
    throw ReconcileFailure.of({ condition: 'Workflow', phase: 'runningWorkflow', event: 'FailedWorkflow' }, error);
  }
}
