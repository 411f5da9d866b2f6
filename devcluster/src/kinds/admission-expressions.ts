import { expressionFault } from '../cel/compile-check.ts';
import { isRecord, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicate, invalid, required, unsupported } from '../contract/problems.ts';
import { selectorProblems } from './label-selector.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { qualifiedName } from '../text/syntax.ts';

const requestVariables = ['object', 'oldObject', 'request', 'authorizer'];

/** The variables that expressions of a policy may use. */
export function policyVariables(spec: JsonRecord): string[] {
  const own = recordsOf(spec['variables']).length > 0 ? ['variables'] : [];
  return [...requestVariables, 'namespaceObject', ...(isRecord(spec['paramKind']) ? ['params'] : []), ...own];
}

function expressionProblems(
  expression: string,
  field: string,
  of: Parameters<typeof expressionFault>[1],
): FieldProblem[] {
  const fault = expressionFault(expression, of);
  return fault === undefined ? [] : [invalid(field, expression, fault)];
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];

export function validationProblems(list: readonly JsonRecord[], variables: readonly string[]): FieldProblem[] {
  return list.flatMap((validation, i) => {
    const field = `spec.validations[${i}]`;
    const { message, reason } = validation;
    const expression = stringOf(validation['expression']);
    const problems =
      expression.trim() === ''
        ? [required(`${field}.expression`, 'expression is not specified')]
        : expressionProblems(expression, `${field}.expression`, { variables, types: ['bool'] });
    const given = stringOf(message);
    if (given !== '' && given.trim() === '')
      problems.push(invalid(`${field}.message`, given, 'must be non-empty if specified'));
    else if (/[\r\n]/.test(given)) problems.push(invalid(`${field}.message`, given, 'must not contain line breaks'));
    const text = stringOf(validation['messageExpression']);
    if (text !== '')
      problems.push(...expressionProblems(text, `${field}.messageExpression`, { variables, types: ['string'] }));
    if (stringOf(reason) !== '' && !reasons.includes(stringOf(reason)))
      problems.push(unsupported(`${field}.reason`, reason, reasons.slice(0, 3)));
    return problems;
  });
}

export function annotationProblems(
  list: readonly JsonRecord[],
  policy: string,
  variables: readonly string[],
): FieldProblem[] {
  return list.flatMap(({ key, valueExpression }, i) => {
    const field = `spec.auditAnnotations[${i}]`;
    const whole = `${policy}/${stringOf(key)}`;
    const texts = qualifiedName(whole).map((text) => invalid(`${field}.key`, whole, text));
    const expression = stringOf(valueExpression);
    if (expression.trim() === '')
      return [...texts, required(`${field}.valueExpression`, 'valueExpression is not specified')];
    const types = ['string', 'null_type'];
    return [...texts, ...expressionProblems(expression, `${field}.valueExpression`, { variables, types })];
  });
}

export function conditionProblems(list: readonly JsonRecord[], field: string): FieldProblem[] {
  const names = new Set<string>();
  return list.flatMap((condition, i) => {
    const name = stringOf(condition['name']);
    const at = `${field}[${i}]`;
    const problems =
      name === '' ? [required(`${at}.name`)] : qualifiedName(name).map((text) => invalid(`${at}.name`, name, text));
    if (names.has(name)) problems.push(duplicate(`${at}.name`, name));
    names.add(name);
    const expression = stringOf(condition['expression']);
    if (expression.trim() === '') return [...problems, required(`${at}.expression`)];
    const variables = [...requestVariables, 'params', 'namespaceObject', 'variables'];
    return [...problems, ...expressionProblems(expression, `${at}.expression`, { variables, types: ['bool'] })];
  });
}

export function paramKindProblems(kind: unknown): FieldProblem[] {
  if (!isRecord(kind)) return [];
  const version = stringOf(kind['apiVersion']);
  const at = 'spec.paramKind.apiVersion';
  const problems = version === '' ? [required(at)] : [];
  if (version.split('/').length > 2) problems.push(invalid(at, version, `unexpected GroupVersion string: ${version}`));
  return stringOf(kind['kind']) === '' ? [...problems, required('spec.paramKind.kind')] : problems;
}

export function variableProblems(list: readonly JsonRecord[]): FieldProblem[] {
  return list.flatMap((variable, i) => {
    const field = `spec.variables[${i}]`;
    const name = stringOf(variable['name']);
    const problems: FieldProblem[] = [];
    if (name === '') problems.push(required(`${field}.name`, 'name is not specified'));
    else if (!/^[A-Za-z_]\w*$/.test(name))
      problems.push(invalid(`${field}.name`, name, 'must be a valid CEL identifier'));
    if (stringOf(variable['expression']).trim() === '')
      problems.push(required(`${field}.expression`, 'expression is not specified'));
    return problems;
  });
}

/** The selectors of a webhook, of a policy's constraints or of a binding. */
export function matchSelectorProblems(match: JsonRecord, field: string): FieldProblem[] {
  return ['namespaceSelector', 'objectSelector'].flatMap((key) => {
    const selector = match[key];
    return isRecord(selector) ? selectorProblems(selector, `${field}.${key}`) : [];
  });
}
