import type { Random } from '../../machinery/src/clock/clock.ts';

/** The shard of the process that also assigns; it takes new Applications only when no other shard can. */
export const masterShard = 'master';

/** Any of a fixed list with equal chance, whatever their health. */
export function pickStatic(shards: readonly string[], random: Random): string | undefined {
  return shards[Math.min(shards.length - 1, Math.floor(random() * shards.length))];
}
