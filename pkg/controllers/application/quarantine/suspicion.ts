import type { Application } from '../../../apis/application.ts';
import { annotations } from '../../../apis/names.ts';

/**
 * The crash record of an Application, as a pure state machine. It is stored in an annotation; an Application without one is
 * not suspected.
 *
 *     none ──crash──► suspected ──attempt──► provisional ──crash──► suspected, and in quarantine from the second crash on
 *      ▲                  ▲                      │
 *      └────success───────┼──────────────────────┤
 *                         └───────failure────────┘
 *
 * An attempt counts its crash before it happens, so that the next holder of the shard knows of it, wherever the journal of
 * the process that crashed is. A failure restores the record from before the attempt.
 */
export interface Suspicion {
  readonly crashes: number;
  /** Time of the last crash, in milliseconds since the epoch. */
  readonly at: number;
  /** The last crash was counted before it happened, at the begin of an attempt. */
  readonly inAdvance?: true;
}

/** A single crash can have any cause; from the second one on an Application is not reconciled for a while. */
const quarantineFrom = 2;
const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;

/** The record in the annotation of an Application; an annotation that cannot be read counts as none. */
export function suspicionOf({ metadata }: Pick<Application, 'metadata'>): Suspicion | undefined {
  try {
    const read = JSON.parse(metadata.annotations?.[annotations.crashes] ?? 'null') as Partial<Suspicion> | null;
    const { crashes, at, inAdvance } = read ?? {};
    if (typeof crashes !== 'number' || crashes <= 0 || typeof at !== 'number') return undefined;
    return { crashes, at, ...(inAdvance === true && { inAdvance }) };
  } catch {
    return undefined;
  }
}

/** After a crash: one that was counted in advance has happened now. */
export const afterCrash = (before: Suspicion | undefined, now: number): Suspicion =>
  before?.inAdvance ? before : { crashes: (before?.crashes ?? 0) + 1, at: now };

/** During an attempt to reconcile the Application. */
export const duringAttempt = ({ crashes }: Suspicion, now: number): Suspicion => ({
  crashes: crashes + 1,
  at: now,
  inAdvance: true,
});

/** The time for which an Application is not reconciled after its last crash. */
export const pauseMsOf = ({ crashes }: Pick<Suspicion, 'crashes'>): number =>
  crashes < quarantineFrom ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (crashes - quarantineFrom));

/** The rest of that time; a clock that was set back does not make it longer than the pause. */
export function pauseLeftMs(suspicion: Suspicion, now: number): number {
  const pauseMs = pauseMsOf(suspicion);
  return Math.max(0, Math.min(pauseMs, suspicion.at + pauseMs - now));
}

/** The message of the condition Quarantined; undefined for an Application that is not in quarantine. */
export function quarantineMessage(suspicion: Suspicion): string | undefined {
  const minutes = Math.round(pauseMsOf(suspicion) / 60_000);
  if (minutes === 0) return undefined;
  return `the controller crashed ${suspicion.crashes} times while it reconciled this application; next attempt after ${minutes} min`;
}
