import type { Random } from '../clock/clock.ts';

/** The shard that is worked on by whoever also assigns; it takes new Applications only when nobody else can. */
export const masterShard = 'master';

/** Any of a fixed list with equal chance, whatever their health. */
export function pickStatic(shards: readonly string[], random: Random): string | undefined {
  return shards[Math.min(shards.length - 1, Math.floor(random() * shards.length))];
}
