import type { KubeObject } from '../../../machinery/src/meta.ts';
import { acknowledge, permissionOf } from '../../scheduling/handover.ts';
import type { Ownership } from '../../scheduling/handover.ts';
import { ownershipOf } from '../../scheduling/ownership.ts';
import { applicationKeys } from '../../scheduling/sharded-kind.ts';
import type { ShardKeys } from '../../scheduling/sharded-kind.ts';

/** What a shard must do with one of its main objects before it works on it. */
export type Duty =
  | { readonly do: 'work' }
  /** Another shard owns it, or is about to. */
  | { readonly do: 'leave' }
  /** Write this ownership; after an acknowledgement nothing known of the family is valid. */
  | { readonly do: 'write'; readonly ownership: Ownership; readonly acknowledges: boolean };

/**
 * The duty of a shard. An object that is being deleted is not moved: its move is cancelled and the deletion finished,
 * unless the shard only hands its objects over (`drainOnly`).
 */
export function dutyOf(main: KubeObject, shard: string, drainOnly: boolean, keys: ShardKeys = applicationKeys): Duty {
  const own = ownershipOf(main, keys);
  switch (permissionOf(own, shard)) {
    case 'work':
      return drainOnly ? { do: 'leave' } : { do: 'work' };
    case 'acknowledge': {
      const isDeleted = main.metadata.deletionTimestamp !== undefined && !drainOnly;
      if (isDeleted) return { do: 'write', ownership: { ...own, move: undefined }, acknowledges: false };
      const outcome = acknowledge(own, shard);
      return outcome.ok ? { do: 'write', ownership: outcome.ownership, acknowledges: true } : { do: 'leave' };
    }
    case 'wait': {
      // a removed label cancels the move; it is written again, because the mover finds moves by it
      const isHidden =
        own.shard === shard && own.move !== undefined && main.metadata.labels?.[keys.move] !== own.move.to;
      return isHidden ? { do: 'write', ownership: own, acknowledges: false } : { do: 'leave' };
    }
  }
}
