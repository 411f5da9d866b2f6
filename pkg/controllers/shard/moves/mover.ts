import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import type { KubeClient, Named } from '../../../apis/kube-client.ts';
import { splitKey } from '../../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { counter, gauge, histogram } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { Controller } from '../../../reconcile/controller.ts';
import type { Result } from '../../../reconcile/result.ts';
import { changesOf } from '../../../reconcile/source.ts';
import { nextMoverStep } from '../../../scheduling/handover.ts';
import type { Move, Ownership } from '../../../scheduling/handover.ts';
import { applicationFamilies } from '../../family/application.ts';
import type { Families } from '../../family/families.ts';

export interface MoverOptions {
  /** The kind that is moved; Applications when absent. */
  readonly families?: Families | undefined;
  /** For the watch, on every replica. */
  readonly client: KubeClient;
  /** Whether a shard exists, or is not known yet; moves to others are refused. */
  readonly exists: (shard: string) => boolean;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** How many families are moved at once; default 8. */
  readonly workers?: number | undefined;
  /** How long the source may take to acknowledge before the move is reported as stuck; default 60 s. */
  readonly stuckAfterMs?: number | undefined;
}

/** Every step of a move reads all again, so a handful of steps ends each of them; more means a conflict with another writer. */
const maxSteps = 8;
const conflictAgainMs = 200;

/**
 * Carries out requested moves: waits for the source shard to acknowledge, relabels the family, and commits the move in one
 * write of the Application. It watches Applications with a move alone, and keeps no state of its own, so that the next
 * leader continues from the state in the API server.
 */
export class Mover {
  readonly #options: MoverOptions;
  readonly #families: Families;
  readonly #moving: Informer;
  readonly #metrics: ReturnType<typeof moverMetrics>;
  /** When this process first saw each move, and whether it was reported as stuck. */
  readonly #seen = new Map<string, Seen>();

  constructor(options: MoverOptions) {
    const { client, clock, random, logger, metrics } = options;
    this.#options = options;
    this.#families = options.families ?? applicationFamilies;
    this.#moving = new Informer({
      client,
      resource: this.#families.kind.resource,
      labelSelector: this.#families.kind.keys.move,
      metadataOnly: true,
      clock,
      random,
      logger,
    });
    this.#metrics = moverMetrics(metrics);
  }

  /** Number of Applications that move. */
  get moving(): number {
    return this.#moving.size;
  }

  /** The moves under way that this process has seen. */
  list(): readonly Move[] {
    return this.#moving.list().flatMap((object) => this.#families.ownershipOf(object).move ?? []);
  }

  /** Keeps the watch; runs on every replica. */
  async watch(signal: AbortSignal): Promise<void> {
    await this.#moving.run(signal);
  }

  /** Moves through the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock, logger, metrics, workers = 8 } = this.#options;
    this.#seen.clear();
    const controller = new Controller({
      name: 'shard-mover',
      sources: [changesOf(this.#moving)],
      reconcile: (key, { signal: own }) => this.move(client, key, own),
      workers,
      clock,
      logger,
      metrics,
      timeoutMs: 60_000,
      stopGraceMs: 5_000,
      backoff: { baseMs: 200, maxMs: 30_000 },
    });
    await controller.run(signal);
    this.#metrics.inProgress.set(0);
  }

  /** Brings the move of one Application as far as it goes now. */
  async move(client: KubeClient, key: string, signal: AbortSignal): Promise<Result> {
    const { namespace, name } = splitKey(key);
    this.#metrics.inProgress.set(this.#moving.size);
    try {
      for (let i = 0; i < maxSteps; i += 1) {
        const result = await this.#step(client, key, { name, namespace }, signal);
        if (result) return result;
      }
    } catch (error) {
      if (isNotFound(error)) return this.#forget(key);
      if (!isConflict(error)) throw error;
    }
    return { requeueAfterMs: conflictAgainMs };
  }

  /** One write; returns a result when there is nothing more to write now. */
  async #step(client: KubeClient, key: string, target: Named, signal: AbortSignal): Promise<Result | undefined> {
    const family = await this.#families.read(client, target, signal);
    const { main: application, members } = family;
    const own = this.#families.ownershipOf(application);
    const { move } = own;
    if (!move) {
      // a label without a move is removed
      const isIdle =
        own.shard !== undefined && application.metadata.labels?.[this.#families.kind.keys.move] !== undefined;
      if (isIdle) await this.#families.writeOwnership(client, application, own, signal);
      return this.#forget(key);
    }
    if (!move.cancelled && !this.#options.exists(move.to))
      return this.#refuse(client, key, { application, own, move }, signal);
    const seen = this.#firstSeen(key);
    const step = nextMoverStep(
      own,
      members.map(({ object }) => this.#families.shardOf(object)),
    );
    switch (step.do) {
      case 'await-source':
        return this.#await(key, application, move);
      case 'relabel':
        this.#recordAcknowledgement(seen);
        await this.#families.relabel(client, members, step.to, signal);
        return undefined;
      case 'write':
        this.#recordAcknowledgement(seen);
        await this.#families.writeOwnership(client, application, step.ownership, signal);
        this.#reportEnd(application, move);
        this.#observe('family', seen.acknowledgedAt ?? seen.at);
        this.#observe('total', seen.at);
        return this.#forget(key);
      case 'nothing':
        return this.#forget(key);
    }
  }

  /** The source has to acknowledge; its write triggers the next reconcile. */
  #await(key: string, application: KubeObject, move: Move): Result {
    const { clock, events, logger, stuckAfterMs = 60_000 } = this.#options;
    const seen = this.#firstSeen(key);
    const leftMs = seen.at + stuckAfterMs - clock.monotonic();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    if (!seen.isReported) {
      const message = `shard ${move.from} has not acknowledged the move to ${move.to} for ${Math.round(stuckAfterMs / 1000)} s`;
      events.event(application, 'Warning', 'ShardMoveStuck', message);
      logger.warn({ object: key, from: move.from, to: move.to }, 'move stuck');
      this.#metrics.stuck.inc();
      seen.isReported = true;
    }
    return { requeueAfterMs: stuckAfterMs };
  }

  /** Ends a move to a shard that does not exist; after the acknowledgement the family first gets its old label back. */
  async #refuse(
    client: KubeClient,
    key: string,
    { application, own, move }: { readonly application: KubeObject; readonly own: Ownership; readonly move: Move },
    signal: AbortSignal,
  ): Promise<Result | undefined> {
    const isAcknowledged = move.quiesced !== 'no';
    const next = isAcknowledged ? { ...move, cancelled: true } : undefined;
    await this.#families.writeOwnership(client, application, { ...own, move: next }, signal);
    const message = `shard ${move.to} does not exist; it stays with ${move.from}`;
    this.#options.events.event(application, 'Warning', 'ShardMoveRefused', message);
    if (isAcknowledged) return undefined;
    this.#metrics.moves.inc({ ...ends(move), outcome: 'refused', reason: move.reason });
    return this.#forget(key);
  }

  #reportEnd(application: KubeObject, move: Move): void {
    const { events, logger } = this.#options;
    const { from, to, reason, cancelled } = move;
    const { namespace, name } = application.metadata;
    if (cancelled) events.event(application, 'Normal', 'ShardMoveCancelled', `it stays with ${from} (${reason})`);
    else events.event(application, 'Normal', 'ShardMoved', `moved from ${from} to ${to} (${reason})`);
    logger.info(
      { object: `${namespace ?? ''}/${name ?? ''}`, from, to, reason },
      cancelled ? 'move cancelled' : 'moved',
    );
    this.#metrics.moves.inc({ ...ends(move), outcome: cancelled ? 'cancelled' : 'moved', reason });
  }

  /** The source has acknowledged, or is gone. */
  #recordAcknowledgement(seen: Seen): void {
    if (seen.acknowledgedAt !== undefined) return;
    seen.acknowledgedAt = this.#options.clock.monotonic();
    this.#observe('acknowledgement', seen.at);
  }

  #observe(stage: 'acknowledgement' | 'family' | 'total', since: number): void {
    this.#metrics.seconds.observe({ stage }, (this.#options.clock.monotonic() - since) / 1000);
  }

  #firstSeen(key: string): Seen {
    const known = this.#seen.get(key) ?? { at: this.#options.clock.monotonic(), isReported: false };
    this.#seen.set(key, known);
    return known;
  }

  #forget(key: string): Result {
    this.#seen.delete(key);
    return {};
  }
}

/** A move under way; times are the clock's, monotonic. */
interface Seen {
  readonly at: number;
  acknowledgedAt?: number;
  isReported: boolean;
}

const ends = ({ from, to }: Move): { from: string; to: string } => ({ from, to });

function moverMetrics(registry: MetricsRegistry) {
  return {
    moves: counter(registry, {
      name: 'flotilla_shard_moves_total',
      help: 'Moves of Applications between shards by how they ended: moved, cancelled or refused',
      labelNames: ['from', 'to', 'outcome', 'reason'],
    }),
    stuck: counter(registry, {
      name: 'flotilla_shard_moves_stuck_total',
      help: 'Moves that the source shard did not acknowledge for a minute',
    }),
    inProgress: gauge(registry, {
      name: 'flotilla_shard_moves_in_progress',
      help: 'Applications that move, as the leading master sees it',
    }),
    seconds: histogram(registry, {
      name: 'flotilla_shard_move_seconds',
      help: 'Duration of moves: until the source acknowledged, then until the family had moved, and in total',
      labelNames: ['stage'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    }),
  };
}
