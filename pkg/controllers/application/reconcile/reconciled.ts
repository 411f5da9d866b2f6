import type { Result } from '../../../reconcile/result.ts';
import type { Family } from '../family/family.ts';

/** The result of a reconcile, with the family as it is stored then. */
export interface Reconciled {
  readonly result: Result;
  readonly family: Family;
}
