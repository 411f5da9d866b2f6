import type { Random } from '../../machinery/src/clock/clock.ts';
import { jitter } from '../../machinery/src/clock/clock.ts';

/** How fast families may be moved for one purpose. */
export interface PaceLimits {
  readonly perSecond: number;
  /** How many may be requested at once after a pause; at least 1. */
  readonly burst: number;
  /** Moves that may be under way from one shard, and to one shard. */
  readonly perSource: number;
  readonly perTarget: number;
  /** Moves in an hour; no limit when absent. */
  readonly perHour?: number | undefined;
}

/** The rest of the limits at one instant; plain data, which may be kept, copied and dropped. */
export interface Pace {
  readonly tokens: number;
  readonly budget: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Where a move begins and ends. */
export interface MoveEnds {
  readonly from: string;
  readonly to: string;
}

/** So many moves from one shard to another, of whichever Applications. */
export interface WantedMoves extends MoveEnds {
  readonly count: number;
}

/** How many moves are under way from and to each shard. */
export interface MoveCounts {
  readonly from: ReadonlyMap<string, number>;
  readonly to: ReadonlyMap<string, number>;
}

/** Whether a move may be requested now, or which limit stands against it. */
export type PaceAnswer = 'yes' | 'rate' | 'budget' | 'source' | 'target';

/** @testonly */
export const noMoves: MoveCounts = { from: new Map(), to: new Map() };

export function newPace(limits: PaceLimits, at: number): Pace {
  return { tokens: Math.max(1, limits.burst), budget: limits.perHour ?? Infinity, at };
}

/** The same pace later: tokens and budget have come back with time, never beyond the limits. */
export function paceAt(pace: Pace, limits: PaceLimits, at: number): Pace {
  const seconds = Math.max(0, at - pace.at) / 1000;
  const { burst, perSecond, perHour } = limits;
  return {
    tokens: Math.min(Math.max(1, burst), pace.tokens + seconds * perSecond),
    budget: perHour === undefined ? Infinity : Math.min(perHour, pace.budget + (seconds * perHour) / 3600),
    at: Math.max(at, pace.at),
  };
}

export function mayRequest(pace: Pace, limits: PaceLimits, underWay: MoveCounts, { from, to }: MoveEnds): PaceAnswer {
  if (pace.budget < 1) return 'budget';
  if (pace.tokens < 1) return 'rate';
  if ((underWay.from.get(from) ?? 0) >= limits.perSource) return 'source';
  if ((underWay.to.get(to) ?? 0) >= limits.perTarget) return 'target';
  return 'yes';
}

/** The pace after one request. */
export function afterRequest(pace: Pace): Pace {
  return { ...pace, tokens: pace.tokens - 1, budget: pace.budget - 1 };
}

/** How long to wait for the next token: never less than `leastMs`, spread by a fifth so that loops do not run in step. */
export function pauseMs(pace: Pace, limits: PaceLimits, leastMs: number, random: Random): number {
  const missing = Math.max(0, 1 - pace.tokens);
  const refillMs = limits.perSecond > 0 ? (missing / limits.perSecond) * 1000 : leastMs;
  return jitter(Math.max(leastMs, refillMs), 0.2, random);
}

/** Counts with one more move under way. */
export function withMove({ from, to }: MoveCounts, ends: MoveEnds): MoveCounts {
  return { from: plusOne(from, ends.from), to: plusOne(to, ends.to) };
}

export function countMoves(moves: Iterable<MoveEnds>): MoveCounts {
  const from = new Map<string, number>();
  const to = new Map<string, number>();
  for (const move of moves) {
    from.set(move.from, (from.get(move.from) ?? 0) + 1);
    to.set(move.to, (to.get(move.to) ?? 0) + 1);
  }
  return { from, to };
}

const plusOne = (counts: ReadonlyMap<string, number>, key: string): ReadonlyMap<string, number> =>
  new Map(counts).set(key, (counts.get(key) ?? 0) + 1);
