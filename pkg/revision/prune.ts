import { revisionNumber } from './content.ts';

/** Returns the names of the revisions to delete, oldest first, so that at most `limit` beside those in use remain. */
export function revisionsToDelete(names: readonly string[], inUse: readonly string[], limit: number): string[] {
  const unused = names.filter((name) => !inUse.includes(name));
  const used = names.length - unused.length;
  const surplus = names.length - limit - used;
  if (surplus <= 0) return [];
  return unused.sort((a, b) => revisionNumber(a) - revisionNumber(b)).slice(0, surplus);
}
