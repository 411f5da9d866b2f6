import type { EventSink } from '../../../apis/event-sink.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import type { ShardLister } from '../../../fleet/shard-lister.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import { done } from '../../../reconcile/result.ts';
import { planDrain, withArrivals } from '../../../scheduling/drain.ts';
import type { DrainPlan, DrainRules } from '../../../scheduling/drain.ts';
import { afterRequest, countMoves, mayRequest, newPace, paceAt, pauseMs, withMove } from '../../../scheduling/pace.ts';
import type { MoveCounts, MoveEnds, Pace, PaceLimits } from '../../../scheduling/pace.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { writeDrainState } from './drain-condition.ts';
import type { DrainState } from './drain-condition.ts';
import { isFleetsOwn, isShardEmpty, movableOf, placeLeastLoaded, requestMoveOf } from './move-requests.ts';
import type { Emptying, Place } from './move-requests.ts';
import { operationsMetrics } from './metrics.ts';
import type { MoveCause, OperationsMetrics } from './metrics.ts';
import type { ScaleIn } from '../scaling/scale-in.ts';

export interface DrainerOptions {
  readonly view: ShardLister;
  readonly scaleIn: ScaleIn;
  /** All moves under way. */
  readonly underWay: () => readonly MoveEnds[];
  /** Default: the shard with the fewest Applications for its weight. */
  readonly place?: Place | undefined;
  readonly rules: DrainRules;
  readonly limits?: PaceLimits | undefined;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Between two runs while a shard is drained, and otherwise; default 500 ms and 2 s. */
  readonly busyMs?: number | undefined;
  readonly idleMs?: number | undefined;
  /** How long a shard must be empty before its Deployment is released; default 1 s. */
  readonly settleMs?: number | undefined;
  /** How long shards take to report arrived Applications; default 5 s. */
  readonly reportedAfterMs?: number | undefined;
}

/** No budget for an hour: a drain ends as soon as possible. */
const drainLimits: PaceLimits = { perSecond: 50, burst: 25, perSource: 50, perTarget: 50 };

/** How many Applications one run passes over because of limits before the others wait for the next. */
const maxPassedOver = 50;

interface Source {
  readonly id: string;
  readonly reason: MoveCause;
  readonly deployment: KubeObject | undefined;
}

/**
 * Drains shards: at a user's request, when no process can adopt them, and before their Deployment is deleted. Its memory
 * holds nothing but its pace, so that the next leader continues from the state in the API server.
 */
export class Drainer {
  readonly #options: DrainerOptions;
  readonly #limits: PaceLimits;
  readonly #metrics: OperationsMetrics;
  #pace: Pace;
  #turn = 0;
  readonly #task: PeriodicTask;
  #recent: (MoveEnds & { readonly at: number })[] = [];
  #counts: MoveCounts = countMoves([]);
  readonly #reported = new Map<string, DrainState>();
  readonly #emptySince = new Map<string, number>();

  constructor(options: DrainerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? drainLimits;
    this.#metrics = operationsMetrics(options.metrics);
    this.#pace = newPace(this.#limits, options.clock.monotonic());
    const { clock, logger, idleMs = 2_000, busyMs = 500 } = options;
    this.#task = new PeriodicTask({ name: 'drain', clock, logger, periodMs: idleMs, retryMs: busyMs });
    options.scaleIn.onChange(this.#task.wake);
  }

  /** Drains through the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, scaleIn, random, busyMs = 500 } = this.#options;
    this.#reported.clear();
    this.#emptySince.clear();
    await Promise.all([view.whenSynced(signal), scaleIn.whenSynced(signal)]);
    await this.#task.run(async () => {
      const isBusy = await this.sweep(client, signal);
      return isBusy ? { requeueAfterMs: pauseMs(this.#pace, this.#limits, busyMs, random) } : done;
    }, signal);
  }

  /** One run over all shards; returns whether any of them is drained. */
  async sweep(client: KubeClient, signal: AbortSignal): Promise<boolean> {
    const { view, scaleIn, clock, underWay } = this.#options;
    const views = view.shards();
    await scaleIn.mark(client, (id) => (byId(views, id)?.facts.pods.length ?? 0) > 0, signal);
    const sources = this.#sources(views);
    this.#pace = paceAt(this.#pace, this.#limits, clock.monotonic());
    this.#counts = countMoves(underWay());
    this.#metrics.draining(new Map(sources.map(({ id }) => [id, byId(views, id)?.applications ?? 0])));
    // each run begins with another shard, so that none takes all tokens
    this.#turn += 1;
    const first = sources.length > 0 ? this.#turn % sources.length : 0;
    const leaving = new Set(sources.filter(({ deployment }) => deployment).map(({ id }) => id));
    for (const source of [...sources.slice(first), ...sources.slice(0, first)]) {
      const plan = planDrain(views, source.id, leaving, this.#options.rules);
      await this.#drain(client, source, plan, signal);
    }
    await this.#clearOthers(client, new Set(sources.map(({ id }) => id)), signal);
    return sources.length > 0;
  }

  #sources(views: readonly ShardView[]): readonly Source[] {
    const leaving = this.#options.scaleIn.leaving();
    const sources = new Map<string, Source>();
    for (const { id, phase, draining } of views) {
      if (phase === 'Evacuating') sources.set(id, { id, reason: 'evacuation', deployment: leaving.get(id) });
      else if (draining) sources.set(id, { id, reason: 'drain', deployment: leaving.get(id) });
    }
    for (const [id, deployment] of leaving) if (!sources.has(id)) sources.set(id, { id, reason: 'drain', deployment });
    return [...sources.values()];
  }

  async #drain(client: KubeClient, source: Source, plan: DrainPlan, signal: AbortSignal): Promise<void> {
    const { id, deployment } = source;
    const { found, stuck } = await this.#requestMoves(client, source, plan, signal);
    if (found === 0 && (await isShardEmpty(client, this.#emptying(id), signal))) {
      await this.#report(client, source, { state: 'drained', plan }, signal);
      if (deployment) await this.#releaseDeployment(client, source, deployment, signal);
      return;
    }
    this.#emptySince.delete(id);
    const isBlocked = found > 0 && (plan.targets.length === 0 || stuck === found);
    await this.#report(client, source, { state: isBlocked ? 'blocked' : 'draining', plan }, signal);
  }

  /** The fleet's own Application stays with the last resort. */
  #emptying(shard: string): Emptying {
    return { shard, keepsFleetsOwn: shard === this.#options.rules.lastResort };
  }

  /** Returns how many Applications have to move and do not yet, and for how many of them no shard is eligible. */
  async #requestMoves(
    client: KubeClient,
    source: Source,
    plan: DrainPlan,
    signal: AbortSignal,
  ): Promise<{ readonly found: number; readonly stuck: number }> {
    const { id: from, reason } = source;
    let found = 0;
    let stuck = 0;
    let passedOver = 0;
    for await (const application of movableOf(client, this.#emptying(from), signal)) {
      found += 1;
      const to = this.#target(application, from, plan);
      const answer = to === undefined ? 'no-shard' : mayRequest(this.#pace, this.#limits, this.#counts, { from, to });
      if (to !== undefined && answer === 'yes') {
        await this.#request(client, application, { from, to, reason }, signal);
        continue;
      }
      this.#metrics.deferred(reason, answer === 'yes' ? 'no-shard' : answer);
      if (answer === 'no-shard') stuck += 1;
      passedOver += 1;
      // others may go elsewhere, but not for ever
      const othersMay = answer === 'target' || (answer === 'no-shard' && plan.targets.length > 0);
      if (!othersMay || passedOver >= maxPassedOver) break;
    }
    return { found, stuck };
  }

  #target(application: KubeObject, from: string, plan: DrainPlan): string | undefined {
    const { view, place = placeLeastLoaded, rules } = this.#options;
    const home = byId(view.shards(), rules.lastResort);
    if (isFleetsOwn(application) && home && home.id !== from) return home.id;
    if (plan.isLastResort) return plan.targets[0]?.id;
    return place(application, withArrivals(plan.targets, this.#arrivals()));
  }

  /** Arrivals that shards have not reported yet: moves under way, and those that were requested a moment ago. */
  #arrivals(): ReadonlyMap<string, number> {
    const { clock, reportedAfterMs = 5_000 } = this.#options;
    const oldest = clock.monotonic() - reportedAfterMs;
    this.#recent = this.#recent.filter(({ at }) => at > oldest);
    const recent = countMoves(this.#recent).to;
    const ids = new Set([...recent.keys(), ...this.#counts.to.keys()]);
    return new Map([...ids].map((id) => [id, Math.max(recent.get(id) ?? 0, this.#counts.to.get(id) ?? 0)]));
  }

  async #request(
    client: KubeClient,
    application: KubeObject,
    { from, to, reason }: MoveEnds & { readonly reason: MoveCause },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, logger } = this.#options;
    if (!(await requestMoveOf(client, application, { to, reason }, { clock, signal }))) return;
    this.#pace = afterRequest(this.#pace);
    this.#counts = withMove(this.#counts, { from, to });
    this.#recent.push({ from, to, at: clock.monotonic() });
    this.#metrics.requested(reason);
    const { namespace, name } = application.metadata;
    logger.debug({ namespace, name, from, to, reason }, 'move requested');
  }

  async #releaseDeployment(
    client: KubeClient,
    { id }: Source,
    deployment: KubeObject,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, scaleIn, logger, settleMs = 1_000 } = this.#options;
    const since = this.#emptySince.get(id) ?? clock.monotonic();
    this.#emptySince.set(id, since);
    if (clock.monotonic() - since < settleMs) return;
    if (!(await scaleIn.release(client, deployment, signal))) return;
    this.#emptySince.delete(id);
    logger.info({ shard: id }, 'shard is empty, releasing its deployment');
  }

  /** Reports each change of the drain once: condition, Event, log and metric. */
  async #report(
    client: KubeClient,
    { id, reason, deployment }: Source,
    { state, plan }: { readonly state: DrainState; readonly plan: DrainPlan },
    signal: AbortSignal,
  ): Promise<void> {
    const { scaleIn, events, clock, logger } = this.#options;
    const shard = scaleIn.shard(id);
    if (shard) await writeDrainState(client, shard, state, { clock, signal });
    if (this.#reported.get(id) === state) return;
    const isEvent = state !== 'drained' || this.#reported.has(id) || deployment !== undefined;
    this.#reported.set(id, state);
    if (state === 'drained') this.#metrics.drained(id);
    logger.info({ shard: id, reason, to: plan.targets.map((target) => target.id).join(',') }, messageOf[state]);
    if (!shard || !isEvent) return;
    const why = deployment ? `its Deployment ${deployment.metadata.name ?? ''} is being deleted` : reasons[reason];
    if (state === 'drained') events.event(shard, 'Normal', 'Drained', 'it is empty');
    else if (state === 'blocked')
      events.event(shard, 'Warning', 'DrainBlocked', `no shard may take its Applications (${why})`);
    else events.event(shard, 'Normal', 'Draining', `${why}; its Applications go to ${namesOf(plan)}`);
  }

  /** Removes the condition from shards that are not drained any more. */
  async #clearOthers(client: KubeClient, drained: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { scaleIn, clock } = this.#options;
    for (const id of this.#reported.keys()) if (!drained.has(id)) this.#reported.delete(id);
    for (const shard of scaleIn.shards())
      if (!drained.has(shard.metadata.name ?? '')) await writeDrainState(client, shard, 'none', { clock, signal });
  }
}

const byId = (views: readonly ShardView[], id: string): ShardView | undefined => views.find((view) => view.id === id);

const messageOf: Readonly<Record<DrainState, string>> = {
  none: 'drain ended',
  draining: 'draining shard',
  blocked: 'drain blocked, no eligible shard',
  drained: 'shard drained',
};

const reasons: Readonly<Record<MoveCause, string>> = {
  drain: 'it is drained by a user',
  evacuation: 'no process can adopt it',
  rebalance: 'other shards have fewer Applications',
};

const namesOf = ({ targets }: DrainPlan): string =>
  targets.length > 5 ? `${targets.length} shards` : targets.map(({ id }) => id).join(', ') || 'others';
