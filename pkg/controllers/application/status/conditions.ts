import type { ApplicationStatus } from '../../../apis/application-status.ts';
import type { Condition } from '../../../../machinery/src/meta.ts';

export type ConditionType =
  'Parsed' | 'Revision' | 'Policy' | 'Render' | 'Workflow' | 'Ready' | 'Synced' | 'StateKeep' | 'Quarantined';

export interface ConditionChange {
  readonly type: ConditionType;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message?: string | undefined;
}

/** The conditions with one set; the same list when that changes nothing but the time. */
export function withCondition(
  conditions: readonly Condition[],
  change: ConditionChange,
  time: string,
): readonly Condition[] {
  const { type, status, reason, message = '' } = change;
  const before = conditions.find((c) => c.type === type);
  if (before?.status === status && before.reason === reason && (before.message ?? '') === message) return conditions;
  const after: Condition = { type, status, reason, lastTransitionTime: time, ...(message && { message }) };
  return before ? conditions.map((c) => (c === before ? after : c)) : [...conditions, after];
}

/** The conditions without those of the given types; the same list where there is none. */
export function withoutConditions(
  conditions: readonly Condition[],
  types: readonly ConditionType[],
): readonly Condition[] {
  const isDropped = ({ type }: Condition): boolean => (types as readonly string[]).includes(type);
  return conditions.some(isDropped) ? conditions.filter((condition) => !isDropped(condition)) : conditions;
}

/** Whether a condition of the status is true. */
export const isTrue = ({ conditions = [] }: ApplicationStatus, type: ConditionType): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === 'True');

/** The message of a condition; undefined where the status has none of that type. */
export const messageOfCondition = ({ conditions = [] }: ApplicationStatus, type: ConditionType): string | undefined => {
  const condition = conditions.find((one) => one.type === type);
  return condition && (condition.message ?? '');
};
