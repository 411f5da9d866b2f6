import type { ReconcileResult } from '../deps.ts';
import type { Family } from '../family/family.ts';

/** The result of a reconcile, with the family as it is stored then. */
export interface Reconciled {
  readonly result: ReconcileResult;
  readonly family: Family;
}
