import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { fenceMetadata, fenceRefusalOf } from '../../../apis/fence.ts';
import { annotations, finalizers, labels } from '../../../apis/names.ts';
import { apiVersionOf, keyOf, splitKey } from '../../../apis/meta.ts';
import type { KubeObject, Resource } from '../../../apis/meta.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import { resourceKey } from '../../../dispatch/manifest.ts';
import { applicationFamilies } from '../../family/application.ts';
import { asOwner } from '../../family/families.ts';
import { claimFamily } from '../ownership/claim.ts';
import { collectAgainMs, deleteApplication } from './deletion.ts';
import type { ApplicationDeps, ApplicationOptions, ReconcileResult } from '../deps.ts';
import { isTransient, messageOf, ReconcileFailure } from '../status/failure.ts';
import { fenceFor, overtake } from '../ownership/fence.ts';
import { followLabel } from '../ownership/foreign-master.ts';
import type { Family } from '../family/family.ts';
import { hasFinalizer, liveApplication, readFamily } from '../family/family.ts';
import { dutyOf } from '../../family/duty.ts';
import { LateWrites } from '../ownership/late-writes.ts';
import { planOf, prepare } from './prepare.ts';
import { restartIfAsked } from './restart-step.ts';
import { newSession } from '../session.ts';
import { StatusDraft } from '../status/status-draft.ts';
import { beginRun, work } from './work.ts';

/** Brings what one Application asks for into the cluster, and tells in its status how far that has come. */
export class ApplicationReconciler {
  readonly #deps: ApplicationDeps;
  readonly #families = new Map<string, Family>();
  /** Applications as this process last wrote them, until the cache has caught up. */
  readonly #written = new Map<string, Application>();
  readonly #phases = new Map<string, string>();
  readonly #late: LateWrites;

  constructor(deps: ApplicationDeps) {
    this.#deps = deps;
    this.#late = new LateWrites(deps.clock, deps.options.lateWriteMs);
  }

  /** Works on the Application with the given key; one call at a time for each key. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { clock, metrics } = this.#deps;
    const app = this.#read(key);
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
    let draft = this.#draft(app);
    try {
      const taken = await this.#take(key, draft, signal);
      if (!taken) return { requeueAfterMs: cacheLagMs };
      draft = taken.draft;
      const result = await this.#work(taken.family, draft, signal);
      return draft.isOvertaken ? { requeueAfterMs: 0 } : result;
    } catch (error) {
      this.#families.delete(key);
      this.#late.note(key, error, signal);
      return await this.#fail(error, draft, signal);
    } finally {
      this.#written.set(key, draft.app);
      this.#count(key, draft.phase);
      const phases = { begin_phase: app.status?.status ?? '', end_phase: draft.phase };
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
      this.#families.delete(key);
      return {};
    }
    const lateMs = this.#late.leftMs(key);
    if (duty.acknowledges && lateMs > 0) return { requeueAfterMs: lateMs };
    try {
      const written = await applicationFamilies.writeOwnership(asOwner(client), app, duty.ownership, signal);
      this.forget(key);
      this.#written.set(key, written);
      return duty.acknowledges ? {} : { requeueAfterMs: 0 };
    } catch (error) {
      if (isNotFound(error)) return {};
      if (isConflict(error)) return { requeueAfterMs: cacheLagMs };
      this.#countRefusal(error);
      throw error;
    }
  }

  #draft(app: Application): StatusDraft {
    const { client, clock, options } = this.#deps;
    return new StatusDraft(
      client,
      app,
      () => clock.now(),
      (current) => fenceFor(current, options),
    );
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

  /** Whether a state of an Application is one that this process wrote, or older than that. */
  hasSeen(app: Application): boolean {
    const written = this.#written.get(keyOf(app));
    return written?.metadata.uid === app.metadata.uid && written !== undefined && versionOf(written) >= versionOf(app);
  }

  /** Whether a tracker's state is known to this process: it wrote that, or something newer, itself. */
  knowsTracker(key: string, tracker: KubeObject): boolean {
    const known = this.#families.get(key)?.trackers.list();
    const same = known?.find((t) => t.metadata.uid === tracker.metadata.uid);
    return same !== undefined && versionOf(same) >= versionOf(tracker);
  }

  /** Whether this process believes that a tracker exists. */
  hasTracker(key: string, tracker: KubeObject): boolean {
    const known = this.#families.get(key)?.trackers.list();
    return known?.some((t) => t.metadata.uid === tracker.metadata.uid) ?? false;
  }

  /** Whether this process has taken an Application up. */
  isWorkingOn(key: string): boolean {
    return this.#families.has(key);
  }

  /** Has the family of an Application read again before it is worked on next. */
  distrust(key: string): void {
    this.#families.delete(key);
  }

  /** Whether this process looked at a delivered object in just this state, or does not work on its Application. */
  knowsDelivered(key: string, object: KubeObject, resource: Resource): boolean {
    const family = this.#families.get(key);
    if (!family) return true;
    const { namespace, name } = object.metadata;
    const known = family.known.get(
      resourceKey({ apiVersion: apiVersionOf(resource), kind: resource.kind, namespace, name }),
    );
    return known?.uid === object.metadata.uid && known?.resourceVersion === object.metadata.resourceVersion;
  }

  /** Drops what is known of an Application, so that its family is read from the API server before the next write. */
  forget(key: string): void {
    this.#families.delete(key);
    this.#written.delete(key);
    this.#deps.delivered?.drop(key);
    this.#count(key, undefined);
  }

  /** Ends the term: what was counted is not this process' any more. */
  close(): void {
    for (const key of [...this.#phases.keys()]) this.forget(key);
  }

  #read(key: string): Application | undefined {
    const { namespace = '', name } = splitKey(key);
    const cached = this.#deps.applications.get(namespace, name);
    const written = this.#written.get(key);
    if (!cached || !written) return cached;
    const isNewer = cached.metadata.uid === written.metadata.uid && versionOf(written) > versionOf(cached);
    return isNewer ? written : cached;
  }

  /** The family, read live when this process does not know it yet; undefined when the cached Application is outdated. */
  async #take(
    key: string,
    draft: StatusDraft,
    signal: AbortSignal,
  ): Promise<{ family: Family; draft: StatusDraft } | undefined> {
    const known = this.#families.get(key);
    if (known?.uid === draft.app.metadata.uid && known) return { family: known, draft };
    const { client, metrics, options } = this.#deps;
    const live = await this.#liveApplication(draft.app, signal);
    if (!live || !concerns(live, options) || isPaused(live)) return undefined;
    metrics.familyReads.inc();
    const fresh = this.#draft(live);
    const fence = fenceFor(live, options);
    const family = await readFamily(client, live, { fence, compression: options.compression.trackers, signal }).catch(
      (error: unknown) => {
        throw ReconcileFailure.of({ condition: 'Synced', phase: 'starting' }, error);
      },
    );
    const { shard } = options;
    if (shard !== undefined && !(await claimFamily(live, family, { deps: this.#deps, shard, signal })))
      return undefined;
    this.#families.set(key, family);
    return { family, draft: fresh };
  }

  async #liveApplication(app: Application, signal: AbortSignal): Promise<Application | undefined> {
    try {
      return await liveApplication(this.#deps.client, app, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #work(family: Family, draft: StatusDraft, signal: AbortSignal): Promise<ReconcileResult> {
    const deps = this.#deps;
    if (draft.app.metadata.deletionTimestamp !== undefined) return this.#delete(family, draft, signal);
    if (!hasFinalizer(draft.app)) draft.rebase(await addFinalizer(draft.app, deps, signal));
    const prepared = await prepare({ deps, app: draft.app, family, signal });
    draft.condition({ type: 'Parsed', status: 'True', reason: 'Available' });
    draft.condition({ type: 'Revision', status: 'True', reason: 'Available' });
    const plan = planOf(prepared);
    const { app, parsed, revision } = prepared;
    const session = newSession({ deps, family, draft, app, parsed, revision, signal });
    const restartMs = await restartIfAsked(session);
    const run = await beginRun(session, plan);
    const result = await work(session, plan, run);
    const { requeueAfterMs = Infinity } = result;
    return restartMs === undefined || restartMs >= requeueAfterMs ? result : { requeueAfterMs: restartMs };
  }

  async #delete(family: Family, draft: StatusDraft, signal: AbortSignal): Promise<ReconcileResult> {
    if (!hasFinalizer(draft.app)) return {};
    const gone = await deleteApplication({ deps: this.#deps, draft, family, signal });
    if (!gone) return { requeueAfterMs: collectAgainMs };
    this.#families.delete(keyOf(draft.app));
    return {};
  }

  /** Tells the user about a failure where one can do something, and has the queue try again. */
  async #fail(error: unknown, draft: StatusDraft, signal: AbortSignal): Promise<ReconcileResult> {
    if (isConflict(error)) return { requeueAfterMs: cacheLagMs };
    this.#countRefusal(error);
    const overtaken = await overtake(error, draft.app, { deps: this.#deps, signal });
    if (overtaken) {
      draft.rebase(overtaken);
      return { requeueAfterMs: 0 };
    }
    if (isTransient(error) || signal.aborted) throw error;
    const failure =
      error instanceof ReconcileFailure
        ? error
        : new ReconcileFailure({ condition: 'Synced', phase: draft.phase || 'starting' }, messageOf(error), error);
    const { condition, phase, message, event } = failure;
    const before = draft.app.status?.conditions?.find((c) => c.type === condition);
    draft.setPhase(phase);
    draft.condition({ type: condition, status: 'False', reason: 'ReconcileError', message });
    draft.condition({ type: 'Ready', status: 'False', reason: 'ReconcileError', message });
    if (event && before?.message !== message) this.#deps.events.event(draft.app, 'Warning', event, message);
    await draft.write(signal);
    if (draft.isOvertaken) return { requeueAfterMs: 0 };
    throw failure;
  }
}

/** How long to wait for the cache when the API server has something newer. */
const cacheLagMs = 500;

/** Resource versions grow; their texts do not compare as numbers do. */
const versionOf = ({ metadata }: KubeObject): bigint => BigInt(/^\d+$/.exec(metadata.resourceVersion ?? '')?.[0] ?? 0);

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

async function addFinalizer(
  app: Application,
  { client, options }: ApplicationDeps,
  signal: AbortSignal,
): Promise<Application> {
  const { name = '', namespace, resourceVersion = '', finalizers: present = [] } = app.metadata;
  const wanted = { finalizers: [...present, finalizers.application], ...fenceMetadata(fenceFor(app, options)) };
  const body = { metadata: { resourceVersion, ...wanted } };
  return client.patch<Application>(
    applicationResource,
    { name, namespace },
    { type: 'merge', body },
    { fieldManager, signal },
  );
}
