// What the body of a comprehension declares, by its text: fields with fixed labels, in structs with fixed labels.
import { StructLit, type StructDecl } from './ir.ts';
import type { Expr, Vertex } from './model.ts';

type Step = string | number;

/** The labels that lead from a vertex to one at or below it. */
function pathTo(top: Vertex, target: Vertex): Step[] | undefined {
  const path: Step[] = [];
  for (let at: Vertex | null = target; at !== null; at = at.parent) {
    if (at === top) return path.reverse();
    path.push(at.label);
  }
  return undefined;
}

/** The values that a body declares for a path; empty where it declares none. */
function valuesAt(body: Expr, path: readonly Step[]): readonly Expr[] {
  let values: readonly Expr[] = [body];
  for (const step of path) {
    values = values.flatMap((value) =>
      value instanceof StructLit ? value.decls.flatMap((d) => (isFieldOf(d, step) ? [d.value] : [])) : [],
    );
    if (values.length === 0) break;
  }
  return values;
}

function isFieldOf(decl: StructDecl, step: Step): decl is StructDecl & { readonly kind: 'field' } {
  return decl.kind === 'field' && decl.info.label === step;
}

const hasFields = (value: Expr): boolean => value instanceof StructLit && value.decls.some((d) => d.kind === 'field');

/** Whether a body of a comprehension in a vertex declares fields inside another one. */
export function declaresInside(v: Vertex, body: Expr, target: Vertex): boolean {
  if (pathTo(target, v) !== undefined) return hasFields(body);
  const path = pathTo(v, target);
  return path !== undefined && valuesAt(body, path).some(hasFields);
}

/** Whether a body of a comprehension in a vertex declares another vertex, or its field with a label. */
export function declares(v: Vertex, body: Expr, target: Vertex, label?: string): boolean {
  const path = pathTo(v, target);
  if (path === undefined) return false;
  return valuesAt(body, label === undefined ? path : [...path, label]).length > 0;
}

/** Whether a body of a comprehension in a vertex may add anything to another one. */
export function mayReach(v: Vertex, body: Expr, target: Vertex): boolean {
  const path = pathTo(v, target);
  if (path === undefined) return false;
  let value: Expr = body;
  for (const step of path) {
    if (!(value instanceof StructLit) || value.decls.some((d) => d.kind !== 'field' && d.kind !== 'let')) return true;
    const next = value.decls.find((d) => isFieldOf(d, step));
    if (next === undefined) return false;
    value = next.value;
  }
  return true;
}
