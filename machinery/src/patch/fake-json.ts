import type { Random } from '../clock/clock.ts';
import type { Json } from '../meta.ts';

/** A random JSON value without nulls, over few keys so that two of them overlap; for property tests. */
function randomJson(random: Random, depth: number): Json {
  const pick = <T>(options: readonly T[]): T => options[Math.floor(random() * options.length)] as T;
  if (depth === 0 || random() < 0.3) return pick<Json>(['a', 'b', 1, 2, true, '']);
  if (random() < 0.3) return Array.from({ length: Math.floor(random() * 3) }, () => randomJson(random, depth - 1));
  return randomMap(random, depth);
}

export function randomMap(random: Random, depth: number): Record<string, Json> {
  const keys = ['p', 'q', 'r', 's'].filter(() => random() < 0.6);
  return Object.fromEntries(keys.map((key) => [key, randomJson(random, depth - 1)]));
}
