import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { keyOf } from '../../pkg/apis/meta.ts';
import { holderRole } from '../../pkg/apis/holder.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { gated } from '../../pkg/client/gate.ts';
import type { AdaptiveLimit } from '../../pkg/clock/adaptive-limit.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import type { ApplicationMetrics } from '../../pkg/controllers/application/deps.ts';
import type { HolderKeeper } from '../../pkg/lease/holder-keeper.ts';
import { LeaderElector } from '../../pkg/lease/leader-elector.ts';
import type { LeaderElectorOptions } from '../../pkg/lease/leader-elector.ts';
import { predecessorGoneMs } from '../../pkg/safety/times.ts';
import { newApplicationController } from './application-controller.ts';
import type { ApplicationTerm } from './application-controller.ts';
import type { Base } from './base.ts';
import type { ShardCaches } from './caches.ts';
import type { CrashRecord } from './crashes.ts';
import { fleetMembership } from './fleet-membership.ts';
import { newHolder } from './holder.ts';
import type { Holder } from './holder.ts';
import { leaseNameOf } from './options.ts';
import type { ElectionConfig } from './config.ts';
import { identityNotes, LoadMeter, loadNote } from './report.ts';
import { runTogether } from './tasks.ts';
import type { Task } from './tasks.ts';

/** One shard that this process works for, or would work for. */
export interface ShardWork {
  /** Undefined where there are no shards. */
  readonly shard: string | undefined;
  readonly caches: ShardCaches;
  /** Whether Applications are only handed over. */
  readonly drainOnly: boolean;
  /** Of the controller, in logs and metrics. */
  readonly controller: string;
  /** What else the holder of the Lease does. */
  readonly extras: readonly ((writer: KubeClient, term: AbortSignal) => Promise<void>)[];
  /** What is special about standing for this Lease. */
  readonly election: Partial<Pick<LeaderElectorOptions, 'onObserved' | 'goneForMs' | 'mayStand' | 'noteWhileWaiting'>>;
}

/** What the shards of one process share. */
export interface ProcessParts extends Base {
  /** Renewals must not wait behind other requests: connections and a token bucket of their own. */
  readonly leaseClient: KubeClient;
  readonly metrics: ApplicationMetrics;
  readonly crashes: CrashRecord;
  readonly pressure: AdaptiveLimit;
}

/** Runs the controllers of one shard whenever this process holds its Lease, or all the time where there is none. */
export class ShardRuntime {
  readonly #parts: ProcessParts;
  readonly #work: ShardWork;
  readonly #meter: LoadMeter;
  #term: ApplicationTerm | undefined;
  #keeper: HolderKeeper | undefined;
  /** Why the fences refuse this holder; undefined where they do not. */
  #refused: string | undefined;
  #oldest = { at: -Infinity, ms: 0 };

  constructor(parts: ProcessParts, work: ShardWork) {
    this.#parts = parts;
    this.#work = work;
    this.#meter = new LoadMeter(systemClock, parts.config.application.concurrentReconciles);
  }

  /** Ends what is under way, and releases the Lease, once the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { config, client } = this.#parts;
    if (config.election) await this.#elect(config.election, signal);
    else if (await this.#join(signal)) await this.#lead(client, undefined, signal);
  }

  /** Works while the Lease is held; every write asks for it. After losing it the process stands by with warm caches. */
  async #elect(election: ElectionConfig, signal: AbortSignal): Promise<void> {
    const { leaseClient, client, registry, logger } = this.#parts;
    const { shard, election: special } = this.#work;
    const { namespace, identity, leaseDurationMs, renewDeadlineMs, retryPeriodMs } = election;
    const holder = shard === undefined ? undefined : this.#newHolder(election, shard);
    const elector: LeaderElector = new LeaderElector({
      client: leaseClient,
      namespace,
      name: leaseNameOf(election, shard),
      identity,
      leaseDurationMs,
      renewDeadlineMs,
      retryPeriodMs,
      clock: systemClock,
      random: systemRandom,
      logger,
      metrics: registry,
      labels: shard === undefined ? undefined : { [labels.shardId]: shard },
      annotations: shard === undefined ? undefined : () => this.#notes(),
      isAlive: () => this.#isAlive(),
      goneForMs: ({ holder }) => goneForMs(holder, election),
      ...special,
      epochFloor: holder && ((own) => holder.record.term(own)),
      onStarted: (term, epoch) => this.#begin(holder, { writer: gated(client, elector.gate()), epoch, term }),
    });
    await elector.run(signal);
  }

  /** Works once the fences in the API server know that this process holds the shard. */
  async #begin(
    holder: Holder | undefined,
    { writer, epoch, term }: { readonly writer: KubeClient; readonly epoch: number; readonly term: AbortSignal },
  ): Promise<void> {
    if (!(await this.#join(term))) return;
    if (!holder) return this.#lead(writer, epoch, term);
    this.#keeper = holder.keeper;
    try {
      await holder.keeper.begin(epoch, term);
    } catch (error) {
      if (term.aborted) return;
      throw error;
    }
    await runTogether([(own) => this.#lead(writer, epoch, own), (own) => holder.keeper.run(epoch, own)], term);
  }

  /** Waits until the Applications are this process' to work on; false when the signal aborts before. */
  async #join(signal: AbortSignal): Promise<boolean> {
    const { config, leaseClient: client, logger } = this.#parts;
    const membership = fleetMembership({ config, client, logger, shard: this.#work.shard });
    await membership.join(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    return !signal.aborted;
  }

  #newHolder(election: ElectionConfig, shard: string): Holder {
    const { leaseClient, logger } = this.#parts;
    return newHolder({
      client: leaseClient,
      lease: { namespace: election.namespace, name: leaseNameOf(election, shard) },
      shard,
      podName: this.#parts.config.podName,
      logger,
      onRefused: (why) => {
        this.#refused = why;
      },
    });
  }

  /** The controllers of this shard, new for each term. */
  async #lead(writer: KubeClient, epoch: number | undefined, term: AbortSignal): Promise<void> {
    const { caches, shard, drainOnly, controller, extras } = this.#work;
    const onFenceRefused = (): void => {
      this.#keeper?.nudge();
    };
    const office = { ...this.#parts, caches, shard, drainOnly, name: controller, epoch, onFenceRefused };
    const applications = newApplicationController(office, writer);
    this.#term = applications;
    try {
      await runTogether(
        [
          applications.run,
          ...extras.map(
            (task): Task =>
              (own) =>
                task(writer, own),
          ),
        ],
        term,
      );
    } finally {
      this.#term = undefined;
    }
  }

  #notes(): Readonly<Record<string, string | undefined>> {
    const applications = this.#work.caches.applications.size;
    const { backlog = 0, workedMs = 0 } = this.#term?.controller ?? {};
    const load = this.#meter.read({ applications, backlog, workedMs, oldestMs: this.#oldestMs() });
    const draining = this.#work.drainOnly ? 'true' : undefined;
    return {
      ...identityNotes(this.#parts.config),
      ...loadNote(load),
      [annotations.shardDraining]: draining,
      [annotations.suspects]: this.#parts.crashes.note,
      [annotations.wantedBy]: undefined,
      [annotations.holderRefused]: this.#refused,
      [annotations.holderRole]: holderRole,
    };
  }

  /** Looked for now and then, as it takes a look at every Application. */
  #oldestMs(): number {
    const now = systemClock.monotonic();
    if (now - this.#oldest.at < oldestPeriodMs) return this.#oldest.ms;
    const { applications } = this.#work.caches;
    const ms = this.#term?.controller.oldestMs(applications.list().map(keyOf)) ?? 0;
    this.#oldest = { at: now, ms };
    return ms;
  }

  /** A reconcile that does not even end after it was told to is no progress. */
  #isAlive(): boolean {
    const { reconcileTimeoutMs } = this.#parts.config.application;
    return (this.#term?.controller.longestMs ?? 0) < reconcileTimeoutMs + stuckGraceMs;
  }
}

const stuckGraceMs = 60_000;
const oldestPeriodMs = 10_000;

function goneForMs(holder: string | undefined, { identity, podPrefix }: ElectionConfig): number | undefined {
  const isPredecessor = podPrefix !== undefined && holder !== identity && (holder ?? '').startsWith(podPrefix);
  return isPredecessor ? predecessorGoneMs : undefined;
}
