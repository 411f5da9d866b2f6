import { distinctOwners, duplicateOwners } from '../kinds/owner-references.ts';
import type { MutableObject } from '../contract/strategy.ts';
import type { WriteContext } from './write-context.ts';

const begin = '.metadata.ownerReferences contains duplicate entries';
const rest =
  'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ';

/** The object with each owner once; a warning names the duplicates. Patches are cleaned after admission only. */
export function withDistinctOwners(object: MutableObject, context: WriteContext, isAdmitted: boolean): MutableObject {
  if (!isAdmitted && context.options?.kind === 'PatchOptions') return object;
  const { ownerReferences } = object.metadata;
  if (!Array.isArray(ownerReferences)) return object;
  const distinct = distinctOwners(ownerReferences) as unknown[];
  if (distinct.length === ownerReferences.length) return object;
  const when = isAdmitted ? ' after mutating admission happens' : '';
  context.warn(`${begin}${when}; ${rest}${duplicateOwners(ownerReferences).join(', ')}`);
  return { ...object, metadata: { ...object.metadata, ownerReferences: distinct } };
}
