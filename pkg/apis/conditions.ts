import type { Condition } from '../../machinery/src/meta.ts';

/** A condition without the time that `withCondition` fills in. */
export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

/**
 * Returns the conditions with the given one in place of an earlier one of its type.
 *
 * The transition time changes with the status only. Returns the same list where status, reason and message are the same.
 */
export function withCondition(
  conditions: readonly Condition[],
  wanted: NewCondition,
  nowMs: number,
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === wanted.type);
  const { status, reason, message } = wanted;
  if (before?.status === status && before.reason === reason && before.message === message) return conditions;
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : conditionTime(nowMs);
  return [...conditions.filter((one) => one !== before), { ...wanted, lastTransitionTime }];
}

/** Returns the conditions without those of a type; the same list where there is none. */
export function withoutCondition(conditions: readonly Condition[], type: string): readonly Condition[] {
  return conditions.some((one) => one.type === type) ? conditions.filter((one) => one.type !== type) : conditions;
}

/** RFC 3339 with seconds, as conditions have it. */
const conditionTime = (epochMs: number): string => new Date(epochMs).toISOString().replace(/\.\d+Z$/, 'Z');
