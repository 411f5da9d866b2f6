import { labelText } from '../compile/label.ts';
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
