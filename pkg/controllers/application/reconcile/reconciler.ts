import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { fenceRefusalOf } from '../../../apis/fence.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { applicationFamilies } from '../../family/application.ts';
import { dutyOf } from '../../family/duty.ts';
import { asOwner } from '../../family/families.ts';
import type { ApplicationDeps, ApplicationOptions, ReconcileResult } from '../deps.ts';
import { FamilyCache } from '../family/family-cache.ts';
import type { Family } from '../family/family.ts';
import { hasFinalizer, liveApplication, readFamily } from '../family/family.ts';
import { LatestApplications } from '../family/latest-applications.ts';
import { claimFamily } from '../ownership/claim.ts';
import { fenceFor, overtake } from '../ownership/fence.ts';
import { followLabel } from '../ownership/foreign-master.ts';
import { LateWrites } from '../ownership/late-writes.ts';
import { messageOfCondition } from '../status/conditions.ts';
import { isTransient, messageOf, ReconcileFailure } from '../status/failure.ts';
import { StatusRecorder } from '../status/status-recorder.ts';
import { collectAgainMs, deleteApplication } from './deletion.ts';
import { runStages } from './run-stages.ts';

/** Delivers what Applications describe, and reports the progress in their status. */
export class ApplicationReconciler {
  readonly #deps: ApplicationDeps;
  readonly families = new FamilyCache();
  readonly applications: LatestApplications;
  readonly #phases = new Map<string, string>();
  readonly #late: LateWrites;

  constructor(deps: ApplicationDeps) {
    this.#deps = deps;
    this.applications = new LatestApplications(deps.applications);
    this.#late = new LateWrites(deps.clock, deps.options.lateWriteMs);
  }

  /** Works on the Application with the given key; one call at a time for each key. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { clock, metrics } = this.#deps;
    const app = this.applications.get(key);
    if (!app || !concerns(app, this.#deps.options)) {
      this.forget(key);
      const againMs = this.#deps.options.foreignMaster ? await followLabel(key, this.#deps, signal) : undefined;
      return againMs === undefined ? {} : { requeueAfterMs: againMs };
    }
    const left = await this.#giveUp(key, app, signal);
    if (left) return left;
    if (isPaused(app)) {
      this.forget(key);
      return {};
    }
    const began = clock.monotonic();
    let recorder = this.#newRecorder(app);
    try {
      const taken = await this.#take(key, recorder, signal);
      if (!taken) return { requeueAfterMs: cacheLagMs };
      recorder = taken.recorder;
      const result = await this.#work(key, taken.family, recorder, signal);
      return recorder.isOvertaken ? { requeueAfterMs: 0 } : result;
    } catch (error) {
      this.families.drop(key);
      this.#late.note(key, error, signal);
      return await this.#fail(error, recorder, signal);
    } finally {
      this.applications.record(recorder.app);
      this.#count(key, recorder.phase);
      const phases = { begin_phase: app.status?.status ?? '', end_phase: recorder.phase };
      metrics.reconcileSeconds.observe(phases, (clock.monotonic() - began) / 1000);
    }
  }

  /** Hands an Application over that another shard is to have; undefined when it is this shard's to work on. */
  async #giveUp(key: string, app: Application, signal: AbortSignal): Promise<ReconcileResult | undefined> {
    const { client, options } = this.#deps;
    if (options.shard === undefined) return undefined;
    const duty = dutyOf(app, options.shard, options.drainOnly);
    if (duty.do === 'work') return undefined;
    if (duty.do === 'leave') {
      this.families.drop(key);
      return {};
    }
    const lateMs = this.#late.leftMs(key);
    if (duty.acknowledges && lateMs > 0) return { requeueAfterMs: lateMs };
    try {
      const written = await applicationFamilies.writeOwnership(asOwner(client), app, duty.ownership, signal);
      this.forget(key);
      this.applications.record(written);
      return duty.acknowledges ? {} : { requeueAfterMs: 0 };
    } catch (error) {
      if (isNotFound(error)) return {};
      if (isConflict(error)) return { requeueAfterMs: cacheLagMs };
      this.#countRefusal(error);
      throw error;
    }
  }

  #newRecorder(app: Application): StatusRecorder {
    const { client, clock, options } = this.#deps;
    const fenceOf = (stored: Application): string | undefined => fenceFor(stored, options);
    return new StatusRecorder({ client, fenceOf }, app, () => clock.now());
  }

  #countRefusal(error: unknown): void {
    const refusal = fenceRefusalOf(error);
    if (!refusal) return;
    this.#deps.metrics.fenceRefusals.inc({ layer: refusal.layer, kind: refusal.kind });
    if (refusal.layer === 'holder' || refusal.layer === 'epoch') this.#deps.onFenceRefused?.();
  }

  /** Keeps the number of Applications in each phase. */
  #count(key: string, phase: string | undefined): void {
    const { phases } = this.#deps.metrics;
    const before = this.#phases.get(key);
    if (before === phase) return;
    if (before !== undefined) phases.dec({ phase: before });
    if (phase === undefined) this.#phases.delete(key);
    else this.#phases.set(key, phase);
    if (phase !== undefined) phases.inc({ phase });
  }

  /** Drops what is known of an Application, so that its family is read from the API server before the next write. */
  forget(key: string): void {
    this.families.drop(key);
    this.applications.forget(key);
    this.#deps.delivered?.drop(key);
    this.#count(key, undefined);
  }

  /** Ends the term: what was counted is not this process' any more. */
  close(): void {
    for (const key of [...this.#phases.keys()]) this.forget(key);
  }

  /** The family, read live when this process does not know it yet; undefined when the cached Application is outdated. */
  async #take(
    key: string,
    recorder: StatusRecorder,
    signal: AbortSignal,
  ): Promise<{ family: Family; recorder: StatusRecorder } | undefined> {
    const known = this.families.get(key, recorder.app.metadata.uid);
    if (known) return { family: known, recorder };
    const { client, metrics, options } = this.#deps;
    const live = await this.#liveApplication(recorder.app, signal);
    if (!live || !concerns(live, options) || isPaused(live)) return undefined;
    metrics.familyReads.inc();
    const fence = fenceFor(live, options);
    const family = await readFamily(client, live, { fence, compression: options.compression.trackers, signal }).catch(
      (error: unknown) => {
        throw ReconcileFailure.of({ condition: 'Synced', phase: 'starting' }, error);
      },
    );
    const { shard } = options;
    if (shard !== undefined && !(await claimFamily(live, family, { deps: this.#deps, shard, signal })))
      return undefined;
    this.families.set(key, family);
    return { family, recorder: this.#newRecorder(live) };
  }

  async #liveApplication(app: Application, signal: AbortSignal): Promise<Application | undefined> {
    try {
      return await liveApplication(this.#deps.client, app, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #work(key: string, family: Family, recorder: StatusRecorder, signal: AbortSignal): Promise<ReconcileResult> {
    const deps = this.#deps;
    if (recorder.app.metadata.deletionTimestamp !== undefined) return this.#delete(key, family, recorder, signal);
    const reconciled = await runStages(family, recorder, { deps, signal });
    this.families.set(key, reconciled.family);
    return reconciled.result;
  }

  async #delete(key: string, family: Family, recorder: StatusRecorder, signal: AbortSignal): Promise<ReconcileResult> {
    const { app } = recorder;
    if (!hasFinalizer(app)) return {};
    const waitingFor = await deleteApplication({ deps: this.#deps, app, family, signal });
    if (waitingFor.length > 0) {
      recorder.record({ kind: 'deleting', waitingFor });
      await recorder.write(signal);
      return { requeueAfterMs: collectAgainMs };
    }
    this.families.drop(key);
    return {};
  }

  /** Reports a failure that the user can act on in the status, and throws it so that the queue retries. */
  async #fail(error: unknown, recorder: StatusRecorder, signal: AbortSignal): Promise<ReconcileResult> {
    if (isConflict(error)) return { requeueAfterMs: cacheLagMs };
    this.#countRefusal(error);
    const overtaken = await overtake(error, recorder.app, { deps: this.#deps, signal });
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
    throw failure;
  }
}

/** How long to wait for the cache when the API server has something newer. */
const cacheLagMs = 500;

/** Whether an Application is this process' to look after. */
function concerns(app: Application, options: ApplicationOptions): boolean {
  const label = app.metadata.labels ?? {};
  if (options.shard !== undefined && label[labels.scheduledShardId] !== options.shard) return false;
  const required = app.metadata.annotations?.[annotations.controllerVersionRequire];
  return required === undefined || required === ''
    ? !options.ignoreAppWithoutControllerVersion
    : required === options.controllerVersion;
}

/** Whether nothing may be done to an Application but to hand it over. */
const isPaused = ({ metadata }: Application): boolean => metadata.labels?.[labels.pause] === 'true';
