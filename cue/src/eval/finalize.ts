import { runChecks } from './bottom-comparison.ts';
import type { Machine } from './machine.ts';
import { Bottom, DONE, graver, MEMBER, REQUIRED, Vertex } from './model.ts';
import { admitLate } from './unify-scalar.ts';

/** Evaluates a vertex and all below it; the first error that no further conjunct can mend is its childError. */
export function finalizeVertex(m: Machine, v: Vertex): void {
  if (v.isFinal || v.isFinalizing) return;
  m.expand(v);
  if (v.state !== DONE) return;
  admitLate(v);
  v.isFinalizing = true;
  v.isFinal = true;
  v.childError = null;
  v.childIncomplete = null;
  if (v.share !== null) inherit(m, v, v.share);
  else if (v.result instanceof Vertex) inherit(m, v, v.result);
  else if (v.result === undefined) finalizeFields(m, v);
  v.isFinalizing = false;
}

function inherit(m: Machine, v: Vertex, from: Vertex): void {
  if (from.isFinalizing) {
    v.childError = new Bottom('structural', 'structural cycle');
    v.childError.vertex = v;
    return;
  }
  finalizeVertex(m, from);
  v.childError = errorOf(from);
  v.childIncomplete = incompleteOf(from);
  if (!from.isFinal) v.isFinal = false;
}

function errorOf(v: Vertex): Bottom | null {
  if (v.error !== null && !v.error.isIncomplete) return v.error;
  return v.childError;
}

function incompleteOf(v: Vertex): Bottom | null {
  return v.error?.isIncomplete === true ? v.error : v.childIncomplete;
}

function finalizeFields(m: Machine, v: Vertex): void {
  m.budget.enter(++m.depth);
  for (const arc of childrenOf(v)) {
    if (arc.arcType === REQUIRED) {
      m.expand(arc);
      if (arc.error !== null && !arc.error.isIncomplete) v.childError = graver(v.childError, arc.error);
    }
    if (arc.arcType !== MEMBER) continue;
    finalizeVertex(m, arc);
    if (!arc.isFinal) v.isFinal = false;
    const error = errorOf(arc);
    if (error !== null) v.childError = graver(v.childError, error);
    v.childIncomplete ??= incompleteOf(arc);
  }
  runChecks(m, v);
  m.depth--;
}

export function childrenOf(v: Vertex): Iterable<Vertex> {
  return v.elems ?? v.arcs?.values() ?? [];
}
