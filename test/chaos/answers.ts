import type { AuditLine, Change } from './audit.ts';
import { groupBy } from './timeline.ts';

/**
 * What writes changed, from what a real API server answered to them (audit level RequestResponse): an object's
 * resourceVersion is after the write what the answer says, and before it what the write before it made. An answer
 * with a resourceVersion that somebody else had made changed nothing. `removals` says when each uid went.
 *
 * Where the server was killed between a write and its line in the log, the next write to the object counts for both.
 */
export function changesByAnswers(
  lines: readonly AuditLine[],
  removals: ReadonlyMap<string, number>,
): ReadonlyMap<AuditLine, Change> {
  const changes = new Map<AuditLine, Change>();
  for (const [uid, own] of groupBy(lines.filter(succeeded), uidOf)) {
    let last = 0;
    const [removing, others] = [own.filter(isRemoval), own.filter((line) => !isRemoval(line))];
    for (const line of [...others].sort((a, b) => versionOf(a) - versionOf(b) || timeOf(a) - timeOf(b))) {
      changes.set(line, { before: last, after: versionOf(line) });
      last = versionOf(line);
    }
    for (const line of removing) changes.set(line, { before: last, after: removals.get(uid) ?? last });
  }
  return changes;
}

const succeeded = ({ responseStatus: { code } }: AuditLine): boolean => code >= 200 && code < 300;
const timeOf = ({ stageTimestamp }: AuditLine): number => Date.parse(stageTimestamp);
const versionOf = ({ responseObject }: AuditLine): number => Number(responseObject?.metadata?.resourceVersion ?? 0);

function uidOf({ responseObject = {} }: AuditLine): string | undefined {
  return responseObject.metadata?.uid ?? responseObject.details?.uid;
}

/** A deletion that waits for nothing, or the end of the last finalizer that a deletion waited for. */
function isRemoval({ verb, responseObject = {} }: AuditLine): boolean {
  const { deletionTimestamp, finalizers = [] } = responseObject.metadata ?? {};
  const isWaiting = deletionTimestamp !== undefined && finalizers.length > 0;
  return verb === 'delete' ? !isWaiting : deletionTimestamp !== undefined && !isWaiting;
}
