import type { Named, Selection } from '../apis/kube-client.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';

/** Where it is written which shard an object belongs to; any keys do, such as `sharding.fluxcd.io/key`. */
export interface ShardKeys {
  /** The label with the shard's id, on the main object and on its members. */
  readonly shard: string;
  /** The label with the shard that a main object is to be moved to, and the annotation that says how far that is. */
  readonly move: string;
  /** The annotation that counts the changes of owner. */
  readonly epoch: string;
}

/** A kind of object that is divided among shards, each object with its family. */
export interface ShardedKind {
  readonly resource: Resource;
  readonly keys: ShardKeys;
  /** The kinds of objects that carry the shard of the main object and move with it. */
  readonly members: readonly MemberKind[];
}

export interface MemberKind {
  readonly resource: Resource;
  /** Finds the members of one main object. */
  readonly selectionOf: (main: Named) => Selection;
}

/** The keys of Applications and their families. */
export const applicationKeys: ShardKeys = {
  shard: labels.scheduledShardId,
  move: labels.shardMove,
  epoch: annotations.shardEpoch,
};
