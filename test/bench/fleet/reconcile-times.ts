import type { Controller } from './cluster.ts';

const bucketLine =
  /^controller_runtime_reconcile_time_seconds_bucket\{(?=[^}]*controller="application")[^}]*le="([^"]+)"[^}]*\} (\S+)$/;

/** How many reconciles of Applications took at most so long, of all processes together. */
export async function reconcileTimes(workers: readonly Controller[]): Promise<ReadonlyMap<number, number>> {
  const sums = new Map<number, number>();
  for (const { ip } of workers) {
    const text = await (await fetch(`http://${ip}:8080/metrics`)).text();
    for (const line of text.split('\n')) {
      const [, le = '', count = '0'] = bucketLine.exec(line) ?? [];
      if (le === '') continue;
      const bound = le === '+Inf' ? Infinity : Number(le);
      sums.set(bound, (sums.get(bound) ?? 0) + Number(count));
    }
  }
  return sums;
}

export const difference = (
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> =>
  new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));

/** Seconds, interpolated inside the bucket. */
export function p99(buckets: ReadonlyMap<number, number>): number {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => buckets.get(bound) ?? 0);
  const rank = (counts.at(-1) ?? 0) * 0.99;
  const at = counts.findIndex((count) => count >= rank);
  const [low, high] = [bounds[at - 1] ?? 0, bounds[at] ?? NaN];
  const [below, within] = [counts[at - 1] ?? 0, counts[at] ?? 0];
  return Number.isFinite(high) ? low + ((high - low) * (rank - below)) / Math.max(1, within - below) : low;
}
