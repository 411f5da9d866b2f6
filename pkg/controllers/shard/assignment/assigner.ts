import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { keyOf, splitKey } from '../../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { Controller } from '../../../reconcile/controller.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { changesOf, keysAfter } from '../../../reconcile/source.ts';
import type { Trigger } from '../../../reconcile/source.ts';
import { shardOfFamily } from '../../../scheduling/assign.ts';
import type { Obstacle } from '../../../scheduling/bounds.ts';
import { applicationFamilies } from '../../family/application.ts';
import type { Families, Family } from '../../family/families.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';
import { assignerMetrics } from './metrics.ts';
import { StrayWatch } from './stray-watch.ts';
import { UnassignedReporter } from './unassigned-reporter.ts';

export interface AssignerOptions {
  /** The kind that is assigned; Applications when absent. */
  readonly families?: Families | undefined;
  /** For the watches, on every replica. */
  readonly client: KubeClient;
  readonly pick: (application: KubeObject) => Promise<string | undefined>;
  /** The shards that exist, in any phase; undefined until they are known. */
  readonly known: () => readonly string[] | undefined;
  /** Changes of the fleet, after which all unassigned objects are tried again at once. */
  readonly fleet?: Trigger | undefined;
  /** Whether any shard could take an object, asked before one is read in vain; true when absent. */
  readonly canPlace?: (() => boolean) | undefined;
  /** Why an object has no shard; nothing is reported when absent. */
  readonly obstacle?: ((object: KubeObject) => Promise<Obstacle>) | undefined;
  /** How long an object may be unassigned before that is reported; 60 s when absent. */
  readonly reportAfterMs?: number | undefined;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** How long an object may name an unknown shard before it is assigned to another one. */
  readonly strayGraceMs: number;
  /** Delay before an object without an eligible shard is tried again; default 2 s. */
  readonly retryPeriodMs?: number | undefined;
  /** Number of concurrent assignments; default 8. */
  readonly workers?: number | undefined;
}

/** Resync of reported objects: only a change of the fleet helps them. */
const reportedPeriodMs = 30_000;

/**
 * Assigns a shard to every Application without one: created while no shard was available, past the webhook, or before
 * sharding was enabled; and to those with the label of a shard that does not exist. It watches these alone, so that its
 * cost does not grow with the number of Applications.
 */
export class Assigner {
  readonly #options: AssignerOptions;
  readonly #families: Families;
  readonly #unassigned: Informer;
  readonly #strays: StrayWatch;
  readonly #retryPeriodMs: number;
  /** By key and named shard: when the stray was first seen. */
  readonly #straySince = new Map<string, { readonly shard: string; readonly at: number }>();
  readonly #reporter: UnassignedReporter;
  readonly #metrics: ReturnType<typeof assignerMetrics>;

  constructor(options: AssignerOptions) {
    const { clock, random, logger, client, events, known, obstacle, reportAfterMs, retryPeriodMs = 2_000 } = options;
    this.#options = options;
    this.#families = options.families ?? applicationFamilies;
    this.#retryPeriodMs = retryPeriodMs;
    const { resource, keys } = this.#families.kind;
    const noObstacle = (): Promise<Obstacle> => Promise.resolve({ reason: 'NoShardAvailable', message: '' });
    const reporterParts = { resource, events, clock, reportAfterMs };
    this.#reporter = new UnassignedReporter({ ...reporterParts, obstacle: obstacle ?? noObstacle });
    this.#metrics = assignerMetrics(options.metrics);
    const newInformer = (labelSelector: string): Informer =>
      new Informer({ client, clock, random, logger, resource, labelSelector, metadataOnly: true });
    this.#unassigned = newInformer(`!${keys.shard}`);
    const strayParts = { label: keys.shard, known, newInformer, clock, logger };
    this.#strays = new StrayWatch({ ...strayParts, periodMs: this.#retryPeriodMs });
  }

  /** Number of objects without an existing shard. */
  get waiting(): number {
    return this.#unassigned.size + this.#strays.list().length;
  }

  get synced(): boolean {
    return this.#unassigned.synced;
  }

  /** Keeps the caches; runs on every replica. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#unassigned.run(signal), this.#strays.run(signal)]);
  }

  /** Assigns through the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock, logger, metrics, workers = 8, fleet } = this.#options;
    const keys = (): readonly string[] => [...this.#unassigned.list(), ...this.#strays.list()].map(keyOf);
    const controller = new Controller({
      ...fleetControllerDefaults,
      name:
        this.#families === applicationFamilies
          ? 'shard-assigner'
          : `shard-assigner-${this.#families.kind.resource.plural}`,
      sources: [changesOf(this.#unassigned), changesOf(this.#strays), ...(fleet ? [keysAfter(fleet, keys)] : [])],
      reconcile: (key, context) => this.reconcile(client, key, context.signal),
      workers,
      backoff: { baseMs: this.#retryPeriodMs, maxMs: 30_000 },
      clock,
      logger,
      metrics,
    });
    const gauges = new PeriodicTask({ name: 'assignment metrics', clock, logger, periodMs: this.#retryPeriodMs });
    await Promise.all([controller.run(signal), gauges.run(() => this.#measure(), signal)]);
  }

  /** Assigns the object of a key, unless it has a shard that exists. */
  async reconcile(client: KubeClient, key: string, signal: AbortSignal): Promise<Result> {
    const object = this.#unassigned.get(key) ?? this.#strays.get(key);
    if (!object) {
      this.#straySince.delete(key);
      this.#reporter.remove(key);
      return done;
    }
    this.#reporter.add(key);
    const graceMs = this.#graceLeftMs(key, object);
    if (graceMs > 0) return { requeueAfterMs: graceMs };
    if (this.#options.canPlace?.() === false) {
      await this.#report(client, object, signal);
      return { requeueAfterMs: this.#reporter.dueInMs(key) ?? reportedPeriodMs };
    }
    try {
      return await this.#assign(client, key, signal);
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return { requeueAfterMs: this.#retryPeriodMs };
      throw error;
    }
  }

  /** How long a stray keeps its label; an empty label is no shard from the start. */
  #graceLeftMs(key: string, object: KubeObject): number {
    const { clock, strayGraceMs } = this.#options;
    const shard = this.#families.shardOf(object);
    if (shard === undefined) return 0;
    const now = clock.monotonic();
    const known = this.#straySince.get(key);
    const since = known?.shard === shard ? known.at : now;
    this.#straySince.set(key, { shard, at: since });
    return since + strayGraceMs - now;
  }

  async #assign(client: KubeClient, key: string, signal: AbortSignal): Promise<Result> {
    const { logger, events } = this.#options;
    const target = splitKey(key);
    const family = await this.#families.read(client, target, signal);
    const from = this.#families.shardOf(family.main);
    if (from !== undefined && this.#isKnown(from)) return done;
    const to = await this.#choose(family);
    if (to === undefined) {
      await this.#report(client, family.main, signal);
      return { requeueAfterMs: this.#retryPeriodMs };
    }
    await this.#revokeReport(client, family.main, to, signal);
    await this.#families.assign(client, family, to, signal);
    this.#metrics.assigned.inc({ shard: to });
    const { kind } = this.#families.kind.resource;
    logger.info({ ...target, kind, shard: to, from }, 'object assigned to shard');
    if (from !== undefined)
      events.event(family.main, 'Warning', 'ShardUnknown', `shard ${from} does not exist; it goes to ${to}`);
    return done;
  }

  async #report(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
    if (this.#options.obstacle) await this.#reporter.report(client, object, signal);
  }

  /** An outdated condition does not delay the assignment. */
  async #revokeReport(client: KubeClient, object: KubeObject, to: string, signal: AbortSignal): Promise<void> {
    if (!this.#options.obstacle) return;
    try {
      await this.#reporter.revoke(client, object, to, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#options.logger.warn({ object: keyOf(object), err: error }, 'failed to write condition Scheduled');
    }
  }

  /** The target of a move under way, else the shard of its family, else the choice of the policy. */
  async #choose({ main, members }: Family): Promise<string | undefined> {
    const wanted = this.#families.ownershipOf(main).move;
    if (wanted && !wanted.cancelled && this.#isKnown(wanted.to)) return wanted.to;
    const only = shardOfFamily(
      members.map(({ object }) => object),
      () => undefined,
      this.#families.kind.keys.shard,
    );
    return only !== undefined && this.#isKnown(only) ? only : this.#options.pick(main);
  }

  #isKnown(shard: string): boolean {
    return this.#options.known()?.includes(shard) ?? true;
  }

  #measure(): Promise<Result> {
    this.#metrics.unassigned.set(this.#unassigned.size);
    this.#metrics.strays.set(this.#strays.list().length);
    this.#metrics.oldest.set(this.#reporter.oldestMs / 1000);
    return Promise.resolve(done);
  }
}
