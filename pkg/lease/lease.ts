import { defaultTimes, timeProblems, trustedFraction } from '../safety/times.ts';
import { isSameRecord } from './record.ts';
import type { LeaseRecord } from './record.ts';

/** How a Lease is kept; all in milliseconds. */
export interface LeaseDurations {
  /** How long others wait after the last renewal that they saw. */
  readonly leaseDurationMs: number;
  /** How long the holder tries to renew before it gives up by itself. */
  readonly renewDeadlineMs: number;
  /** How long to wait between two attempts. */
  readonly retryPeriodMs: number;
}

/** Returns the problems of the durations, as sentences; none when they are valid. */
export function checkDurations({
  leaseDurationMs: durationMs,
  renewDeadlineMs,
  retryPeriodMs,
}: LeaseDurations): string[] {
  const lease = { durationMs, renewDeadlineMs, retryPeriodMs };
  return timeProblems({ ...defaultTimes, lease }).map(({ problem }) => problem);
}

/** A Lease as one process has seen it; times are of its own monotonic clock. */
export interface LeaseView {
  readonly identity: string;
  /** As last read; undefined when it was never seen. */
  readonly record: LeaseRecord | undefined;
  /** When the record was first seen as it is, or first found missing. */
  readonly observedAt: number;
  /** The last reading found no such Lease. */
  readonly missing: boolean;
  /** How long to wait for a holder that is known to be gone, instead of the duration of the Lease. */
  readonly goneForMs?: number | undefined;
  /** The last epoch in which this process held the Lease, and when it sent the last renewal that succeeded. */
  readonly held: { readonly epoch: number; readonly renewedAt: number; readonly isOver: boolean } | undefined;
}

/** How a Lease was read. */
export interface Reading {
  readonly now: number;
  /** Whether this process read often enough to exclude that the Lease was created and deleted in between. */
  readonly keptReading: boolean;
  /** See `LeaseView`. */
  readonly goneForMs?: number | undefined;
}

/** Returns the view of a Lease after it was read; undefined stands for a Lease that does not exist. */
export function afterReading(
  view: LeaseView,
  record: LeaseRecord | undefined,
  { now, keptReading, goneForMs }: Reading,
): LeaseView {
  if (record === undefined)
    return { ...view, observedAt: view.missing && keptReading ? view.observedAt : now, missing: true };
  const isNew = !isSameRecord(view.record, record);
  return { ...view, record, observedAt: isNew ? now : view.observedAt, missing: false, goneForMs };
}

export type LeaseDecision =
  | { readonly do: 'create' }
  | { readonly do: 'acquire' }
  | { readonly do: 'renew' }
  /** Another holder may write for that much longer. */
  | { readonly do: 'wait'; readonly forMs: number }
  | { readonly do: 'giveUp'; readonly because: 'taken' | 'deleted' | 'deadline' };

/** The longest duration that counts, whatever duration the Lease states. */
const longestDurationMs = 300_000;
/** The duration that a Lease has after its release. */
export const releasedDurationMs = 1_000;

/**
 * Returns the next action of a process on a Lease.
 *
 * Whether another's Lease has run out follows only from how long it was seen not to change, never from the times that
 * are written in it. The process waits as well for a Lease that lost its holder without a release, or that was deleted,
 * because its last holder may not know yet. A holder gives up when it could not renew in time, and when the Lease names
 * another holder.
 */
export function decide(view: LeaseView, now: number, durations: LeaseDurations): LeaseDecision {
  const { held, record, identity } = view;
  if (held && !held.isOver) return decideAsHolder(view, held, now, durations);
  if (record === undefined) return { do: 'create' };
  const isOwn = record.holder === identity && record.transitions === held?.epoch;
  const isReleased = record.holder === undefined && record.durationMs <= releasedDurationMs;
  const isFree = !view.missing && (isOwn || isReleased);
  const believedMs = Math.max(durations.leaseDurationMs, Math.min(record.durationMs, longestDurationMs));
  const durationMs = view.missing ? believedMs : (view.goneForMs ?? believedMs);
  const leftMs = view.observedAt + durationMs - now;
  if (!isFree && leftMs > 0) return { do: 'wait', forMs: leftMs };
  return { do: view.missing ? 'create' : 'acquire' };
}

function decideAsHolder(
  { record, missing, identity }: LeaseView,
  held: { readonly epoch: number; readonly renewedAt: number },
  now: number,
  { renewDeadlineMs }: LeaseDurations,
): LeaseDecision {
  if (missing) return { do: 'giveUp', because: 'deleted' };
  if (record?.holder !== identity || record.transitions !== held.epoch) return { do: 'giveUp', because: 'taken' };
  return now - held.renewedAt >= renewDeadlineMs ? { do: 'giveUp', because: 'deadline' } : { do: 'renew' };
}

/** How much longer a Lease may be written under that was renewed by a request sent at the given time. */
export function validForMs(renewedAt: number, now: number, { leaseDurationMs }: LeaseDurations): number {
  return Math.max(0, renewedAt + leaseDurationMs * trustedFraction - now);
}
