import { ignoreNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { fenceRefusalOf } from '../../../apis/fence.ts';
import { keyOf } from '../../../../machinery/src/meta.ts';
import { applicationFamilies } from '../../family/application.ts';
import { asOwner } from '../../family/families.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Family } from '../family/family.ts';
import { isUntouched, liveApplication, newFamily, readFamily } from '../family/family.ts';
import { ReconcileFailure } from '../status/failure.ts';
import { claimFamily } from './claim.ts';
import { fenceFor, overtake } from './fence.ts';
import { ForeignMoves } from './foreign-master.ts';
import { LateWrites } from './late-writes.ts';
import type { OwnershipWrite, Standing } from './standing.ts';
import { isPaused, isSelected, standingOf } from './standing.ts';

/** Decides which Applications are this process's, and hands over those that are not any more. */
export class ApplicationOwnership {
  readonly #deps: ApplicationDeps;
  readonly #late: LateWrites;
  /** Where the master is KubeVela's. */
  readonly #foreign: ForeignMoves | undefined;

  constructor(deps: ApplicationDeps) {
    this.#deps = deps;
    this.#foreign = deps.options.foreignMaster ? new ForeignMoves(deps) : undefined;
    this.#late = new LateWrites(deps.clock, deps.options.lateWriteMs);
  }

  standingOf(key: string, app: Application | undefined): Standing {
    return standingOf(app, this.#deps.options, this.#late.leftMs(key));
  }

  /** Acknowledges a move, or cancels it; undefined when the Application is gone. */
  write({ app, ownership }: OwnershipWrite, signal: AbortSignal): Promise<Application | undefined> {
    return ignoreNotFound(applicationFamilies.writeOwnership(asOwner(this.#deps.client), app, ownership, signal));
  }

  /**
   * Reads an Application and its family from the API server and makes sure that all of it is this shard's. Undefined when
   * it is not, or not yet: then the cache is behind, or the family was changed and must be read again.
   *
   * An Application that no controller has written to is not read: the first write is that of its finalizer, which names the
   * resourceVersion in the cache and meets a conflict where the cache is behind.
   */
  async take(
    app: Application,
    signal: AbortSignal,
  ): Promise<{ readonly app: Application; readonly family: Family } | undefined> {
    const { client, metrics, options } = this.#deps;
    const isNew = isUntouched(app);
    const live = isNew ? app : await ignoreNotFound(liveApplication(client, app, signal));
    if (!live || !isSelected(live, options) || isPaused(live)) return undefined;
    metrics.familyReads.inc();
    const settings = { fence: fenceFor(live, options), compression: options.compression.trackers, signal };
    const isAlone = isNew && this.#deps.hasTrackers?.(keyOf(app)) === false;
    const reading = isAlone ? newFamily(client, live, settings) : readFamily(client, live, settings);
    const family = await Promise.resolve(reading).catch((error: unknown) => {
      throw ReconcileFailure.of({ condition: 'Synced', phase: 'starting' }, error);
    });
    const { shard } = options;
    const claim = { deps: this.#deps, foreign: this.#foreign, signal };
    const isOurs = shard === undefined || (await claimFamily(live, family, { ...claim, shard }));
    return isOurs ? { app: live, family } : undefined;
  }

  /** Under a master of KubeVela: relabels what an Application left behind when it moved; returns when to try again. */
  async followLabel(key: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#foreign?.follow(key, signal);
  }

  /** Records a failed reconcile: its requests may still take effect after their answers were given up. */
  noteFailure(key: string, error: unknown, signal: AbortSignal): void {
    this.#late.note(key, error, signal);
  }

  /** Counts an error that is the refusal of a fence. */
  countRefusal(error: unknown): void {
    const refusal = fenceRefusalOf(error);
    if (!refusal) return;
    this.#deps.metrics.fenceRefusals.inc({ layer: refusal.layer, kind: refusal.kind });
    if (refusal.layer === 'holder' || refusal.layer === 'epoch') this.#deps.onFenceRefused?.();
  }

  /** After the refusal of a fence: raises the epoch of the family where this process is its owner all the same. */
  overtake(error: unknown, app: Application, signal: AbortSignal): Promise<Application | undefined> {
    return overtake(error, app, { deps: this.#deps, signal });
  }
}
