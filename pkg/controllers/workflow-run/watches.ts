import type { WorkflowRun } from '../../apis/workflow-run.ts';
import { keyOf } from '../../../machinery/src/meta.ts';
import type { Reconciler } from '../../reconcile/result.ts';
import type { Changes, Source } from '../../reconcile/source.ts';
import { changesOf } from '../../reconcile/source.ts';
import type { ApplicationDeps } from '../application/deps.ts';
import { WorkflowRunReconciler } from './reconciler.ts';

/** Wires the reconciler of WorkflowRuns to their changes, apart from its own writes and those of runs that have ended. */
export function newWorkflowRunController(
  runs: Changes<WorkflowRun>,
  deps: ApplicationDeps,
): { readonly reconcile: Reconciler; readonly sources: readonly Source[] } {
  const reconciler = new WorkflowRunReconciler(deps);
  return {
    reconcile: (key, { signal }) => reconciler.reconcile(key, signal),
    sources: [
      changesOf(runs, {
        predicate: ({ object }) => !object.status?.finished && !reconciler.isOwnWrite(keyOf(object), object),
      }),
    ],
  };
}
