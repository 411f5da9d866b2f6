import { parseDuration } from './duration.ts';
import { isoTime } from './run.ts';

export interface RestartQuestion {
  /** What the annotation that asks for a restart says: `true`, a time, or a duration after the last end. */
  readonly asked: string | undefined;
  /** The restart that is recorded in the status. */
  readonly scheduledAt: string | undefined;
  readonly finished: boolean;
  readonly endTime: string | null | undefined;
  readonly now: number;
}

export interface RestartAnswer {
  /** Whether the run is to begin again now. */
  readonly restart: boolean;
  /** What to record; undefined clears it. */
  readonly scheduledAt: string | undefined;
  /** A request for one time is taken off once it is recorded; a duration stays and asks again. */
  readonly forgetRequest: boolean;
  /** The time until a scheduled restart. */
  readonly waitMs: number | undefined;
}

/** Decides when a finished workflow runs once more. */
export function decideRestart({ asked, scheduledAt, finished, endTime, now }: RestartQuestion): RestartAnswer {
  const durationMs = asked === undefined ? undefined : parseDuration(asked);
  const ended = endTime ? Date.parse(endTime) : undefined;
  const at =
    requestedAt(asked, now) ?? (scheduledAt ? Date.parse(scheduledAt) : undefined) ?? recurring(durationMs, ended);
  const forgetRequest = requestedAt(asked, now) !== undefined;
  if (at === undefined) return { restart: false, scheduledAt: undefined, forgetRequest, waitMs: undefined };
  const recorded = isoTime(at);
  if (!finished || at > now) {
    return { restart: false, scheduledAt: recorded, forgetRequest, waitMs: at > now ? at - now : undefined };
  }
  // A run that ended after the time that was asked for has answered the request.
  const answered = ended !== undefined && at + 1000 <= ended;
  return { restart: !answered, scheduledAt: undefined, forgetRequest, waitMs: undefined };
}

function requestedAt(asked: string | undefined, now: number): number | undefined {
  if (asked === 'true') return now;
  const time = asked === undefined || !/^\d{4}-/.test(asked) ? NaN : Date.parse(asked);
  return Number.isNaN(time) ? undefined : time;
}

const recurring = (durationMs: number | undefined, ended: number | undefined): number | undefined =>
  durationMs === undefined || ended === undefined ? undefined : ended + durationMs;
