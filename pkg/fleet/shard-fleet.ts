import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';

/** The requested shards, and the object that requests them. */
export interface WantedShards {
  readonly ids: ReadonlySet<string>;
  readonly object: KubeObject;
}

/** Runs the processes of shards, and can run more or fewer of them. */
export interface ShardFleet {
  /** Undefined where the number of shards is not configurable. */
  wanted(signal: AbortSignal): Promise<WantedShards | undefined>;
  /** Requests another number; surplus shards are drained before they are removed. Returns the problem where that fails. */
  resize(client: KubeClient, count: number, signal: AbortSignal): Promise<string | undefined>;
}
