import { isRegular, printLabel } from '../compile/label.ts';
import { declares } from './body-reach.ts';
import { kindOf } from './bounds.ts';
import { isClosed } from './closedness.ts';
import { ComprehensionExpr } from './ir.ts';
import { kindName, LIST, STRUCT } from './kind.ts';
import type { Machine } from './machine.ts';
import {
  Bottom,
  Disjunction,
  DONE,
  OPTIONAL,
  SUSPENDED,
  Vertex,
  type ErrorCode,
  type Expr,
  type Value,
} from './model.ts';
import { isOpenList } from './list.ts';
import { printValue } from './print.ts';
import { isScalar, possibleKinds, valueOfVertex, withDefault } from './value-of.ts';

/** The vertex that has the fields of a vertex: itself, what it shares, or its default alternative. */
export function fieldsOf(m: Machine, v: Vertex): Vertex | Bottom {
  let at = v;
  for (;;) {
    m.expand(at);
    if (at.share !== null) at = at.share;
    else if (at.result instanceof Vertex) at = at.result;
    else if (at.result instanceof Disjunction) {
      const chosen = chooseDefault(at.result);
      if (chosen === undefined) return new Bottom('incomplete', () => `unresolved disjunction ${printValue(v)}`);
      if (!(chosen instanceof Vertex)) return at;
      at = chosen;
    } else return at;
  }
}

function chooseDefault(value: Disjunction): Value | undefined {
  return value.defaults === 1 ? value.values[0] : undefined;
}

/** A field by its label. */
export function lookupField(m: Machine, v: Vertex, label: string, expr: Expr | null): Value {
  const holder = fieldsOf(m, v);
  if (holder instanceof Bottom) return holder;
  const arc = holder.arcs?.get(label);
  // what a struct has besides its fields may still add to them
  if (holder.error !== null && holder.state === DONE) return holder.error;
  if (arc !== undefined) return foundField(holder, arc, label, expr);
  if (holder.state !== DONE && !holder.isForced && mayGrow(holder)) return blocked(holder);
  const invalid = notSelectable(m, holder, label, expr);
  if (invalid !== null) return invalid;
  const pending = conditionFor(holder, label);
  if (pending !== null) return blocked(pending);
  m.missing?.push({ holder, label });
  // fields may still be added while the struct around is in evaluation
  const isComplete = holder.parent === null || holder.parent.state === DONE;
  const isFinal =
    holder.state === DONE && (isClosed(holder, isComplete) || (holder.elems !== null && isRegular(label)));
  const code = isFinal ? 'eval' : 'incomplete';
  return undefinedField(code, label, expr);
}

/** The error of a value that has no fields; null for a struct, and for what may become one. */
function notSelectable(m: Machine, holder: Vertex, label: string, expr: Expr | null): Bottom | null {
  const value = withDefault(m, valueOfVertex(m, holder));
  if (value instanceof Bottom)
    return value.code === 'cycle' && !value.isBlocked ? undefinedField('incomplete', label, expr) : value;
  if (isScalar(value) && isRegular(label)) {
    return new Bottom(
      'eval',
      () => `invalid operand ${printValue(value)} (found ${kindName(kindOf(value))}, want list or struct)`,
      {
        positions: [expr?.pos],
      },
    );
  }
  const kinds = value instanceof Vertex ? STRUCT : possibleKinds(m, value);
  if (isRegular(label) && (kinds & (STRUCT | LIST)) === 0) {
    return new Bottom(
      'eval',
      () => `invalid operand ${printValue(value)} (found ${kindName(kinds)}, want list or struct)`,
      { positions: [expr?.pos] },
    );
  }
  return null;
}

function undefinedField(code: ErrorCode, label: string, expr: Expr | null): Bottom {
  return new Bottom(code, `undefined field: ${printLabel(label)}`, { positions: [expr?.pos] });
}

function foundField(holder: Vertex, arc: Vertex, label: string, expr: Expr | null): Value {
  if (arc.arcType === OPTIONAL) {
    if (holder.state !== DONE && !holder.isForced && mayGrow(holder)) return blocked(holder);
    const pending = conditionFor(holder, label);
    if (pending !== null) return blocked(pending);
    return optionalField(arc, expr);
  }
  return arc;
}

export function optionalField({ label }: Vertex, expr: Expr | null): Bottom {
  return new Bottom('incomplete', `cannot reference optional field: ${printLabel(String(label))}`, {
    positions: [expr?.pos],
  });
}

/** Whether the fields of a vertex in evaluation may not all be there yet. */
function mayGrow(v: Vertex): boolean {
  return (
    v.node === null || v.node.tasks.length > 0 || v.processed < v.conjuncts.length || v.node.disjunctions.length > 0
  );
}

/** A vertex in evaluation around a struct: a condition in it may still declare a field of the struct. */
function conditionFor(holder: Vertex, label: string): Vertex | null {
  for (let at = holder.parent; at !== null; at = at.parent) {
    if (at.state === DONE || at.depth === 0 || at.isForced) continue;
    for (const { isComprehension, conjunct } of at.node?.tasks ?? []) {
      const { expr } = conjunct;
      if (isComprehension && expr instanceof ComprehensionExpr && declares(at, expr.body, holder, label)) return at;
    }
  }
  return null;
}

function blocked(v: Vertex): Bottom {
  if (v.state === SUSPENDED && v.block !== null) return v.block;
  return new Bottom('cycle', 'cycle error', { blockedAt: v.depth });
}

/** An element of a list. */
export function lookupElement(m: Machine, v: Vertex, index: number, expr: Expr | null): Value {
  const holder = fieldsOf(m, v);
  if (holder instanceof Bottom) return holder;
  if (holder.state !== DONE && !holder.isForced && (holder.node?.tasks.length ?? 0) > 0) return blocked(holder);
  if (holder.error !== null) return holder.error;
  const elem = holder.elems?.[index];
  if (elem !== undefined) return elem;
  const code = isOpenList(holder) ? 'incomplete' : 'eval';
  return new Bottom(code, `index out of range [${index}] with length ${holder.elems?.length ?? 0}`, {
    positions: [expr?.pos],
  });
}
