import { holderRole } from '../apis/holder.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import { gated } from '../client/gate.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import type { HolderKeeper } from '../lease/holder-keeper.ts';
import { LeaderElector } from '../lease/leader-elector.ts';
import type { LeaderElectorOptions } from '../lease/leader-elector.ts';
import type { LeaseDurations } from '../lease/lease.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { Controller } from '../reconcile/controller.ts';
import { runTogether } from '../reconcile/tasks.ts';
import type { Task } from '../reconcile/tasks.ts';
import { predecessorGoneMs } from '../safety/times.ts';
import { newHolder } from './holder.ts';
import type { Holder } from './holder.ts';
import { encodeLeaseReport } from './lease-report.ts';
import type { LeaseReport } from './lease-report.ts';
import { LoadMeter } from './load-meter.ts';

/** The controllers of one term of a shard. */
export interface ShardTerm {
  readonly controller: Pick<Controller, 'backlog' | 'workedMs' | 'longestMs' | 'oldestMs'>;
  readonly run: Task;
}

/** The right to write in one term. */
export interface TermRights {
  readonly writer: KubeClient;
  /** Of the Lease; undefined without an election. */
  readonly epoch: number | undefined;
  /** To be called when a fence refused a write of this term. */
  readonly onFenceRefused: () => void;
}

export interface Election extends LeaseDurations {
  readonly namespace: string;
  /** Name of the Lease. */
  readonly lease: string;
  readonly identity: string;
  /** Beginning of the identities of all processes of this pod; undefined where the pod is not known for certain. */
  readonly podPrefix: string | undefined;
}

/** One shard that this process works for when it holds its Lease. */
export interface ShardWork {
  /** Undefined where there are no shards. */
  readonly shard: string | undefined;
  /** Undefined where this process works without an election. */
  readonly election: Election | undefined;
  readonly hooks: Partial<Pick<LeaderElectorOptions, 'onObserved' | 'goneForMs' | 'mayStand' | 'noteWhileWaiting'>>;
  readonly applications: { readonly size: number; list(): readonly KubeObject[] };
  /** Whether Applications are only moved away. */
  readonly drainOnly: boolean;
  /** New controllers for each term. */
  readonly newTerm: (rights: TermRights) => ShardTerm;
  /** Other tasks of the holder of the Lease. */
  readonly extras: readonly ((writer: KubeClient, signal: AbortSignal) => Promise<void>)[];
}

/** The parts of a process that all its shards share. */
export interface ShardProcess {
  readonly client: KubeClient;
  /** Renewals must not wait behind other requests: connections and a token bucket of their own. */
  readonly leaseClient: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly podName: string;
  /** The constant part of the Lease report. */
  readonly identity: LeaseReport;
  readonly crashes: { readonly suspects: readonly string[] };
  readonly workers: number;
  readonly reconcileTimeoutMs: number;
  /** Resolves when this process may work for a shard in a term; rejects only when the signal aborts. */
  readonly join: (shard: string | undefined, signal: AbortSignal) => Promise<void>;
}

/** Runs the controllers of one shard while this process holds its Lease, or all the time without an election. */
export class ShardRuntime {
  readonly #process: ShardProcess;
  readonly #work: ShardWork;
  readonly #meter: LoadMeter;
  #term: ShardTerm | undefined;
  #keeper: HolderKeeper | undefined;
  /** Why the fences refuse this holder; undefined where they accept it. */
  #refused: string | undefined;
  #oldest = { at: -Infinity, ms: 0 };

  constructor(process: ShardProcess, work: ShardWork) {
    this.#process = process;
    this.#work = work;
    this.#meter = new LoadMeter(process.clock, process.workers);
  }

  /** Returns after the signal has aborted, the work has ended, and the Lease is released. */
  async run(signal: AbortSignal): Promise<void> {
    const { election } = this.#work;
    if (election) await this.#elect(election, signal);
    else if (await this.#join(signal)) await this.#lead(this.#process.client, undefined, signal);
  }

  /** Every write requires the Lease. After its loss the process stands by with warm caches. */
  async #elect(election: Election, signal: AbortSignal): Promise<void> {
    const { leaseClient, client, clock, random, registry, logger } = this.#process;
    const { shard, hooks } = this.#work;
    const { lease, podPrefix: _, ...durations } = election;
    const holder = shard === undefined ? undefined : this.#newHolder(election, shard);
    const elector: LeaderElector = new LeaderElector({
      ...durations,
      client: leaseClient,
      name: lease,
      clock,
      random,
      logger,
      metrics: registry,
      labels: shard === undefined ? undefined : { [labels.shardId]: shard },
      annotations: shard === undefined ? undefined : () => this.#report(),
      isAlive: () => this.#isAlive(),
      goneForMs: (record) => goneForMs(record.holder, election),
      ...hooks,
      epochFloor: holder && ((own) => holder.record.term(own)),
      onStarted: (term, epoch) => this.#begin(holder, { writer: gated(client, elector.gate()), epoch, term }),
    });
    await elector.run(signal);
  }

  /** Starts the work once the fences in the API server accept this holder. */
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

  /** Waits until this process may work; false when the signal aborts before. */
  async #join(signal: AbortSignal): Promise<boolean> {
    await this.#process.join(this.#work.shard, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    return !signal.aborted;
  }

  #newHolder({ namespace, lease }: Election, shard: string): Holder {
    const { leaseClient, clock, logger, podName } = this.#process;
    return newHolder({
      client: leaseClient,
      lease: { namespace, name: lease },
      shard,
      podName,
      clock,
      logger,
      onRefused: (reason) => {
        this.#refused = reason;
      },
    });
  }

  async #lead(writer: KubeClient, epoch: number | undefined, signal: AbortSignal): Promise<void> {
    const { newTerm, extras } = this.#work;
    const onFenceRefused = (): void => {
      this.#keeper?.nudge();
    };
    const term = newTerm({ writer, epoch, onFenceRefused });
    this.#term = term;
    const tasks = extras.map(
      (task): Task =>
        (own) =>
          task(writer, own),
    );
    try {
      await runTogether([term.run, ...tasks], signal);
    } finally {
      this.#term = undefined;
    }
  }

  /** The annotations of the Lease; a renewal also removes a request for the return of the shard. */
  #report(): Readonly<Record<string, string | undefined>> {
    const { identity, crashes } = this.#process;
    const { applications, drainOnly } = this.#work;
    const { backlog = 0, workedMs = 0 } = this.#term?.controller ?? {};
    const load = this.#meter.read({ applications: applications.size, backlog, workedMs, oldestMs: this.#oldestMs() });
    const report: LeaseReport = {
      ...identity,
      load,
      isDraining: drainOnly,
      suspects: crashes.suspects,
      holderRefused: this.#refused,
      holderRole,
    };
    return { ...encodeLeaseReport(report), [annotations.wantedBy]: undefined };
  }

  /** Measured every ten seconds, because it reads all Applications. */
  #oldestMs(): number {
    const now = this.#process.clock.monotonic();
    if (now - this.#oldest.at < oldestPeriodMs) return this.#oldest.ms;
    const ms = this.#term?.controller.oldestMs(this.#work.applications.list().map(keyOf)) ?? 0;
    this.#oldest = { at: now, ms };
    return ms;
  }

  /** A reconcile that does not end after its timeout is no progress. */
  #isAlive(): boolean {
    return (this.#term?.controller.longestMs ?? 0) < this.#process.reconcileTimeoutMs + stuckGraceMs;
  }
}

const stuckGraceMs = 60_000;
const oldestPeriodMs = 10_000;

/** Another process of the same pod is the predecessor of this one, so that it is gone. */
function goneForMs(holder: string | undefined, { identity, podPrefix }: Election): number | undefined {
  const isPredecessor = podPrefix !== undefined && holder !== identity && (holder ?? '').startsWith(podPrefix);
  return isPredecessor ? predecessorGoneMs : undefined;
}
