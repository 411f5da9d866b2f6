import { Optional } from '@marcbachmann/cel-js';
import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Schema, ValidationRule } from '../../../machinery/src/patch/schema.ts';
import { fieldSchema, itemStep } from '../../../machinery/src/patch/typed.ts';
import { isCertain, patternFault, placed } from '../cel/compile-check.ts';
import { Compiler, newEnvironment, type Program } from '../cel/environment.ts';
import { withOwnFunctions } from '../cel/own-functions.ts';
import { toCel } from '../cel/values.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { celTypeOf } from './cel-types.ts';

const compiler = new Compiler(newEnvironment(['self', 'oldSelf']));
/** For rules that are asked on creation too. */
const optionalCompiler = new Compiler(newEnvironment(['self']).registerVariable('oldSelf', 'optional<dyn>'));

function compile(rule: ValidationRule, expression: string): Program {
  return (rule.optionalOldSelf === true ? optionalCompiler : compiler).compile(expression);
}

/**
 * What the `x-kubernetes-validations` of a schema say against a value. Rules about `oldSelf` are asked only where an old
 * value can be found: in maps by key, in keyed lists by their keys, not in other lists.
 */
export function validateRules(value: unknown, oldValue: unknown, schema: Schema, path = ''): FieldProblem[] {
  if (!hasRules(schema) || value === null || value === undefined) return [];
  const here = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) =>
    ruleProblems(rule, { value, oldValue, schema, path }),
  );
  if (Array.isArray(value)) return [...here, ...itemProblems(value as unknown[], oldValue, schema, path)];
  if (!isMap(value)) return here;
  const below = Object.entries(value).flatMap(([name, inner]) => {
    const field = fieldSchema(schema, name);
    const old = isMap(oldValue) && Object.hasOwn(oldValue, name) ? oldValue[name] : undefined;
    return field ? validateRules(inner, old, field, path === '' ? name : `${path}.${name}`) : [];
  });
  return [...here, ...below];
}

function itemProblems(list: readonly unknown[], oldList: unknown, schema: Schema, path: string): FieldProblem[] {
  const { items } = schema;
  if (!items) return [];
  const old = new Map<string | undefined, unknown>();
  if (Array.isArray(oldList) && schema['x-kubernetes-list-type'] === 'map') {
    for (const item of oldList as unknown[]) old.set(itemStep(item, schema), item);
  }
  return list.flatMap((item, i) => {
    const before = schema['x-kubernetes-list-type'] === 'map' ? old.get(itemStep(item, schema)) : undefined;
    return validateRules(item, before, items, `${path}[${i}]`);
  });
}

const ruleful = new WeakMap<Schema, boolean>();

/** Whether a schema or anything below it has rules. */
function hasRules(schema: Schema): boolean {
  const known = ruleful.get(schema);
  if (known !== undefined) return known;
  ruleful.set(schema, false); // for schemas that contain themselves
  const below = [...Object.values(schema.properties ?? {}), schema.additionalProperties, schema.items];
  const has =
    schema['x-kubernetes-validations'] !== undefined ||
    below.some((inner) => typeof inner === 'object' && hasRules(inner));
  ruleful.set(schema, has);
  return has;
}

interface Subject {
  readonly value: unknown;
  readonly oldValue: unknown;
  readonly schema: Schema;
  readonly path: string;
}

function isTransition({ rule }: ValidationRule): boolean {
  return /\boldSelf\b/.test(rule);
}

function ruleProblems(rule: ValidationRule, subject: Subject): FieldProblem[] {
  const { value, oldValue, schema } = subject;
  if (isTransition(rule) && oldValue === undefined && rule.optionalOldSelf !== true) return [];
  const variables = { self: toCel(value, schema), oldSelf: oldSelf(rule, oldValue, schema) };
  try {
    if (compile(rule, rule.rule)(variables) === true) return [];
  } catch (error) {
    return [problem(rule, subject, `${summaryOf(error)} evaluating rule: ${rule.message ?? rule.rule}`)];
  }
  return [problem(rule, subject, messageOf(rule, variables))];
}

function oldSelf(rule: ValidationRule, oldValue: unknown, schema: Schema): unknown {
  const old = oldValue === undefined ? undefined : toCel(oldValue, schema);
  if (rule.optionalOldSelf !== true) return old ?? null;
  return old === undefined ? Optional.none() : Optional.of(old);
}

function messageOf(rule: ValidationRule, variables: Readonly<Record<string, unknown>>): string {
  const fallback = rule.message ?? `failed rule: ${rule.rule.trim()}`;
  if (rule.messageExpression === undefined) return fallback;
  try {
    const text = compile(rule, rule.messageExpression)(variables);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : fallback;
  } catch {
    // A message that cannot be computed never hides the rule's failure.
    return fallback;
  }
}

function problem(rule: ValidationRule, { value, path }: Subject, detail: string): FieldProblem {
  const field = rule.fieldPath === undefined ? path : `${path}${rule.fieldPath}`.replace(/^\./, '');
  const isScalar = typeof value !== 'object' && rule.fieldPath === undefined;
  const shown = isScalar ? `${JSON.stringify(value)}: ` : '';
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
    case 'FieldValueRequired':
      return { reason: 'FieldValueRequired', field, message: `Required value: ${detail}` };
    case 'FieldValueDuplicate':
      return {
        reason: 'FieldValueDuplicate',
        field,
        message: `Duplicate value${isScalar ? `: ${JSON.stringify(value)}` : ''}`,
      };
    default:
      return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown}${detail}` };
  }
}

function summaryOf(error: unknown): string {
  const summary = typeof error === 'object' && error !== null && 'summary' in error ? error.summary : undefined;
  const text = typeof summary === 'string' ? summary : String(error);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Why a rule cannot be used with this schema; undefined when it can. */
export function ruleProblem(rule: ValidationRule, schema: Schema): string | undefined {
  const environment = newEnvironment([]);
  declare(environment, 'self', schema);
  if (rule.optionalOldSelf === true) environment.registerVariable('oldSelf', 'optional<dyn>');
  else declare(environment, 'oldSelf', schema);
  const result = environment.check(withOwnFunctions(rule.rule));
  if (!result.valid) {
    const { error } = result;
    // What the checker knows less well than Kubernetes is left for the evaluation to find: objects of one type have two names.
    if (!error || !isCertain(error) || error.message.includes(' $')) return undefined;
    return `compilation failed: ${placed(rule.rule, error)}`;
  }
  const badPattern = patternFault(rule.rule);
  if (badPattern !== undefined) return badPattern;
  return result.type === 'bool' || result.type === 'dyn' ? undefined : 'cel expression must evaluate to a bool';
}

function declare(environment: ReturnType<typeof newEnvironment>, name: string, schema: Schema): void {
  const type = celTypeOf(schema);
  if (typeof type === 'string') environment.registerVariable(name, type);
  else environment.registerVariable({ name, schema: type });
}
