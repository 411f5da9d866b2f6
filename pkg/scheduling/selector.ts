import type { LabelSelector } from '../apis/shard-partition.ts';

type Labels = Readonly<Record<string, string>>;

/** Returns the problems of a selector, as sentences; none when it is valid. */
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

/** Reads a selector as `kubectl -l` takes it, such as `region=eu,tier in (gold, silver),!old`; undefined when it is none. */
export function parseSelector(text: string): LabelSelector | undefined {
  const parts = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const expressions = parts.map(parseRequirement);
  const known = expressions.filter((expression) => expression !== undefined);
  return parts.length === 0 || known.length < parts.length ? undefined : { matchExpressions: known };
}

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

const forms: readonly (readonly [RegExp, (key: string, sign: string, rest: string) => Requirement])[] = [
  [
    /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/,
    (key, sign, value) => ({ key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] }),
  ],
  [
    /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/,
    (key, word, list) => ({
      key,
      operator: word === 'in' ? 'In' : 'NotIn',
      values: list.split(',').map((value) => value.trim()),
    }),
  ],
  [/^([^\s!=,()]+)$/, (key) => ({ key, operator: 'Exists' })],
  [/^!\s*([^\s!=,()]+)$/, (key) => ({ key, operator: 'DoesNotExist' })],
];

function parseRequirement(text: string): Requirement | undefined {
  for (const [form, read] of forms) {
    const match = form.exec(text);
    if (match) return read(match[1] ?? '', match[2] ?? '', match[3] ?? '');
  }
  return undefined;
}
