import { checkScalar, isEqualScalar, kindOf, kindsOf } from './bounds.ts';
import { combineModes, DEFAULT, MAYBE, modeOf } from './default-mode.ts';
import * as ir from './ir.ts';
import type { Vertex } from './model.ts';
import {
  Bottom, Bound, Conjunction, TypeValue, type Alternative, type DisjunctionTask, type Expr, type Node, type Scalar,
  type Value,
} from './model.ts'; // prettier-ignore
import { addBound } from './bounds.ts';
import { setError, setScalarConflict } from './unify-scalar.ts';
import { printValue } from './print.ts';

/**
 * Disjunctions of scalars and types only, without vertices for the alternatives; null where that is not so.
 * Records the error of the vertex where no alternative is left.
 */
export function resolveScalars(v: Vertex, node: Node): Alternative[] | null {
  if (v.isStruct || v.elems !== null || v.arcs !== null || node.tasks.length > 0 || node.validators.length > 0)
    return null;
  if (node.mayBeStruct || !node.disjunctions.every((d) => d.isScalar)) return null;
  const start = v.base ?? new TypeValue(v.kinds);
  let cross: Alternative[] = [{ value: start, mode: MAYBE, choices: node.choices }];
  for (const task of node.disjunctions) {
    const next = crossScalars(cross, task);
    if (next.length === 0) {
      const length = v.base !== undefined && isScalar(v.base) ? (v.baseSource?.trail?.length ?? 0) : Infinity;
      (length < (task.conjunct.trail?.length ?? 0) ? setScalarConflict : setError)(v, noneLeft(v, cross, task));
      return [];
    }
    cross = next;
  }
  return cross;
}

function crossScalars(cross: readonly Alternative[], task: DisjunctionTask): Alternative[] {
  const found: { value: Value; before: Alternative; mode: number; index: number }[] = [];
  for (const before of cross) {
    for (const [index, disjunct] of task.disjuncts.entries()) {
      const value = meet(before.value, exprValue(disjunct.expr));
      if (value === undefined) continue;
      found.push({ value, before, mode: modeOf(disjunct.isDefault, task.hasDefaults), index });
    }
  }
  const leftDrops = found.every((x) => x.before.mode !== DEFAULT);
  const rightDrops = found.every((x) => x.mode !== DEFAULT);
  const out: Alternative[] = [];
  for (const x of found) {
    const mode = combineModes(x.before.mode, x.mode, leftDrops, rightDrops);
    const same = out.findIndex((o) => isSame(o.value, x.value));
    const existing = out[same];
    if (existing === undefined) {
      const choice = { key: task.key, occurrence: task.occurrence, index: x.index };
      out.push({ value: x.value, mode, choices: [...x.before.choices, choice] });
    } else if (mode === DEFAULT) out[same] = { ...existing, mode };
  }
  return out;
}

function exprValue(expr: Expr): Value {
  return expr instanceof ir.Literal || expr instanceof ir.ValueExpr ? expr.value : new TypeValue(0);
}

/** The unification of two values that are no structs or lists; undefined where there is none. */
function meet(a: Value, b: Value): Value | undefined {
  if (isScalar(a)) {
    if (isScalar(b)) return isEqualScalar(a, b) ? a : undefined;
    return admits(b, a) ? a : undefined;
  }
  if (isScalar(b)) return admits(a, b) ? b : undefined;
  const kinds = kindsOf(a) & kindsOf(b);
  if (kinds === 0) return undefined;
  let parts = a instanceof Conjunction ? a.parts : a instanceof Bound ? [a] : [];
  for (const part of b instanceof Conjunction ? b.parts : b instanceof Bound ? [b] : []) {
    const next = addBound(parts, part, kinds);
    if (next instanceof Bottom) return undefined;
    parts = next;
  }
  return parts.length === 0 ? new TypeValue(kinds) : new Conjunction(kinds, parts);
}

function admits(value: Value, scalar: Scalar): boolean {
  if ((kindsOf(value) & kindOf(scalar)) === 0) return false;
  if (value instanceof Bound) return checkScalar(scalar, value) === undefined;
  return !(value instanceof Conjunction) || value.parts.every((p) => checkScalar(scalar, p) === undefined);
}

function isScalar(value: Value): value is Scalar {
  return value === null || typeof value !== 'object' || value instanceof Uint8Array || 'coefficient' in value;
}

function isSame(a: Value, b: Value): boolean {
  if (isScalar(a) || isScalar(b)) return isScalar(a) && isScalar(b) && isEqualScalar(a, b);
  return a.constructor === b.constructor && printValue(a) === printValue(b);
}

function noneLeft(v: Vertex, cross: readonly Alternative[], task: DisjunctionTask): Bottom {
  const errors: Bottom[] = [];
  for (const { value } of cross) {
    for (const { expr } of task.disjuncts) {
      const other = exprValue(expr);
      const text = (): string => `conflicting values ${printValue(other)} and ${printValue(value)}`;
      errors.push(new Bottom('eval', text, { positions: [expr.pos, v.baseSource?.expr.pos] }));
    }
  }
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  return new Bottom('eval', `${errors.length} errors in empty disjunction`, { causes: errors });
}
