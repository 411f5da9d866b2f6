import { isRegular } from '../compile/label.ts';
import { isEqualScalar } from './bounds.ts';
import { isOpenList } from './list.ts';
import { isClosed } from './closedness.ts';
import type { Machine } from './machine.ts';
import {
  Bottom,
  Bound,
  Conjunction,
  Disjunction,
  OPTIONAL,
  TypeValue,
  Validator,
  Vertex,
  type Scalar,
  type Value,
} from './model.ts';
import { printValue } from './print.ts';

const NO_ARCS: ReadonlyMap<string, Vertex> = new Map();

function isScalar(value: Value): value is Scalar {
  return value === null || typeof value !== 'object' || value instanceof Uint8Array || 'coefficient' in value;
}

/** What counts for equality: all but patterns; the same without optional fields; regular fields and elements only. */
export type Scope = 'all' | 'present' | 'data';

/** Whether two values are the same, structs with the same fields in any order. */
export function equalValues(m: Machine, a: Value, b: Value, scope: Scope = 'all'): boolean {
  const x = a instanceof Vertex ? m.valueOf(a) : a;
  const y = b instanceof Vertex ? m.valueOf(b) : b;
  if (x === y) return true;
  if (isScalar(x) || isScalar(y)) return isScalar(x) && isScalar(y) && isEqualScalar(x, y);
  if (x instanceof Vertex || y instanceof Vertex)
    return x instanceof Vertex && y instanceof Vertex && equalVertices(m, x, y, scope);
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

function equalVertices(m: Machine, a: Vertex, b: Vertex, scope: Scope): boolean {
  m.budget.step();
  if ((a.elems === null) !== (b.elems === null)) return false;
  if (a.elems !== null && b.elems !== null) {
    if (scope !== 'data' && !areOfOneList(a, b) && isOpenList(a) !== isOpenList(b)) return false;
    const other = b.elems;
    return a.elems.length === other.length && a.elems.every((e, i) => equalValues(m, e, other[i] ?? null, scope));
  }
  if (scope !== 'data' && isClosed(a) !== isClosed(b)) return false;
  const arcs = countedArcs(a, scope);
  const others = countedArcs(b, scope);
  if (arcs.size !== others.size) return false;
  for (const [label, arc] of arcs) {
    const other = others.get(label);
    if (other?.arcType !== arc.arcType) return false;
    const isOptional = arc.arcType === OPTIONAL;
    // what an optional field has inside is not evaluated further
    if (!(isOptional && scope === 'present') && !equalValues(m, arc, other, isOptional ? 'present' : scope))
      return false;
  }
  return true;
}

/** Alternatives of a list that has declarations beside them: one that is closed closes the others. */
function areOfOneList(a: Vertex, b: Vertex): boolean {
  return a.original !== null && a.original === b.original && a.original.elems !== null;
}

function countedArcs(v: Vertex, scope: Scope): ReadonlyMap<string, Vertex> {
  if (v.arcs === null) return NO_ARCS;
  if (scope !== 'data') return v.arcs;
  return new Map(Array.from(v.arcs).filter(([label, arc]) => isRegular(label) && arc.arcType !== OPTIONAL));
}
