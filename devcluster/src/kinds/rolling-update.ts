import type { JsonRecord } from '../contract/json.ts';
import { invalid } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';

/** maxSurge and maxUnavailable: numbers or percentages, not both zero. */
export function rollingUpdateProblems(rolling: JsonRecord, field: string): FieldProblem[] {
  const { maxSurge, maxUnavailable } = rolling;
  const problems = [
    ...shareProblems(maxUnavailable, `${field}.maxUnavailable`),
    ...countProblems(maxSurge, `${field}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    const text = 'may not be 0 when `maxSurge` is 0';
    problems.push(invalid(`${field}.maxUnavailable`, maxUnavailable, text));
  }
  return problems;
}

/** As below, and not more than everything. */
export function shareProblems(value: unknown, field: string): FieldProblem[] {
  const isTooMuch = typeof value === 'string' && /^\d+%$/.test(value) && Number.parseInt(value, 10) > 100;
  return [
    ...countProblems(value, field),
    ...(isTooMuch ? [invalid(field, value, 'must not be greater than 100%')] : []),
  ];
}

/** A number that is not negative, or a percentage. */
export function countProblems(value: unknown, field: string): FieldProblem[] {
  if (typeof value === 'number') {
    return value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
  }
  if (typeof value !== 'string' || /^[0-9]+%$/.test(value)) return [];
  const text =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalid(field, value, text)];
}

export function isZero(value: unknown): boolean {
  return value === undefined || value === 0 || value === '0%';
}
