// All errors of a value, where an evaluation stops at the gravest one.
import { isRegular } from '../compile/label.ts';
import { NotAllowed } from './closedness.ts';
import { missingField, notConcrete } from './export.ts';
import { childrenOf } from './finalize.ts';
import type { Machine } from './machine.ts';
import { Bottom, OPTIONAL, REQUIRED, Vertex } from './model.ts';
import { admitLate } from './unify-scalar.ts';
import { isScalar, withDefault } from './value-of.ts';

/** Errors that no further value can mend, of a vertex and all below it. */
export function finalErrors(m: Machine, root: Vertex): Bottom[] {
  const found = new Set<Bottom>();
  const seen = new Set<Vertex>();
  const visit = (v: Vertex): void => {
    m.budget.step();
    m.finalize(v);
    for (const error of ownErrors(v)) if (!error.isIncomplete) found.add(error);
    const holder = v.error instanceof NotAllowed ? null : holderOf(v);
    if (holder === null || seen.has(holder)) return;
    seen.add(holder);
    for (const child of childrenOf(holder)) {
      if (child.arcType === OPTIONAL) continue;
      if (child.arcType === REQUIRED) for (const error of ownErrors(child)) if (!error.isIncomplete) found.add(error);
      if (child.arcType !== REQUIRED) visit(child);
    }
  };
  visit(root);
  return [...found];
}

/** Why the fields below a vertex are no data yet. */
export function incompleteErrors(m: Machine, root: Vertex): Bottom[] {
  const found = new Set<Bottom>();
  const seen = new Set<Vertex>();
  const visit = (v: Vertex): void => {
    m.budget.step();
    const value = withDefault(m, m.valueOf(v));
    admitLate(v);
    if (value instanceof Bottom) {
      value.vertex ??= v;
      found.add(value);
    } else if (value instanceof Vertex) {
      if (seen.has(value)) return;
      seen.add(value);
      if (value.elems !== null) value.elems.forEach(visit);
      else for (const [label, arc] of value.arcs ?? []) if (isRegular(label)) visitField(arc);
    } else if (!isScalar(value)) found.add(notConcrete(value, v));
  };
  const visitField = (arc: Vertex): void => {
    if (arc.arcType === REQUIRED) found.add(missingField(arc));
    else if (arc.arcType !== OPTIONAL) visit(arc);
  };
  visit(root);
  return [...found];
}

function ownErrors(v: Vertex): readonly Bottom[] {
  let at = v;
  while (at.share !== null) at = at.share;
  return at.error === null ? [] : [at.error, ...at.error.further];
}

/** The vertex that has the fields; null where alternatives are not decided. */
function holderOf(v: Vertex): Vertex | null {
  let at = v;
  while (at.share !== null || at.result instanceof Vertex) at = at.share ?? (at.result as Vertex);
  return at.result === undefined ? at : null;
}
