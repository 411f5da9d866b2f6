import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { fenceMetadata } from '../../../apis/fence.ts';
import { annotations } from '../../../apis/names.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { decideRestart } from '../../../workflow/restart.ts';
import { fenceFor } from '../ownership/fence.ts';
import type { Session } from '../session.ts';

/** Begins a finished workflow again when that is asked for; returns when to look again. */
export async function restartIfAsked(session: Session): Promise<number | undefined> {
  const { draft, deps, signal } = session;
  const { workflow, workflowRestartScheduledAt } = draft.value;
  const asked = draft.app.metadata.annotations?.[annotations.restartWorkflow];
  if (asked === undefined && workflowRestartScheduledAt === undefined) return undefined;
  const answer = decideRestart({
    asked,
    scheduledAt: workflowRestartScheduledAt,
    finished: workflow?.finished ?? false,
    endTime: workflow?.endTime,
    now: deps.clock.now(),
  });
  draft.set({ workflowRestartScheduledAt: answer.scheduledAt, ...(answer.restart && { workflow: undefined }) });
  if (answer.forgetRequest) {
    // The status first: a request that is taken off must not be lost.
    await draft.write(signal);
    draft.rebase(await forgetRequest(draft.app, session));
  }
  return answer.waitMs;
}

function forgetRequest(app: Application, { deps, signal }: Session): Promise<Application> {
  const { name = '', namespace, resourceVersion = '' } = app.metadata;
  const notes = fenceMetadata(fenceFor(app, deps.options)).annotations;
  const body = { metadata: { resourceVersion, annotations: { ...notes, [annotations.restartWorkflow]: null } } };
  const options = { fieldManager, signal };
  return deps.client.patch<Application>(applicationResource, { name, namespace }, { type: 'merge', body }, options);
}
