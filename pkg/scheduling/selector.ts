import type { LabelSelector } from '../apis/shard-partition.ts';

type Labels = Readonly<Record<string, string>>;

/** What is wrong with a selector, in sentences; nothing when it can be used. */
export function selectorProblems({ matchExpressions = [] }: LabelSelector): readonly string[] {
  return matchExpressions.flatMap(({ key, operator, values = [] }) => {
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (key === '') return ['matchExpressions: key must not be empty'];
    if (wantsValues && values.length === 0) return [`matchExpressions: ${key} ${operator} needs values`];
    if (!wantsValues && values.length > 0) return [`matchExpressions: ${key} ${operator} must have no values`];
    return [];
  });
}

/** Whether labels are selected, as Kubernetes' selectors do it; an empty selector selects everything. */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}
