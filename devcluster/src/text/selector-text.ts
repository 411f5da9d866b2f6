interface Expression {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

/** A metav1.LabelSelector, or a plain map of labels, in the text form that lists take. */
export function selectorText(selector: unknown): string {
  if (typeof selector !== 'object' || selector === null) return '';
  const { matchLabels, matchExpressions } = selector as {
    matchLabels?: Readonly<Record<string, string>>;
    matchExpressions?: readonly Expression[];
  };
  const isPlain = matchLabels === undefined && matchExpressions === undefined;
  const labels = isPlain ? (selector as Readonly<Record<string, string>>) : (matchLabels ?? {});
  const terms = [
    ...Object.entries(labels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...(matchExpressions ?? []).map((expression) => ({ key: expression.key ?? '', text: expressionText(expression) })),
  ];
  terms.sort((a, b) => (a.key < b.key ? -1 : 1));
  return terms.map(({ text }) => text).join(',');
}

function expressionText({ key = '', operator, values = [] }: Expression): string {
  const list = `(${[...values].sort().join(',')})`;
  switch (operator) {
    case 'In':
      return `${key} in ${list}`;
    case 'NotIn':
      return `${key} notin ${list}`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
