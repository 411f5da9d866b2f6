import type { AuditLine, Change } from './audit.ts';
import type { Sighting } from './sightings.ts';
import { groupBy } from './timeline.ts';

/**
 * What writes changed, from what a real API server answered to them (audit level RequestResponse): an object's
 * resourceVersion is after the write what the answer says, and before it what the write before it made. An answer
 * with a resourceVersion of another writer changed nothing.
 *
 * Watches show the rest: when a deleted object was removed, and the outcome of writes that were answered by a failure of the
 * server. Where the server was killed between a write and its line in the log, the next write to the object counts for
 * both.
 */
export function changesByAnswers(
  lines: readonly AuditLine[],
  sightings: readonly Sighting[],
): ReadonlyMap<AuditLine, Change> {
  const outcomes = [...lines.filter(succeeded).flatMap(answered), ...unanswered(lines, sightings)];
  const removals = new Map(sightings.flatMap(({ isDeleted, uid, rv }) => (isDeleted ? [[uid, rv]] : [])));
  const changes = new Map<AuditLine, Change>();
  for (const [uid, own] of groupBy(outcomes, ({ uid }) => uid)) {
    let last = 0;
    const states = own.filter(({ isRemoval }) => !isRemoval);
    for (const { line, rv } of states.sort((a, b) => a.rv - b.rv || timeOf(a.line) - timeOf(b.line))) {
      changes.set(line, { before: last, after: rv });
      last = rv;
    }
    for (const { line, isRemoval } of own)
      if (isRemoval) changes.set(line, { before: last, after: removals.get(uid) ?? last });
  }
  return changes;
}

/** What became of an object by a write. */
interface Outcome {
  readonly line: AuditLine;
  readonly uid: string;
  readonly rv: number;
  readonly isRemoval: boolean;
}

const succeeded = ({ responseStatus: { code } }: AuditLine): boolean => code >= 200 && code < 300;
const failed = ({ responseStatus: { code } }: AuditLine): boolean => code >= 499;
/** Longer than a stalled API server lets a write wait. */
const nearMs = 15_000;
const timeOf = ({ stageTimestamp }: AuditLine): number => Date.parse(stageTimestamp);

function answered(line: AuditLine): readonly Outcome[] {
  const { metadata, details } = line.responseObject ?? {};
  const uid = metadata?.uid ?? details?.uid;
  const rv = Number(metadata?.resourceVersion ?? 0);
  return uid === undefined ? [] : [{ line, uid, rv, isRemoval: removes(line) }];
}

/** A deletion that waits for nothing, or the end of the last finalizer that a deletion waited for. */
function removes({ verb, responseObject = {} }: AuditLine): boolean {
  const { deletionTimestamp, finalizers = [] } = responseObject.metadata ?? {};
  const isWaiting = deletionTimestamp !== undefined && finalizers.length > 0;
  return verb === 'delete' ? !isWaiting : deletionTimestamp !== undefined && !isWaiting;
}

/** Observed states without a successful write, attributed to the write that failed at about that time. */
function unanswered(lines: readonly AuditLine[], sightings: readonly Sighting[]): readonly Outcome[] {
  const outcomes = lines.filter(succeeded).flatMap(answered);
  const made = new Set(outcomes.map(({ uid, rv, isRemoval }) => (isRemoval ? uid : `${uid} ${rv}`)));
  const left = new Map([...groupBy(lines.filter(failed), objectOf)].map(([id, own]) => [id, [...own]]));
  return sightings.flatMap(({ plural, key, uid, rv, isDeleted, at }) => {
    const own = left.get(`${plural} ${key}`) ?? [];
    if (own.length === 0 || made.has(isDeleted ? uid : `${uid} ${rv}`)) return [];
    const distance = (line: AuditLine): number => Math.abs(timeOf(line) - at);
    const line = own.reduce((nearest, other) => (distance(other) < distance(nearest) ? other : nearest));
    if (distance(line) > nearMs) return [];
    own.splice(own.indexOf(line), 1);
    return [{ line, uid, rv, isRemoval: isDeleted }];
  });
}

function objectOf({ objectRef: { resource = '', namespace, name = '' } = {} }: AuditLine): string {
  return `${resource} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
