import type { Condition } from '../../../apis/meta.ts';

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
