import type { KubeObject } from '../../apis/meta.ts';
import { acknowledge, permissionOf } from '../../scheduling/handover.ts';
import type { Ownership } from '../../scheduling/handover.ts';
import { ownershipOf } from '../../scheduling/ownership.ts';
import { applicationKeys } from '../../scheduling/sharded-kind.ts';
import type { ShardKeys } from '../../scheduling/sharded-kind.ts';

/** What a shard is to do about one of its main objects before it works on it. */
export type Duty =
  | { readonly do: 'work' }
  /** It belongs to somebody else, or will in a moment. */
  | { readonly do: 'leave' }
  /** Write this; after an acknowledgement everything known of the family is void. */
  | { readonly do: 'write'; readonly ownership: Ownership; readonly acknowledges: boolean };

/**
 * Returns what is asked of a shard. An object that is being deleted is not moved but finished, unless nobody works
 * on this shard any more and it is only handed over.
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
      // whoever took the label away took the move back; without the label nobody would see that it is to be undone
      const isHidden =
        own.shard === shard && own.move !== undefined && main.metadata.labels?.[keys.move] !== own.move.to;
      return isHidden ? { do: 'write', ownership: own, acknowledges: false } : { do: 'leave' };
    }
  }
}
