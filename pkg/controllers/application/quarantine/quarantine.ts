import type { Counter, Gauge } from 'prom-client';
import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import { keyOf, splitKey } from '../../../apis/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Logger } from '../../../logging/logger.ts';
import { counter, gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { ownershipOf } from '../../../scheduling/ownership.ts';
import type { ReconcileContext, Reconciler, Result } from '../../../reconcile/result.ts';
import type { Journal } from '../../../workqueue/journal.ts';
import { asOwner, fleetFieldManager } from '../../family/families.ts';
import type { ApplicationDeps } from '../deps.ts';
import { withCondition, withoutConditions } from '../status/conditions.ts';
import { writeStatus } from '../status/write-status.ts';
import { isoTime } from '../../../workflow/run.ts';

/** How often a controller died while it worked on an Application, and when last (milliseconds since the epoch). */
export interface Suspicion {
  readonly crashes: number;
  readonly at: number;
  /** The last of them was counted before it happened, when a controller began to work on the suspect. */
  readonly inAdvance?: true;
}

/** From so many crashes on an Application is left alone for a while: once may have been anybody's fault. */
const guiltyFrom = 2;
const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;
/** How long a process that ends may take to say that it did not crash. */
const withdrawMs = 2_000;

/** What is held against an Application; nothing that can be read is nothing. */
export function suspicionOf({ metadata }: Pick<Application, 'metadata'>): Suspicion | undefined {
  try {
    const read = JSON.parse(metadata.annotations?.[annotations.crashes] ?? 'null') as Partial<Suspicion> | null;
    const { crashes, at, inAdvance } = read ?? {};
    if (typeof crashes !== 'number' || crashes <= 0 || typeof at !== 'number') return undefined;
    return { crashes, at, ...(inAdvance === true && { inAdvance }) };
  } catch {
    return undefined;
  }
}

function pauseMsOf(crashes: number): number {
  return crashes < guiltyFrom ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (crashes - guiltyFrom));
}

/** For how much longer an Application is to be left alone. */
export function pauseLeftMs({ crashes, at }: Suspicion, now: number): number {
  const pauseMs = pauseMsOf(crashes);
  // a clock that was turned back must not keep it for longer than the pause
  return Math.max(0, Math.min(pauseMs, at + pauseMs - now));
}

export interface QuarantineOptions extends Pick<ApplicationDeps, 'client' | 'events' | 'applications'> {
  readonly shard: string | undefined;
  /** Undefined where none can be kept. */
  readonly journal: Journal | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/**
 * Keeps an Application that kills the process that works on it from taking the others down with it. What was in work at
 * a crash is suspect: suspects are worked on one at a time, so that the next crash tells which it was. Whoever was in work
 * at two crashes is left alone for a minute, then two, up to an hour; whoever is worked on well is cleared.
 *
 * A suspect's next crash is counted before it is worked on, and taken back afterwards: so whoever has the shard next knows of
 * it, wherever the process that died kept its journal.
 */
export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #metrics: { readonly held: Gauge; readonly crashes: Counter };
  readonly #held = new Set<string>();
  /** Applications as they were last marked, until the cache has caught up. */
  readonly #marked = new Map<string, Application>();
  /** What was held against suspects before this process began to work on them, until that is settled. */
  readonly #trials = new Map<string, Suspicion>();
  /** Since when what is left alone was seen as it is, on the monotonic clock. */
  readonly #seen = new Map<string, Suspicion & { readonly since: number }>();

  constructor(options: QuarantineOptions) {
    this.#options = options;
    this.#metrics = quarantineMetrics(options.metrics);
  }

  /** Whether the process may have died of this one. */
  isSuspect(key: string): boolean {
    const app = this.#application(key);
    return app !== undefined && suspicionOf(app) !== undefined;
  }

  /** Holds a crash against what was in work then, as far as it is this shard's. Returns the keys that are dealt with. */
  async accuse(keys: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const done: string[] = [];
    for (const key of keys) {
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        try {
          if (await this.#accuse(key, signal)) done.push(key);
          break;
        } catch (error) {
          if (isConflict(error)) continue;
          if (isNotFound(error)) done.push(key);
          else this.#options.logger.warn({ err: error, object: key }, 'a crash cannot be held against it now');
          break;
        }
      }
    }
    for (const key of done) this.#options.journal?.settle(key);
    return done;
  }

  /** The reconciler, which leaves alone what is in quarantine and writes down what is in work. */
  guard(reconcile: Reconciler): Reconciler {
    return async (key, context) => {
      const { journal } = this.#options;
      const app = this.#application(key);
      // letting an Application go is no work on it, and who takes it over knows what is held against it
      if (app && ownershipOf(app).move) return reconcile(key, context);
      const suspicion = app && suspicionOf(app);
      const waitMs = suspicion ? this.#pauseLeftMs(key, suspicion) : 0;
      this.#count(key, waitMs > 0);
      if (app && waitMs > 0) {
        // who died of it last could not
        await this.#tell(app, context.signal);
        return { requeueAfterMs: waitMs };
      }
      journal?.begin(key);
      try {
        return await (suspicion ? this.#onTrial(reconcile, key, context) : reconcile(key, context));
      } finally {
        journal?.end(key);
      }
    };
  }

  /** Ends the term: what is counted is not this process' any more. */
  close(): void {
    for (const key of [...this.#held]) this.#count(key, false);
  }

  #application(key: string): Application | undefined {
    const { namespace = '', name } = splitKey(key);
    const cached = this.#options.applications.get(namespace, name);
    const marked = this.#marked.get(key);
    const isNewer = marked && cached && isNewerThan(marked, cached);
    if (marked && !isNewer) this.#marked.delete(key);
    return isNewer ? marked : cached;
  }

  /** No longer than the pause after it was first seen here, as the calendar of whoever wrote it may be ahead. */
  #pauseLeftMs(key: string, suspicion: Suspicion): number {
    const { clock } = this.#options;
    // a crash that this process counted in advance did not come
    const isRefuted = suspicion.inAdvance === true && this.#trials.has(key);
    const leftMs = isRefuted ? 0 : pauseLeftMs(suspicion, clock.now());
    if (leftMs === 0) {
      this.#seen.delete(key);
      return 0;
    }
    const { crashes, at } = suspicion;
    const seen = this.#seen.get(key);
    const first = seen?.crashes === crashes && seen.at === at ? seen : { crashes, at, since: clock.monotonic() };
    this.#seen.set(key, first);
    return Math.max(0, Math.min(leftMs, first.since + pauseMsOf(crashes) - clock.monotonic()));
  }

  async #accuse(key: string, signal: AbortSignal): Promise<boolean> {
    const { clock, logger } = this.#options;
    const app = await this.#read(key, signal);
    if (!app) return false;
    const before = suspicionOf(app);
    const suspicion = before?.inAdvance ? before : { crashes: (before?.crashes ?? 0) + 1, at: clock.now() };
    const marked = before?.inAdvance ? app : await this.#mark(app, suspicion, signal);
    this.#metrics.crashes.inc();
    const { crashes } = suspicion;
    logger.error({ object: key, crashes }, 'the controller died while it worked on this application');
    await this.#tell(marked, signal);
    return true;
  }

  /** Works on a suspect. Whatever comes of it, this process lives. */
  async #onTrial(reconcile: Reconciler, key: string, context: ReconcileContext): Promise<Result> {
    await this.#charge(key, context.signal);
    try {
      const result = await reconcile(key, context);
      await this.#acquit(key, context.signal);
      return result;
    } catch (error) {
      await this.#withdraw(key);
      throw error;
    }
  }

  /** Counts the crash that may come. */
  async #charge(key: string, signal: AbortSignal): Promise<void> {
    const app = await this.#readIfThere(key, signal);
    const before = app && suspicionOf(app);
    if (!before || (before.inAdvance && this.#trials.has(key))) return;
    // remembered first, as the write may happen and fail all the same
    this.#trials.set(key, before);
    await this.#mark(app, { crashes: before.crashes + 1, at: this.#options.clock.now(), inAdvance: true }, signal);
  }

  /** It was worked on and the process lives. */
  async #acquit(key: string, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const app = await this.#readIfThere(key, signal);
    if (app && suspicionOf(app)) {
      const marked = await this.#mark(app, undefined, signal);
      const conditions = withoutConditions(marked.status?.conditions ?? [], ['Quarantined']);
      await writeStatus({ client }, marked, { ...marked.status, conditions }, signal);
    }
    this.#trials.delete(key);
  }

  /** The work on it came to nothing, which says neither. */
  async #withdraw(key: string): Promise<void> {
    const before = this.#trials.get(key);
    if (!before) return;
    // also when this process is told to stop
    const signal = AbortSignal.timeout(withdrawMs);
    try {
      const app = await this.#readIfThere(key, signal);
      if (app && suspicionOf(app)?.inAdvance) await this.#mark(app, before, signal);
      this.#trials.delete(key);
    } catch (error) {
      this.#options.logger.warn({ err: error, object: key }, 'a crash that did not happen stays counted for now');
    }
  }

  /** Says that it is left alone, once. */
  async #tell(app: Application, signal: AbortSignal): Promise<void> {
    const message = untold(app);
    if (message === undefined) return;
    const { client, clock, events } = this.#options;
    const change = { type: 'Quarantined', status: 'True', reason: 'ControllerCrashed', message } as const;
    const conditions = withCondition(app.status?.conditions ?? [], change, isoTime(clock.now()));
    const { app: written } = await writeStatus({ client }, app, { ...app.status, conditions }, signal);
    this.#marked.set(keyOf(written), written);
    events.event(app, 'Warning', 'Quarantined', message);
  }

  /** The Application as it is now, where it is this shard's. */
  async #read(key: string, signal: AbortSignal): Promise<Application | undefined> {
    const { client, shard } = this.#options;
    const { namespace, name } = splitKey(key);
    const app = await client.get<Application>(applicationResource, { namespace, name }, { signal });
    const isOurs = shard === undefined || app.metadata.labels?.[labels.scheduledShardId] === shard;
    return isOurs ? app : undefined;
  }

  async #readIfThere(key: string, signal: AbortSignal): Promise<Application | undefined> {
    try {
      return await this.#read(key, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #mark(app: Application, suspicion: Suspicion | undefined, signal: AbortSignal): Promise<Application> {
    const { name = '', namespace, resourceVersion = '' } = app.metadata;
    const value = suspicion ? JSON.stringify(suspicion) : null;
    const body = { metadata: { resourceVersion, annotations: { [annotations.crashes]: value } } };
    const options = { fieldManager: fleetFieldManager, signal };
    const target = { name, namespace };
    const client = asOwner(this.#options.client);
    const marked = await client.patch<Application>(applicationResource, target, { type: 'merge', body }, options);
    this.#marked.set(keyOf(marked), marked);
    return marked;
  }

  #count(key: string, isHeld: boolean): void {
    if (isHeld === this.#held.has(key)) return;
    if (isHeld) this.#held.add(key);
    else this.#held.delete(key);
    // several shards of one process share the number
    if (isHeld) this.#metrics.held.inc();
    else this.#metrics.held.dec();
  }
}

/** What is to be said of an Application that is left alone and does not say so yet. */
function untold(app: Application): string | undefined {
  const { crashes } = suspicionOf(app) ?? { crashes: 0 };
  const pauseMs = pauseMsOf(crashes);
  if (pauseMs === 0) return undefined;
  const minutes = Math.round(pauseMs / 60_000);
  const message = `the controller died ${crashes} times while it worked on this application; it is left alone for ${minutes} min`;
  const isSaid = app.status?.conditions?.some((c) => c.type === 'Quarantined' && c.message === message) ?? false;
  return isSaid ? undefined : message;
}

function isNewerThan(a: Application, b: Application): boolean {
  const versionOf = ({ metadata }: Application): bigint =>
    BigInt(/^\d+$/.exec(metadata.resourceVersion ?? '')?.[0] ?? 0);
  return a.metadata.uid === b.metadata.uid && versionOf(a) > versionOf(b);
}

function quarantineMetrics(registry: MetricsRegistry): { readonly held: Gauge; readonly crashes: Counter } {
  return {
    held: gauge(registry, {
      name: 'flotilla_quarantined_applications',
      help: 'Applications that are left alone because the controller died of them again and again',
    }),
    crashes: counter(registry, {
      name: 'flotilla_application_crashes_total',
      help: 'Applications that were in work when a controller died, counted by the next one',
    }),
  };
}
