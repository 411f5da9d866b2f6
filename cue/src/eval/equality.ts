import { isEqualScalar } from './bounds.ts';
import { isOpenList } from './list.ts';
import type { Machine } from './machine.ts';
import {
  Bottom,
  Bound,
  Conjunction,
  Disjunction,
  MEMBER,
  TypeValue,
  Validator,
  Vertex,
  type Scalar,
  type Value,
} from './model.ts';
import { printValue } from './print.ts';

function isScalar(value: Value): value is Scalar {
  return value === null || typeof value !== 'object' || value instanceof Uint8Array || 'coefficient' in value;
}

/** Whether two values are the same, structs with the same fields in any order. */
export function equalValues(m: Machine, a: Value, b: Value): boolean {
  const x = a instanceof Vertex ? m.valueOf(a) : a;
  const y = b instanceof Vertex ? m.valueOf(b) : b;
  if (x === y) return true;
  if (isScalar(x) || isScalar(y)) return isScalar(x) && isScalar(y) && isEqualScalar(x, y);
  if (x instanceof Vertex || y instanceof Vertex)
    return x instanceof Vertex && y instanceof Vertex && equalVertices(m, x, y);
  if (x instanceof Bottom || y instanceof Bottom) return false;
  if (x instanceof Disjunction || y instanceof Disjunction) {
    if (!(x instanceof Disjunction) || !(y instanceof Disjunction)) return false;
    return (
      x.values.length === y.values.length && x.values.every((value, i) => equalValues(m, value, y.values[i] ?? null))
    );
  }
  return isType(x) && isType(y) && x.constructor === y.constructor && printValue(x) === printValue(y);
}

function isType(value: Value): value is TypeValue | Bound | Conjunction | Validator {
  return (
    value instanceof TypeValue || value instanceof Bound || value instanceof Conjunction || value instanceof Validator
  );
}

function equalVertices(m: Machine, a: Vertex, b: Vertex): boolean {
  m.budget.step();
  if ((a.elems === null) !== (b.elems === null)) return false;
  if (a.elems !== null && b.elems !== null) {
    if (isOpenList(a) !== isOpenList(b)) return false;
    const other = b.elems;
    return a.elems.length === other.length && a.elems.every((e, i) => equalValues(m, e, other[i] ?? null));
  }
  const arcs = a.arcs ?? new Map<string, Vertex>();
  const others = b.arcs ?? new Map<string, Vertex>();
  if (arcs.size !== others.size) return false;
  for (const [label, arc] of arcs) {
    const other = others.get(label);
    if (other?.arcType !== arc.arcType) return false;
    if (arc.arcType === MEMBER && !equalValues(m, arc, other)) return false;
    if (arc.arcType !== MEMBER && !equalConstraints(arc, other)) return false;
  }
  return equalPatterns(a, b);
}

/** Optional fields are compared by their declarations. */
function equalConstraints(a: Vertex, b: Vertex): boolean {
  return a.conjuncts.length === b.conjuncts.length && a.conjuncts.every((c, i) => c.expr === b.conjuncts[i]?.expr);
}

function equalPatterns(a: Vertex, b: Vertex): boolean {
  const x = a.node?.patterns ?? [];
  const y = b.node?.patterns ?? [];
  return x.length === y.length && x.every((p, i) => p.conjunct.expr === y[i]?.conjunct.expr);
}
