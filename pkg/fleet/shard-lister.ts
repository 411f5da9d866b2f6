import type { ShardView } from '../scheduling/shards.ts';

/** The shards as one process sees them. */
export interface ShardLister {
  whenSynced(signal: AbortSignal): Promise<void>;
  /** Sorted by id. */
  shards(): readonly ShardView[];
}
