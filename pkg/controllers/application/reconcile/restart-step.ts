import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { fenceMetadata } from '../../../apis/fence.ts';
import { annotations } from '../../../apis/names.ts';
import { patchObject } from '../../../apis/patch-object.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { decideRestart } from '../../../workflow/restart.ts';
import type { ApplicationDeps } from '../deps.ts';
import { fenceFor } from '../ownership/fence.ts';
import type { StatusRecorder } from '../status/status-recorder.ts';

/** Restarts a finished workflow where an annotation requests it; returns the time until a scheduled restart. */
export async function restartIfRequested(
  recorder: StatusRecorder,
  deps: ApplicationDeps,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { workflow, workflowRestartScheduledAt } = recorder.status;
  const asked = recorder.app.metadata.annotations?.[annotations.restartWorkflow];
  if (asked === undefined && workflowRestartScheduledAt === undefined) return undefined;
  const decision = decideRestart({
    asked,
    scheduledAt: workflowRestartScheduledAt,
    finished: workflow?.finished ?? false,
    endTime: workflow?.endTime,
    now: deps.clock.now(),
  });
  const { restart, scheduledAt, forgetRequest, waitMs } = decision;
  recorder.record({ kind: 'restartDecided', restart, scheduledAt });
  if (forgetRequest) {
    // the status first: a request that is removed must not be lost
    await recorder.write(signal);
    recorder.rebase(await removeRequest(recorder.app, deps, signal));
  }
  return waitMs;
}

function removeRequest(
  app: Application,
  { client, options }: ApplicationDeps,
  signal: AbortSignal,
): Promise<Application> {
  const notes = fenceMetadata(fenceFor(app, options)).annotations;
  const change = { metadata: { annotations: { ...notes, [annotations.restartWorkflow]: null } } };
  return patchObject(client, applicationResource, app, { change, fieldManager, signal });
}
