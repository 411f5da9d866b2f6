import { annotations } from '../apis/names.ts';
import type { ShardLoad, ShardReport } from '../scheduling/shards.ts';

type Notes = Readonly<Record<string, string>>;

/** The report of a holder in the annotations of its Lease, the only place where it is written or read. */
export interface LeaseReport extends ShardReport {
  /** The shard for which the process was started. */
  readonly homeShard?: string | undefined;
  /** Whether the holder only moves its Applications away. */
  readonly isDraining?: boolean | undefined;
  /** Keys that were in work when the last process of the pod crashed. */
  readonly suspects?: readonly string[] | undefined;
  /** Why the fences refuse the holder. */
  readonly holderRefused?: string | undefined;
  /** The Role to which the holder binds itself; holders of versions without fences report none. */
  readonly holderRole?: string | undefined;
}

/** Returns the annotations of a report; undefined removes an annotation. */
export function encodeLeaseReport(report: LeaseReport): Readonly<Record<string, string | undefined>> {
  const { capacity, load, suspects = [] } = report;
  return {
    [annotations.homeShard]: report.homeShard,
    [annotations.shardVersion]: report.version,
    [annotations.shardConfigHash]: report.configHash,
    [annotations.shardAddress]: report.address,
    [annotations.shardCapacity]: capacity === undefined ? undefined : String(capacity),
    [annotations.shardLoad]: load && JSON.stringify(load),
    [annotations.shardDraining]: report.isDraining ? 'true' : undefined,
    [annotations.suspects]: suspects.length === 0 ? undefined : suspects.join(','),
    [annotations.holderRefused]: report.holderRefused,
    [annotations.holderRole]: report.holderRole,
  };
}

/** Reads a report. A field that is missing or unreadable is undefined. */
export function decodeLeaseReport(notes: Notes = {}): LeaseReport {
  return {
    version: notes[annotations.shardVersion],
    configHash: notes[annotations.shardConfigHash],
    address: notes[annotations.shardAddress],
    capacity: capacityOf(notes[annotations.shardCapacity]),
    load: loadOf(notes[annotations.shardLoad]),
    homeShard: notes[annotations.homeShard],
    isDraining: notes[annotations.shardDraining] === 'true',
    suspects: notes[annotations.suspects]?.split(',').filter((key) => key !== '') ?? [],
    holderRefused: notes[annotations.holderRefused],
    holderRole: notes[annotations.holderRole],
  };
}

function capacityOf(text: string | undefined): number | undefined {
  const capacity = Number(text);
  return text !== undefined && Number.isFinite(capacity) && capacity > 0 ? capacity : undefined;
}

function loadOf(text: string | undefined): ShardLoad | undefined {
  if (text === undefined) return undefined;
  try {
    const read = JSON.parse(text) as Partial<Record<keyof ShardLoad, unknown>> | null;
    if (!isCount(read?.applications)) return undefined;
    const { applications, backlog, busy, oldestSeconds } = read;
    const load = { applications, backlog: countOf(backlog), busy: countOf(busy) };
    return isCount(oldestSeconds) ? { ...load, oldestSeconds } : load;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0;
const countOf = (value: unknown): number => (isCount(value) ? value : 0);
