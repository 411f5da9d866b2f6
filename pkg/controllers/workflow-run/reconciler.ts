import { ignoreNotFound, isConflict } from '../../apis/api-error.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import { annotations, labels } from '../../apis/names.ts';
import type { Workflow } from '../../apis/workflow.ts';
import { workflowResource } from '../../apis/workflow.ts';
import type { WorkflowRun, WorkflowRunStatus } from '../../apis/workflow-run.ts';
import { workflowRunResource } from '../../apis/workflow-run.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { splitKey } from '../../../machinery/src/meta.ts';
import { fieldManager } from '../../dispatch/field-manager.ts';
import { TerminalError } from '../../reconcile/result.ts';
import type { Result } from '../../reconcile/result.ts';
import { sameContent } from '../../revision/hash.ts';
import { newRun, storedRun } from '../../workflow/run.ts';
import { RenderedManifests } from '../application/family/rendered-manifests.ts';
import type { ApplicationDeps } from '../application/deps.ts';
import { fenceFor } from '../application/ownership/fence.ts';
import { userClient } from '../application/ownership/identity.ts';
import type { Capabilities, Planned } from '../application/stages.ts';
import { isTransient, messageOf } from '../application/status/failure.ts';
import { loadContext } from '../application/workflow/context-store.ts';
import type { OpenRun, WorkflowPass } from '../application/workflow/run-workflow.ts';
import { runPass } from '../application/workflow/run-workflow.ts';
import { planRun } from './plan-run.ts';
import { RunKeeper } from './run-keeper.ts';
import { asWorkflowStatus, runStatusOf, statusPatch, withRunCondition } from './run-status.ts';

const cacheLagMs = 500;

/** Executes WorkflowRuns. Each reconcile reads the run anew, so that no step is executed on an outdated status. */
export class WorkflowRunReconciler {
  readonly #deps: ApplicationDeps;
  /** The resourceVersion of the last own write of each run. */
  readonly #written = new Map<string, string>();

  constructor(deps: ApplicationDeps) {
    this.#deps = deps;
  }

  /** Whether a state of a run is the one that this process wrote last. */
  isOwnWrite(key: string, { metadata: { resourceVersion = '' } }: KubeObject): boolean {
    return this.#written.get(key) === resourceVersion;
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const { client } = this.#deps;
    const run = await ignoreNotFound(client.get<WorkflowRun>(workflowRunResource, splitKey(key), { signal }));
    if (!run || run.status?.finished || !this.#isOurs(run)) {
      this.#written.delete(key);
      return {};
    }
    try {
      return await this.#execute(key, run, signal);
    } catch (error) {
      if (isConflict(error)) return { requeueAfterMs: cacheLagMs };
      if (isTransient(error) || signal.aborted || error instanceof TerminalError) throw error;
      await this.#refuse(key, run, messageOf(error), signal);
      throw error;
    }
  }

  #isOurs({ metadata }: WorkflowRun): boolean {
    const { shard, drainOnly, controllerVersion, ignoreAppWithoutControllerVersion } = this.#deps.options;
    if (metadata.deletionTimestamp !== undefined || drainOnly) return false;
    if (shard !== undefined && metadata.labels?.[labels.scheduledShardId] !== shard) return false;
    const required = metadata.annotations?.[annotations.runVersionRequire] ?? '';
    return required === '' ? !ignoreAppWithoutControllerVersion : required === controllerVersion;
  }

  async #execute(key: string, run: WorkflowRun, signal: AbortSignal): Promise<Result> {
    const planning = planRun(run, await this.#referred(run, signal), this.#deps);
    if (!planning.ok) {
      const message = planning.problems.join('; ');
      await this.#refuse(key, run, message, signal);
      // Workflows are not watched
      if (run.spec?.workflowRef) return { requeueAfterMs: this.#deps.options.retry.maxFailedBackoffMs };
      throw new TerminalError(message);
    }
    const { planned } = planning;
    const capabilities = this.#capabilities(run, planned, signal);
    const open = await this.#open(run, planned, signal);
    let current = run;
    const pass = await runPass(planned, open, capabilities, async (workflow) => {
      const { status = {} } = current;
      const next = runStatusOf(workflow, status, { phase: 'executing', now: this.#deps.clock.now() });
      current = await this.#write(key, current, next, signal);
    });
    return this.#record(key, current, pass, signal);
  }

  #capabilities(run: WorkflowRun, { app }: Planned, signal: AbortSignal): Capabilities {
    const { client, options } = this.#deps;
    const author: KubeClient = userClient(client, app, options);
    const keeper = new RunKeeper({ run, client: author, maxConcurrent: options.maxDispatchConcurrent });
    return { deps: this.#deps, keeper, rendered: new RenderedManifests(), author, signal };
  }

  async #open({ status = {} }: WorkflowRun, { app }: Planned, signal: AbortSignal): Promise<OpenRun> {
    const { client, clock } = this.#deps;
    // a run that was suspended or terminated before it began has no time either
    if (!status.startTime) {
      const { suspend = false, terminated = false } = status;
      const begun = { ...newRun('', clock.now()), suspend, terminated };
      return { run: begun, context: { failures: {}, variables: {}, marks: {} } };
    }
    const context = await loadContext(client, app, status.contextBackend, signal);
    const { failures, variables, marks } = context;
    return { run: storedRun(asWorkflowStatus(status), { failures, variables, marks }), context };
  }

  async #record(key: string, run: WorkflowRun, pass: WorkflowPass, signal: AbortSignal): Promise<Result> {
    const { clock, events, metrics } = this.#deps;
    const { phase, nextAttemptMs } = pass;
    const now = clock.now();
    const next = runStatusOf(pass.status, run.status ?? {}, { phase, now });
    const status = phase === 'succeeded' ? withRunCondition(next, { status: 'True', reason: 'Available' }, now) : next;
    await this.#write(key, run, status, signal);
    if (status.finished) {
      events.event(run, phase === 'failed' ? 'Warning' : 'Normal', 'Execute', `workflow run ${phase}`);
      const beganMs = Date.parse(status.startTime ?? '');
      if (!Number.isNaN(beganMs)) metrics.workflowFinishedSeconds.observe({ phase }, (now - beganMs) / 1000);
      return {};
    }
    return nextAttemptMs === undefined ? {} : { requeueAfterMs: nextAttemptMs };
  }

  /** Reports a run that cannot be executed as it is. */
  async #refuse(key: string, run: WorkflowRun, message: string, signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#deps;
    const status = { ...run.status, status: run.status?.status ?? 'initializing' };
    const next = withRunCondition(status, { status: 'False', reason: 'Error', message }, clock.now());
    if (next.conditions === run.status?.conditions) return;
    events.event(run, 'Warning', 'Generate', message);
    await this.#write(key, run, next, signal);
  }

  /** Writes the status where it has changed, against the state that was read. */
  async #write(key: string, run: WorkflowRun, next: WorkflowRunStatus, signal: AbortSignal): Promise<WorkflowRun> {
    const { client, options } = this.#deps;
    const before = run.status ?? {};
    const { shardFence: _, ...known } = before;
    if (sameContent(known, next)) return run;
    const shardFence = fenceFor(run, options);
    const status = statusPatch({ ...next, ...(shardFence !== undefined && { shardFence }) }, before);
    const { name = '', namespace, resourceVersion = '' } = run.metadata;
    const body = { metadata: { resourceVersion }, status };
    const written = await client.patch<WorkflowRun>(
      workflowRunResource,
      { name, namespace },
      { type: 'merge', body },
      { subresource: 'status', fieldManager, signal },
    );
    this.#written.set(key, written.metadata.resourceVersion ?? '');
    return written;
  }

  #referred({ spec, metadata: { namespace } }: WorkflowRun, signal: AbortSignal): Promise<Workflow | undefined> {
    const name = spec?.workflowRef;
    if (!name) return Promise.resolve(undefined);
    return ignoreNotFound(this.#deps.client.get<Workflow>(workflowResource, { name, namespace }, { signal }));
  }
}
