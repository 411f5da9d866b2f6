import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations } from '../../../apis/names.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import type { ShardLister } from '../../../fleet/shard-lister.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { afterRequest, countMoves, mayRequest, newPace, paceAt, pauseMs, withMove } from '../../../scheduling/pace.ts';
import type { MoveCounts, MoveEnds, Pace, PaceAnswer, PaceLimits, WantedMoves } from '../../../scheduling/pace.ts';
import { planRebalance } from '../../../scheduling/rebalance.ts';
import type { RebalanceRules } from '../../../scheduling/rebalance.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { movableOf, placeLeastLoaded, requestMoveOf } from './move-requests.ts';
import type { Place } from './move-requests.ts';
import { operationsMetrics } from './metrics.ts';
import type { OperationsMetrics } from './metrics.ts';

export interface RebalancerOptions {
  readonly view: ShardLister;
  /** All moves under way. */
  readonly underWay: () => readonly MoveEnds[];
  /** Called with one shard to check whether an Application may go there; default: it may. */
  readonly place?: Place | undefined;
  readonly rules: RebalanceRules;
  readonly limits?: PaceLimits | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Between two runs; default 5 s, and half a second while moves are requested. */
  readonly periodMs?: number | undefined;
  readonly busyMs?: number | undefined;
  /** How long shards need to report their counts after the last move, and at the start; default 10 s. */
  readonly settleMs?: number | undefined;
}

/** Slower than a drain, and within a budget, because it is not urgent. */
export const rebalanceLimits: PaceLimits = { perSecond: 10, burst: 10, perSource: 10, perTarget: 10, perHour: 3600 };

/** How many Applications that may not move are passed over before a planned move is dropped. */
const maxPassedOver = 500;

/** Applications of an affinity or serial group stay with their group unless their shard is drained. */
const staysPut = ({ metadata: { annotations: found } }: KubeObject): boolean =>
  found?.[annotations.shardAffinity] !== undefined || found?.[annotations.serialGroup] !== undefined;

/** The moves of a plan that are not requested yet, and the pace that is left. */
export interface BatchState {
  readonly left: readonly WantedMoves[];
  readonly pace: Pace;
  readonly counts: MoveCounts;
}

export interface BatchParts {
  readonly client: KubeClient;
  readonly limits: PaceLimits;
  readonly clock: Clock;
  /** Whether this Application may go to that shard. */
  readonly may: (application: KubeObject, to: string) => boolean;
  readonly onRequest?: ((application: KubeObject, ends: MoveEnds) => void) | undefined;
  readonly onDeferred?: ((because: Exclude<PaceAnswer, 'yes'>) => void) | undefined;
}

/** Requests as many moves of a plan as the pace allows now; a planned move without a movable Application is dropped. */
export async function requestBatch(parts: BatchParts, state: BatchState, signal: AbortSignal): Promise<BatchState> {
  let { pace, counts } = state;
  const left: WantedMoves[] = [];
  for (const { from, to, count } of state.left) {
    const outcome = await requestSome(parts, { from, to, count }, { pace, counts }, signal);
    ({ pace, counts } = outcome);
    if (outcome.missing > 0) left.push({ from, to, count: outcome.missing });
  }
  return { left, pace, counts };
}

async function requestSome(
  { client, limits, clock, may, onRequest, onDeferred }: BatchParts,
  { from, to, count }: WantedMoves,
  given: Pick<BatchState, 'pace' | 'counts'>,
  signal: AbortSignal,
): Promise<Pick<BatchState, 'pace' | 'counts'> & { readonly missing: number }> {
  let { pace, counts } = given;
  let missing = count;
  let passedOver = 0;
  let answer = mayRequest(pace, limits, counts, { from, to });
  if (answer === 'yes') {
    for await (const application of movableOf(client, { shard: from, keepsFleetsOwn: true }, signal)) {
      if (staysPut(application) || !may(application, to)) {
        passedOver += 1;
        if (passedOver >= maxPassedOver) break;
        continue;
      }
      if (!(await requestMoveOf(client, application, { to, reason: 'rebalance' }, { clock, signal }))) continue;
      onRequest?.(application, { from, to });
      pace = afterRequest(pace);
      counts = withMove(counts, { from, to });
      missing -= 1;
      answer = mayRequest(pace, limits, counts, { from, to });
      if (missing === 0 || answer !== 'yes') break;
    }
  }
  if (missing === 0) return { pace, counts, missing };
  if (answer === 'yes') return { pace, counts, missing: 0 };
  onDeferred?.(answer);
  return { pace, counts, missing };
}

/**
 * Balances the fleet as `--shard-rebalance` says: plans, requests the moves at its pace, waits until they have ended and
 * the shards have reported their counts, and plans again. A plan is dropped when a shard is neither ready nor gone.
 */
export class Rebalancer {
  readonly #options: RebalancerOptions;
  readonly #limits: PaceLimits;
  readonly #metrics: OperationsMetrics;
  #pace: Pace;
  #left: readonly WantedMoves[] = [];
  #isActive = false;
  #settledAt = 0;

  constructor(options: RebalancerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? rebalanceLimits;
    this.#metrics = operationsMetrics(options.metrics);
    this.#pace = newPace(this.#limits, options.clock.monotonic());
  }

  /** Rebalances through the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, rules, periodMs = 5_000, settleMs = 10_000 } = this.#options;
    if (rules.mode === 'off') return;
    this.#dropPlan();
    await view.whenSynced(signal);
    // the last leader may have moved Applications that the shards have not reported yet
    this.#settledAt = clock.monotonic() + settleMs;
    const task = new PeriodicTask({ name: 'rebalance', clock, logger, periodMs });
    await task.run(() => this.step(client, signal), signal);
  }

  /** Plans when there is no plan, and requests as many of its moves as the pace allows. */
  async step(client: KubeClient, signal: AbortSignal): Promise<Result> {
    await this.#advance(client, signal);
    const { random, busyMs = 500 } = this.#options;
    return this.#left.length > 0 ? { requeueAfterMs: pauseMs(this.#pace, this.#limits, busyMs, random) } : done;
  }

  async #advance(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, underWay, clock, settleMs = 10_000 } = this.#options;
    const now = clock.monotonic();
    const moves = underWay();
    const views = view.shards();
    if (this.#left.length === 0) {
      if (moves.length > 0) this.#settledAt = now + settleMs;
      if (now < this.#settledAt) return;
      this.#plan(views, moves.length);
    } else if (this.#isInDoubt(views)) {
      this.#dropPlan();
    }
    if (this.#left.length === 0) return;
    await this.#request(client, views, moves, signal);
    this.#settledAt = clock.monotonic() + settleMs;
  }

  #plan(views: readonly ShardView[], underWay: number): void {
    const { rules, logger } = this.#options;
    const counts = new Map(views.map(({ id, applications }) => [id, applications]));
    const { moves, held } = planRebalance(views, counts, rules, { underWay, isActive: this.#isActive });
    this.#left = moves;
    this.#isActive = moves.length > 0;
    this.#metrics.planned(sumOf(moves));
    if (held !== undefined) logger.debug({ reason: held }, 'rebalancing held');
    if (moves.length > 0) logger.info({ moves: sumOf(moves) }, 'rebalancing');
  }

  async #request(
    client: KubeClient,
    views: readonly ShardView[],
    moves: readonly MoveEnds[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, logger, place = placeLeastLoaded } = this.#options;
    const may = (application: KubeObject, to: string): boolean => {
      const target = views.find(({ id }) => id === to);
      return target?.isAvailable === true && place(application, [target]) === to;
    };
    const parts: BatchParts = {
      client,
      clock,
      limits: this.#limits,
      may,
      onRequest: ({ metadata: { namespace, name } }, { from, to }) => {
        this.#metrics.requested('rebalance');
        logger.debug({ namespace, name, from, to, reason: 'rebalance' }, 'move requested');
      },
      onDeferred: (because) => {
        this.#metrics.deferred('rebalance', because);
      },
    };
    const pace = paceAt(this.#pace, this.#limits, clock.monotonic());
    const state = await requestBatch(parts, { left: this.#left, pace, counts: countMoves(moves) }, signal);
    this.#pace = state.pace;
    this.#left = state.left;
    this.#metrics.planned(sumOf(state.left));
  }

  #isInDoubt(views: readonly ShardView[]): boolean {
    const { rules } = this.#options;
    return planRebalance(views, new Map(), rules, { underWay: 0, isActive: false }).held !== undefined;
  }

  #dropPlan(): void {
    this.#left = [];
    this.#isActive = false;
    this.#metrics.planned(0);
  }
}

const sumOf = (moves: readonly WantedMoves[]): number => moves.reduce((sum, { count }) => sum + count, 0);
