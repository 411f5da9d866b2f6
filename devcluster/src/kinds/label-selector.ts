import { isRecord, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { labelProblems } from './metadata.ts';
import { forbidden, invalid, required } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { labelValueProblems, qualifiedName } from '../text/syntax.ts';

/** Whether labels match a metav1.LabelSelector. An empty selector matches everything. */
export function selectorMatches(selector: JsonRecord, labels: JsonRecord): boolean {
  const wanted = isRecord(selector['matchLabels']) ? Object.entries(selector['matchLabels']) : [];
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return recordsOf(selector['matchExpressions']).every((expression) => {
    const key = stringOf(expression['key']);
    const values: unknown[] = Array.isArray(expression['values']) ? expression['values'] : [];
    const has = Object.hasOwn(labels, key);
    switch (expression['operator']) {
      case 'In':
        return has && values.includes(labels[key]);
      case 'NotIn':
        return !has || !values.includes(labels[key]);
      case 'Exists':
        return has;
      default:
        return !has;
    }
  });
}

export function isEmptySelector(selector: JsonRecord): boolean {
  const labels = isRecord(selector['matchLabels']) ? Object.keys(selector['matchLabels']) : [];
  return labels.length === 0 && recordsOf(selector['matchExpressions']).length === 0;
}

/** What is wrong with a metav1.LabelSelector at `field`. */
export function selectorProblems(selector: JsonRecord, field: string): FieldProblem[] {
  return [
    ...labelProblems(selector['matchLabels'], `${field}.matchLabels`),
    ...recordsOf(selector['matchExpressions']).flatMap((expression, i) =>
      requirementProblems(expression, `${field}.matchExpressions[${i}]`),
    ),
  ];
}

function requirementProblems(expression: JsonRecord, field: string): FieldProblem[] {
  const values: unknown[] = Array.isArray(expression['values']) ? expression['values'] : [];
  const problems: FieldProblem[] = [];
  const operator = stringOf(expression['operator']);
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      problems.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      problems.push(forbidden(`${field}.values`, text));
    }
  } else problems.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  const key = stringOf(expression['key']);
  problems.push(...qualifiedName(key).map((text) => invalid(`${field}.key`, key, text)));
  values.forEach((value, i) => {
    const texts = labelValueProblems(stringOf(value));
    problems.push(...texts.map((text) => invalid(`${field}.values[${i}]`, value, text)));
  });
  return problems;
}
