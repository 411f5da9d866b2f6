import { isRegular, labelText } from '../compile/label.ts';
import { insertionOrder } from './insertion-order.ts';
import type * as ir from './ir.ts';
import { BOOL, kindName, LIST, STRUCT } from './kind.ts';
import { kindOf, kindsOf } from './bounds.ts';
import { BYTES } from './budget.ts';
import type { Machine } from './machine.ts';
import { Bottom, Disjunction, Env, MEMBER, REQUIRED, RUNNING, SUSPENDED, Vertex, type Value } from './model.ts';
import { printValue } from './print.ts';
import { possibleKinds } from './value-of.ts';

/** The environments for which a comprehension yields its body. */
export function clauseEnvs(m: Machine, expr: ir.ComprehensionExpr, env: Env): Env[] | Bottom {
  const out: Env[] = [];
  const error = runClause(m, expr, 0, { env, out });
  return error ?? out;
}

interface ClauseState {
  readonly env: Env;
  readonly out: Env[];
}

function runClause(m: Machine, expr: ir.ComprehensionExpr, index: number, state: ClauseState): Bottom | null {
  const clause = expr.clauses[index];
  m.budget.step();
  if (clause === undefined) {
    state.out.push(state.env);
    return null;
  }
  switch (clause.kind) {
    case 'if': {
      const value = m.evaluate(clause.condition, state.env);
      const condition = m.concrete(value);
      if (condition instanceof Bottom)
        return canBeBool(m, condition, value) ? condition : notBool(m.valueOf(value), clause.condition);
      if (typeof condition !== 'boolean') return notBool(condition, clause.condition);
      return condition ? runClause(m, expr, index + 1, state) : null;
    }
    case 'let':
      return runClause(m, expr, index + 1, { env: new Env(state.env, state.env.vertex), out: state.out });
    case 'for':
      return runFor(m, expr, index, { state, source: clause.source });
  }
}

function canBeBool(m: Machine, error: Bottom, value: Value): boolean {
  if (error.isBlocked || !error.isIncomplete || m.valueOf(value) instanceof Disjunction) return true;
  return (possibleKinds(m, value) & BOOL) !== 0;
}

function notBool(value: Value, expr: ir.Call['fun']): Bottom {
  const kind =
    value instanceof Vertex
      ? value.elems === null
        ? 'struct'
        : 'list'
      : kindName(isScalar(value) ? kindOf(value) : kindsOf(value));
  return new Bottom('eval', `cannot use ${printValue(value)} (type ${kind}) as type bool`, { positions: [expr.pos] });
}

function isScalar(value: Value): value is string {
  return value === null || typeof value !== 'object' || value instanceof Uint8Array || 'coefficient' in value;
}

function runFor(
  m: Machine,
  expr: ir.ComprehensionExpr,
  index: number,
  at: { state: ClauseState; source: ir.Call['fun'] },
): Bottom | null {
  const { env, out } = at.state;
  const value = m.evaluate(at.source, env);
  const source = m.concrete(value);
  if (source instanceof Bottom) {
    const isOpen = source.isBlocked || !source.isIncomplete || m.valueOf(value) instanceof Disjunction;
    const kinds = isOpen ? LIST | STRUCT : possibleKinds(m, value);
    if ((kinds & (LIST | STRUCT)) !== 0) return source.asArgument;
    return new Bottom(
      'eval',
      () => `cannot range over ${printValue(value)} (found ${kindName(kinds)}, want list or struct)`,
      { positions: [at.source.pos] },
    );
  }
  if (!(source instanceof Vertex)) {
    return new Bottom(
      'eval',
      `cannot range over ${printValue(source)} (found ${kindName(kindOf(source))}, want list or struct)`,
      {
        positions: [at.source.pos],
      },
    );
  }
  const blocked = blockOf(source);
  if (blocked !== null) return blocked;
  const each = (key: Value, value: Vertex): Bottom | null => {
    m.budget.allocate(BYTES.iteration);
    return runClause(m, expr, index + 1, { env: new Env(env, env.vertex, key, value), out });
  };
  if (source.elems !== null) {
    for (let i = 0; i < source.elems.length; i++) {
      const elem = source.elems[i];
      const error = elem === undefined ? null : each(i, elem);
      if (error !== null) return error;
    }
    return null;
  }
  return runFields(source, each);
}

function runFields(source: Vertex, each: (key: Value, value: Vertex) => Bottom | null): Bottom | null {
  for (const [label, arc] of insertionOrder(source)) {
    if (!isRegular(label)) continue;
    if (arc.arcType === REQUIRED) {
      return new Bottom('incomplete', `missing field in for comprehension: ${labelText(label)}`);
    }
    if (arc.arcType !== MEMBER) continue;
    const error = each(labelText(label), arc);
    if (error !== null) return error;
  }
  return null;
}

/** The fields of a vertex in evaluation are not all known. */
function blockOf(v: Vertex): Bottom | null {
  if ((v.state === RUNNING || v.state === SUSPENDED) && !v.isForced && (v.node?.tasks.length ?? 0) > 0) {
    return v.block ?? new Bottom('cycle', 'cycle error', { blockedAt: v.depth });
  }
  return null;
}
