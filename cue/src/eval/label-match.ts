import { matchSteps } from '../builtin/match-steps.ts';
import { checkScalar } from './bounds.ts';
import * as K from './kind.ts';
import type { Machine } from './machine.ts';
import { compilePattern } from './pattern.ts';
import { Bottom, Bound, Conjunction, Disjunction, TypeValue, Validator, Vertex, type Value } from './model.ts';

/** Why a filter matches no label at all: a regular expression in it has a wrong syntax. */
export function invalidPattern(filter: Value): Bottom | undefined {
  if (filter instanceof Conjunction) return filter.parts.map(invalidPattern).find((error) => error !== undefined);
  if (!(filter instanceof Bound) || (filter.op !== '=~' && filter.op !== '!~') || typeof filter.operand !== 'string')
    return undefined;
  filter.pattern ??= compilePattern(filter.operand);
  return filter.pattern instanceof Bottom ? filter.pattern : undefined;
}

/** Whether a label is in the set of strings that a pattern's filter stands for. */
export function matchesLabel(m: Machine, filter: Value, label: string): boolean {
  if (filter instanceof Vertex) {
    const value = m.valueOf(filter);
    return !(value instanceof Vertex) && matchesLabel(m, value, label);
  }
  if (filter instanceof TypeValue) return (filter.kinds & K.STRING) !== 0;
  if (filter instanceof Bound || filter instanceof Validator) {
    if (filter instanceof Bound && typeof filter.operand === 'string') m.budget.step(matchSteps(label, filter.operand));
    return (filter.kinds & K.STRING) !== 0 && checkScalar(label, filter) === undefined;
  }
  if (filter instanceof Conjunction) {
    return (filter.kinds & K.STRING) !== 0 && filter.parts.every((part) => checkScalar(label, part) === undefined);
  }
  if (filter instanceof Disjunction) return filter.values.some((value) => matchesLabel(m, value, label));
  return !(filter instanceof Bottom) && filter === label;
}
