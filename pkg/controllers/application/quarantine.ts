import type { Counter, Gauge } from 'prom-client';
import { isConflict, isNotFound } from '../../apis/api-error.ts';
import type { Application } from '../../apis/application.ts';
import { applicationResource } from '../../apis/application.ts';
import { keyOf, splitKey } from '../../apis/meta.ts';
import { annotations, labels } from '../../apis/names.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { counter, gauge } from '../../metrics/declare.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import { ownershipOf } from '../../scheduling/ownership.ts';
import type { Reconciler } from '../../reconcile/result.ts';
import type { Journal } from '../../workqueue/journal.ts';
import { asOwner, fleetFieldManager } from '../family/families.ts';
import type { ApplicationDeps } from './deps.ts';
import { StatusDraft } from './status-draft.ts';

/** How often a controller died while it worked on an Application, and when last (milliseconds since the epoch). */
export interface Suspicion {
  readonly crashes: number;
  readonly at: number;
}

/** From so many crashes on an Application is left alone for a while: once may have been anybody's fault. */
const guiltyFrom = 2;
const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;

/** What is held against an Application; nothing that can be read is nothing. */
export function suspicionOf({ metadata }: Pick<Application, 'metadata'>): Suspicion | undefined {
  try {
    const read = JSON.parse(metadata.annotations?.[annotations.crashes] ?? 'null') as Partial<Suspicion> | null;
    const { crashes, at } = read ?? {};
    return typeof crashes === 'number' && crashes > 0 && typeof at === 'number' ? { crashes, at } : undefined;
  } catch {
    return undefined;
  }
}

/** For how much longer an Application is to be left alone. */
export function pauseLeftMs({ crashes, at }: Suspicion, now: number): number {
  if (crashes < guiltyFrom) return 0;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (crashes - guiltyFrom));
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
 */
export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #metrics: { readonly held: Gauge; readonly crashes: Counter };
  readonly #held = new Set<string>();
  /** Applications as they were last marked, until the cache has caught up. */
  readonly #marked = new Map<string, Application>();

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
          if (isNotFound(error)) done.push(key);
          if (!isConflict(error)) break;
        }
      }
    }
    for (const key of done) this.#options.journal?.settle(key);
    return done;
  }

  /** The reconciler, which leaves alone what is in quarantine and writes down what is in work. */
  guard(reconcile: Reconciler): Reconciler {
    return async (key, context) => {
      const { journal, clock } = this.#options;
      const app = this.#application(key);
      // letting an Application go is no work on it, and who takes it over knows what is held against it
      if (app && ownershipOf(app).move) return reconcile(key, context);
      const suspicion = app && suspicionOf(app);
      const waitMs = suspicion ? pauseLeftMs(suspicion, clock.now()) : 0;
      this.#count(key, waitMs > 0);
      if (waitMs > 0) return { requeueAfterMs: waitMs };
      journal?.begin(key);
      try {
        const result = await reconcile(key, context);
        if (suspicion) await this.#acquit(key, context.signal);
        return result;
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

  async #accuse(key: string, signal: AbortSignal): Promise<boolean> {
    const { client, clock, logger, events } = this.#options;
    const app = await this.#read(key, signal);
    if (!app) return false;
    const crashes = (suspicionOf(app)?.crashes ?? 0) + 1;
    const suspicion = { crashes, at: clock.now() };
    const marked = await this.#mark(app, JSON.stringify(suspicion), signal);
    this.#metrics.crashes.inc();
    logger.error({ object: key, crashes }, 'the controller died while it worked on this application');
    if (crashes < guiltyFrom) return true;
    const minutes = Math.round(pauseLeftMs(suspicion, clock.now()) / 60_000);
    const message = `the controller died ${crashes} times while it worked on this application; it is left alone for ${minutes} min`;
    events.event(marked, 'Warning', 'Quarantined', message);
    const draft = new StatusDraft(client, marked, () => clock.now());
    draft.condition({ type: 'Quarantined', status: 'True', reason: 'ControllerCrashed', message });
    await draft.write(signal);
    return true;
  }

  /** It was worked on and the process lives. */
  async #acquit(key: string, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const app = await this.#read(key, signal).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (!app || !suspicionOf(app)) return;
    const marked = await this.#mark(app, null, signal);
    const draft = new StatusDraft(client, marked, () => clock.now());
    const { conditions = [] } = draft.value;
    draft.set({ conditions: conditions.filter(({ type }) => type !== 'Quarantined') });
    await draft.write(signal);
  }

  /** The Application as it is now, where it is this shard's. */
  async #read(key: string, signal: AbortSignal): Promise<Application | undefined> {
    const { client, shard } = this.#options;
    const { namespace, name } = splitKey(key);
    const app = await client.get<Application>(applicationResource, { namespace, name }, { signal });
    const isOurs = shard === undefined || app.metadata.labels?.[labels.scheduledShardId] === shard;
    return isOurs ? app : undefined;
  }

  async #mark(app: Application, value: string | null, signal: AbortSignal): Promise<Application> {
    const { name = '', namespace, resourceVersion = '' } = app.metadata;
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
