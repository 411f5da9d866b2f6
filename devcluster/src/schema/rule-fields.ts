import { expressionFault } from '../cel/compile-check.ts';
import type { Schema, ValidationRule } from '../../../machinery/src/patch/schema.ts';
import { invalid, Struct, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';

/** A rule as kube-apiserver shows it: by its internal names. */
export function shownRule(rule: ValidationRule): Struct {
  return new Struct({
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  });
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What is wrong with a rule beside its expression. */
export function ruleFieldProblems(rule: ValidationRule, schema: Schema, field: string): FieldProblem[] {
  const { message, reason, fieldPath, optionalOldSelf } = rule;
  const problems: FieldProblem[] = [];
  if (message !== undefined && message !== '' && message.trim() === '')
    problems.push(invalid(`${field}.message`, message, 'must be non-empty if specified'));
  else if (message !== undefined && /[\r\n]/.test(message))
    problems.push(invalid(`${field}.message`, message, 'must not contain line breaks'));
  if (reason !== undefined && !reasons.includes(reason)) problems.push(unsupported(`${field}.reason`, reason, reasons));
  if (optionalOldSelf === true && !/\boldSelf\b/.test(rule.rule)) {
    const text = 'may not be set if oldSelf is not used in rule';
    problems.push(invalid(`${field}.optionalOldSelf`, true, text));
  }
  if (fieldPath !== undefined && fieldPath !== '' && !isPath(fieldPath, schema))
    problems.push(invalid(`${field}.fieldPath`, fieldPath, 'must be a valid path'));
  return [...problems, ...messageProblems(rule, field)];
}

function messageProblems(rule: ValidationRule, field: string): FieldProblem[] {
  const { messageExpression } = rule;
  if (messageExpression === undefined || messageExpression.trim() === '') return [];
  const fault = expressionFault(messageExpression, { variables: ['self', 'oldSelf'], types: ['string'] });
  if (fault === undefined) return [];
  const isOther = fault.startsWith('must evaluate');
  const text = isOther ? 'messageExpression must evaluate to a string' : `messageExpression ${fault}`;
  return [invalid(`${field}.messageExpression`, shownRule(rule), text)];
}

/** Whether a path such as `.spec.a['b']` leads to a field of the schema. */
function isPath(path: string, schema: Schema): boolean {
  let at: Schema | undefined = schema;
  for (const [, dotted, quoted] of path.matchAll(/\.([^.[]+)|\['([^']*)'\]/g)) {
    const key = dotted ?? quoted ?? '';
    const open: Schema | undefined = typeof at.additionalProperties === 'object' ? at.additionalProperties : undefined;
    at = at.properties?.[key] ?? open;
    if (at === undefined) return false;
  }
  return path.startsWith('.') || path.startsWith('[');
}
