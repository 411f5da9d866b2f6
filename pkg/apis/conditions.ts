import type { Condition } from './meta.ts';

/** Conditions with one of them set; the very same list where it says so already. */
export function withCondition(
  all: readonly Condition[],
  wanted: Omit<Condition, 'lastTransitionTime'>,
  now: number,
): readonly Condition[] {
  const before = all.find((one) => one.type === wanted.type);
  const { status, reason, message } = wanted;
  if (before?.status === status && before.reason === reason && before.message === message) return all;
  const written = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : written;
  return [...all.filter((one) => one !== before), { ...wanted, lastTransitionTime }];
}
