import type { Random } from '../clock/clock.ts';

/** The shard that is worked on by whoever also assigns; it takes new Applications only when nobody else can. */
export const masterShard = 'master';

/** Chooses the shard of a new Application; nothing when no shard can take it. */
export interface Scheduler {
  pick(): string | undefined;
}

/** Any of a fixed list with equal chance, whatever their health. */
export function pickStatic(shards: readonly string[], random: Random): string | undefined {
  return shards[Math.min(shards.length - 1, Math.floor(random() * shards.length))];
}

/** The shards that may take new Applications: all that are available, without the master while there is another one. */
function candidates(available: Iterable<string>): readonly string[] {
  const sorted = [...new Set(available)].sort();
  const slaves = sorted.filter((shard) => shard !== masterShard);
  return slaves.length > 0 ? slaves : sorted;
}

/** The candidate at the given turn; turns count up from 1, so that of two shards the second comes first. */
export function pickRoundRobin(available: Iterable<string>, turn: number): string | undefined {
  const sorted = candidates(available);
  return sorted[turn % sorted.length];
}

export function newStaticScheduler(shards: readonly string[], random: Random): Scheduler {
  return { pick: () => pickStatic(shards, random) };
}

/** Takes turns among whatever is available at the moment of asking; the count of turns is this process' own. */
export function newRoundRobinScheduler(available: () => Iterable<string>): Scheduler {
  let turn = 0;
  return {
    pick: () => {
      turn += 1;
      return pickRoundRobin(available(), turn);
    },
  };
}
