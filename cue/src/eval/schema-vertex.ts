import { labelText, regularLabel } from '../compile/label.ts';
import * as ir from './ir.ts';
import { matchesLabel } from './label-match.ts';
import type { Machine } from './machine.ts';
import { Conjunct, Env, Vertex } from './model.ts';
import { addConjunct } from './struct.ts';

/** What every further element of an open list must be, `T` of `[...T]`; undefined where the list says nothing of them. */
export function elementVertex(list: Vertex): Vertex | undefined {
  const rests = (list.node?.lists ?? []).flatMap(({ rest }) => rest ?? []);
  if (rests.length === 0) return undefined;
  const v = new Vertex(list, list.elems?.length ?? 0);
  for (const rest of rests) addConjunct(v, rest);
  return v;
}

/** What the conditions of a struct may add to it, `{a: T}` of `if c {a: T}`, whether or not they hold. */
export function conditionalVertices(struct: Vertex): readonly Vertex[] {
  return (struct.node?.structs ?? []).flatMap(({ conjunct: c }) => {
    if (!(c.expr instanceof ir.StructLit)) return [];
    const env = new Env(c.env, struct);
    return c.expr.decls.flatMap((decl) => {
      const body = decl.kind === 'embedding' ? conditionalBody(decl.value) : undefined;
      if (!body) return [];
      const v = new Vertex(struct, regularLabel('if'));
      addConjunct(v, new Conjunct(body, env, null, c.trail));
      return [v];
    });
  });
}

/** Whether a struct says `...`. */
export function isExplicitlyOpen(struct: Vertex): boolean {
  const literals = (struct.node?.structs ?? []).map(({ conjunct }) => conjunct.expr);
  return literals.some((expr) => expr instanceof ir.StructLit && expr.decls.some(({ kind }) => kind === 'ellipsis'));
}

/** Whether a field has a default, also one that is not known yet. */
export const hasDefault = (field: Vertex): boolean =>
  field.conjuncts.some(({ expr }) => expr instanceof ir.DisjunctionExpr && expr.hasDefaults);

/** The struct behind conditions; undefined for anything else, also for what is repeated. */
function conditionalBody(expr: ir.Call['fun']): ir.Call['fun'] | undefined {
  const isConditional = expr instanceof ir.ComprehensionExpr && expr.clauses.every(({ kind }) => kind === 'if');
  return isConditional ? expr.body : undefined;
}

/** What a field with a label must be by the patterns of a struct, `T` of `[string]: T`; undefined where none fits. */
export function patternVertex(m: Machine, struct: Vertex, label: string): Vertex | undefined {
  const fitting = (struct.node?.patterns ?? []).filter(({ filter }) => matchesLabel(m, filter, labelText(label)));
  if (fitting.length === 0) return undefined;
  const v = new Vertex(struct, label);
  for (const { conjunct: c, hasFrame } of fitting) {
    const env = hasFrame ? new Env(c.env, v, labelText(label)) : c.env;
    addConjunct(v, new Conjunct(c.expr, env, c.group, c.trail, c.isCyclic, c.field));
  }
  return v;
}
