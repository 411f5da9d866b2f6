import type { ShardPhase, ShardSpec } from '../apis/shard.ts';

/** The facts about one shard that the master has seen. Ages are of its own monotonic clock. */
export interface ShardFacts {
  readonly id: string;
  /** Undefined while there is no such Lease. */
  readonly lease: LeaseFacts | undefined;
  /** Pods that announce the shard. */
  readonly pods: readonly { readonly name: string; readonly ready: boolean }[];
  /** The spec of its Shard object, where there is one. */
  readonly spec: ShardSpec | undefined;
}

export interface LeaseFacts {
  /** Undefined once it was released. */
  readonly holder: string | undefined;
  readonly durationMs: number;
  /** leaseTransitions. */
  readonly epoch: number;
  readonly renewTime: string | undefined;
  /** For how long it was seen not to change. */
  readonly unchangedMs: number;
  /** The shard for which the holding process was started. */
  readonly homeShard: string | undefined;
  /** Whether its holder only hands its Applications over. */
  readonly isDraining: boolean;
  /** The report of the holder. */
  readonly report: ShardReport;
}

/** The report of a shard's process on its Lease. */
export interface ShardReport {
  readonly version?: string | undefined;
  readonly configHash?: string | undefined;
  /** The number of Applications for which it has room. */
  readonly capacity?: number | undefined;
  readonly address?: string | undefined;
  readonly load?: ShardLoad | undefined;
}

/** How busy a shard is; all of the last seconds. */
export interface ShardLoad {
  readonly applications: number;
  /** Keys that wait for a worker. */
  readonly backlog: number;
  /** The part of its workers' time that was spent working, from 0 to 1. */
  readonly busy: number;
  /** Time since the reconcile of the Application that was reconciled the longest ago. */
  readonly oldestSeconds?: number;
}

/** One shard as schedulers, the CLI and the failover see it. */
export interface ShardView {
  readonly id: string;
  readonly phase: ShardPhase;
  /** It may get new Applications: ready, neither cordoned nor full nor draining, of some weight. */
  readonly isAvailable: boolean;
  readonly cordoned: boolean;
  readonly draining: boolean;
  readonly weight: number;
  /** Infinity without a limit. */
  readonly capacity: number;
  readonly className: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly applications: number;
  readonly load: ShardLoad;
  readonly facts: ShardFacts;
}
