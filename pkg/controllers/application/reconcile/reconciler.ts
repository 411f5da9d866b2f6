import { isConflict } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { keyOf } from '../../../../machinery/src/meta.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Result } from '../../../reconcile/result.ts';
import { TerminalError } from '../../../reconcile/result.ts';
import { FamilyCache } from '../family/family-cache.ts';
import type { Family } from '../family/family.ts';
import { hasFinalizer } from '../family/family.ts';
import { LatestApplications } from '../family/latest-applications.ts';
import { fenceFor } from '../ownership/fence.ts';
import { ApplicationOwnership } from '../ownership/ownership.ts';
import type { OwnershipWrite } from '../ownership/standing.ts';
import { messageOfCondition } from '../status/conditions.ts';
import { isTransient, messageOf, ReconcileFailure } from '../status/failure.ts';
import { StatusRecorder } from '../status/status-recorder.ts';
import { collectAgainMs, deleteApplication } from './deletion.ts';
import { PhaseCounter } from './phase-counter.ts';
import { runStages } from './run-stages.ts';

/** After a conflict, and where the API server has a newer state, the cache needs this time to catch up. */
const cacheLagMs = 500;

/** Delivers what Applications describe, and reports the progress in their status. */
export class ApplicationReconciler {
  readonly families = new FamilyCache();
  readonly applications: LatestApplications;
  /** The keys of Applications that a new definition, or a changed one, may make valid. */
  readonly unparsed = new Set<string>();
  readonly #deps: ApplicationDeps;
  readonly #ownership: ApplicationOwnership;
  readonly #phases: PhaseCounter;

  constructor(deps: ApplicationDeps) {
    this.#deps = deps;
    this.applications = new LatestApplications(deps.applications);
    this.#ownership = new ApplicationOwnership(deps);
    this.#phases = new PhaseCounter(deps.metrics.phases);
  }

  /** Works on the Application with the given key; one call at a time for each key. */
  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const standing = this.#ownership.standingOf(key, this.applications.get(key));
    switch (standing.do) {
      case 'ignore': {
        this.forget(key);
        const againMs = await this.#ownership.followLabel(key, signal);
        return againMs === undefined ? {} : { requeueAfterMs: againMs };
      }
      case 'pause':
        this.forget(key);
        return {};
      case 'leave':
        this.families.drop(key);
        return {};
      case 'wait':
        return { requeueAfterMs: standing.forMs };
      case 'write':
        return this.#writeOwnership(key, standing, signal);
      case 'reconcile':
        return this.#reconcile(standing.app, signal);
    }
  }

  /** Drops what is known of an Application, so that its family is read from the API server before the next write. */
  forget(key: string): void {
    this.families.drop(key);
    this.applications.forget(key);
    this.unparsed.delete(key);
    this.#deps.delivered?.drop(key);
    this.#phases.set(key, undefined);
  }

  /** Ends the term: this process does not count its Applications any more. */
  close(): void {
    for (const key of this.#phases.keys()) this.forget(key);
  }

  async #writeOwnership(key: string, write: OwnershipWrite, signal: AbortSignal): Promise<Result> {
    try {
      const written = await this.#ownership.write(write, signal);
      if (!written) return {};
      this.forget(key);
      this.applications.record(written);
      return write.acknowledges ? {} : { requeueAfterMs: 0 };
    } catch (error) {
      if (isConflict(error)) return { requeueAfterMs: cacheLagMs };
      this.#ownership.countRefusal(error);
      throw error;
    }
  }

  async #reconcile(app: Application, signal: AbortSignal): Promise<Result> {
    const { clock, metrics } = this.#deps;
    const key = keyOf(app);
    const began = clock.monotonic();
    let recorder = this.#newRecorder(app);
    try {
      let family = this.families.get(key, app.metadata.uid);
      if (!family) {
        const taken = await this.#ownership.take(app, signal);
        if (!taken) return { requeueAfterMs: cacheLagMs };
        family = taken.family;
        recorder = this.#newRecorder(taken.app);
        this.families.set(key, family);
      }
      const result = await this.#work(key, family, recorder, signal);
      return recorder.isOvertaken ? { requeueAfterMs: 0 } : result;
    } catch (error) {
      this.families.drop(key);
      if (!isPermanent(error)) this.unparsed.delete(key);
      this.#ownership.noteFailure(key, error, signal);
      return await this.#fail(error, recorder, signal);
    } finally {
      this.applications.record(recorder.app);
      this.#phases.set(key, recorder.phase);
      const phases = { begin_phase: app.status?.status ?? '', end_phase: recorder.phase };
      metrics.reconcileSeconds.observe(phases, (clock.monotonic() - began) / 1000);
    }
  }

  #newRecorder(app: Application): StatusRecorder {
    const { client, clock, options } = this.#deps;
    const fenceOf = (stored: Application): string | undefined => fenceFor(stored, options);
    return new StatusRecorder({ client, fenceOf }, app, () => clock.now());
  }

  async #work(key: string, family: Family, recorder: StatusRecorder, signal: AbortSignal): Promise<Result> {
    const deps = this.#deps;
    if (recorder.app.metadata.deletionTimestamp !== undefined) return this.#delete(key, family, recorder, signal);
    // before the definitions are read: one that changes during the reconcile is not missed
    this.unparsed.add(key);
    const reconciled = await runStages(family, recorder, { deps, signal });
    this.unparsed.delete(key);
    this.families.set(key, reconciled.family);
    if (recorder.phase !== 'runningWorkflow') {
      deps.delivered?.rest(key);
      reconciled.family.rendered.clear();
    }
    return reconciled.result;
  }

  async #delete(key: string, family: Family, recorder: StatusRecorder, signal: AbortSignal): Promise<Result> {
    const { app } = recorder;
    this.unparsed.delete(key);
    if (!hasFinalizer(app)) return {};
    const waitingFor = await deleteApplication({ deps: this.#deps, app, family, signal });
    if (waitingFor.length > 0) {
      recorder.record({ kind: 'deleting', waitingFor });
      await recorder.write(signal);
      return { requeueAfterMs: collectAgainMs };
    }
    this.families.drop(key);
    this.applications.recordGone(app);
    return {};
  }

  /** Reports a failure that the user can act on in the status, and throws it so that the queue retries. */
  async #fail(error: unknown, recorder: StatusRecorder, signal: AbortSignal): Promise<Result> {
    if (isConflict(error)) return { requeueAfterMs: cacheLagMs };
    this.#ownership.countRefusal(error);
    const overtaken = await this.#ownership.overtake(error, recorder.app, signal);
    if (overtaken) {
      recorder.rebase(overtaken);
      return { requeueAfterMs: 0 };
    }
    if (isTransient(error) || signal.aborted) throw error;
    const failure =
      error instanceof ReconcileFailure
        ? error
        : new ReconcileFailure({ condition: 'Synced', phase: recorder.phase || 'starting' }, messageOf(error), error);
    const { condition, phase, message, event } = failure;
    const isReported = messageOfCondition(recorder.app.status ?? {}, condition) === message;
    recorder.record({ kind: 'failed', condition, phase, message });
    if (event && !isReported) this.#deps.events.event(recorder.app, 'Warning', event, message);
    await recorder.write(signal);
    if (recorder.isOvertaken) return { requeueAfterMs: 0 };
    throw failure.isPermanent ? new TerminalError(failure.message, failure) : failure;
  }
}

const isPermanent = (error: unknown): boolean => error instanceof ReconcileFailure && error.isPermanent;
