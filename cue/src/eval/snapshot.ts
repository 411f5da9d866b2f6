import * as ir from './ir.ts';
import { fieldsOf } from './lookup.ts';
import type { Machine } from './machine.ts';
import { Bottom, Conjunct, Env, MEMBER, Vertex, type Expr, type Value } from './model.ts';
import { withDefault } from './value-of.ts';

/** A vertex with the fields and values of another one, without the constraints that led to them. */
export function snapshot(m: Machine, value: Value): Value {
  const expr = literalOf(m, value);
  if (expr instanceof ir.ValueExpr || expr instanceof ir.Literal) return expr.value;
  const v = new Vertex(null, '');
  v.conjuncts.push(new Conjunct(expr, new Env(null, v), null, null));
  return v;
}

function literalOf(m: Machine, value: Value): Expr {
  m.budget.step();
  const known = withDefault(m, m.valueOf(value));
  if (!(known instanceof Vertex)) return new ir.ValueExpr(undefined, known);
  const holder = fieldsOf(m, known);
  if (holder instanceof Bottom) return new ir.ValueExpr(undefined, holder);
  if (holder.elems !== null) {
    const elements = holder.elems.map((e) => ({ expr: literalOf(m, e), info: null }));
    return new ir.ListLit(undefined, elements, false, undefined);
  }
  const decls: ir.StructDecl[] = [];
  for (const [label, arc] of holder.arcs ?? []) {
    if (arc.arcType !== MEMBER) continue;
    const info = { label, constraint: MEMBER, comments: [], attributes: [], pos: undefined };
    decls.push({ kind: 'field', info, value: literalOf(m, arc) });
  }
  return new ir.StructLit(undefined, decls);
}
