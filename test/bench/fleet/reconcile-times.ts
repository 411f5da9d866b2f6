import type { Controller } from './cluster.ts';

/** The reconciles of Applications of some processes. */
export interface Reconciles {
  /** Of all of them together. */
  readonly seconds: number;
  /** How many took at most so many seconds. */
  readonly buckets: ReadonlyMap<number, number>;
}

const sumLine = /^controller_runtime_reconcile_time_seconds_sum\{[^}]*controller="application"[^}]*\} (\S+)$/m;
const bucketLine =
  /^controller_runtime_reconcile_time_seconds_bucket\{(?=[^}]*controller="application")[^}]*le="([^"]+)"[^}]*\} (\S+)$/;

/** The reconciles until now. */
export async function reconcilesOf(workers: readonly Controller[]): Promise<Reconciles> {
  let seconds = 0;
  const sums = new Map<number, number>();
  for (const { ip } of workers) {
    const text = await (await fetch(`http://${ip}:8080/metrics`)).text();
    seconds += Number(sumLine.exec(text)?.[1] ?? 0);
    for (const line of text.split('\n')) {
      const [, le = '', count = '0'] = bucketLine.exec(line) ?? [];
      if (le === '') continue;
      const bound = le === '+Inf' ? Infinity : Number(le);
      sums.set(bound, (sums.get(bound) ?? 0) + Number(count));
    }
  }
  return { seconds, buckets: sums };
}

export const difference = (before: Reconciles, after: Reconciles): Reconciles => ({
  seconds: after.seconds - before.seconds,
  buckets: new Map([...after.buckets].map(([bound, count]) => [bound, count - (before.buckets.get(bound) ?? 0)])),
});

export function together(all: readonly Reconciles[]): Reconciles {
  const buckets = new Map<number, number>();
  for (const one of all)
    for (const [bound, count] of one.buckets) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
  return { seconds: all.reduce((sum, { seconds }) => sum + seconds, 0), buckets };
}

export const countOf = ({ buckets }: Reconciles): number => buckets.get(Infinity) ?? 0;

/** Seconds, interpolated inside the bucket. */
export function p99({ buckets }: Reconciles): number {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => buckets.get(bound) ?? 0);
  const rank = (counts.at(-1) ?? 0) * 0.99;
  const at = counts.findIndex((count) => count >= rank);
  const [low, high] = [bounds[at - 1] ?? 0, bounds[at] ?? NaN];
  const [below, within] = [counts[at - 1] ?? 0, counts[at] ?? 0];
  return Number.isFinite(high) ? low + ((high - low) * (rank - below)) / Math.max(1, within - below) : low;
}
