import * as ir from './ir.ts';
import type { Machine } from './machine.ts';
import { append, Conjunct, type Choice, type Vertex } from './model.ts';
import { optionalTrail } from './reference.ts';
import { nodeOf } from './task.ts';

/**
 * Adds a disjunction to a vertex: to be resolved once the rest is known. In an alternative of the vertex the disjunct
 * chosen for it is added instead.
 */
export function addDisjunction(m: Machine, v: Vertex, expr: ir.DisjunctionExpr, c: Conjunct): void {
  const { key } = expr;
  const node = nodeOf(v);
  node.occurrences ??= new Map();
  const occurrence = node.occurrences.get(key) ?? 0;
  node.occurrences.set(key, occurrence + 1);
  const chosen = choiceOf(node.choices, key, occurrence);
  if (chosen === undefined) {
    const { disjuncts, hasDefaults, isScalar } = expr;
    const task = { key, occurrence, disjuncts, hasDefaults, isScalar, conjunct: c };
    node.disjunctions = append(node.disjunctions, task);
    return;
  }
  const disjunct = expr.disjuncts[chosen];
  if (disjunct === undefined) return;
  const { op } = disjunct.expr;
  const isReference = op >= ir.OP.FIELD_REF && op <= ir.OP.INDEX;
  const trail = isReference ? optionalTrail(c.trail) : c.trail;
  m.process(v, new Conjunct(disjunct.expr, c.env, c.group, trail, c.isCyclic, c.field));
}

function choiceOf(choices: readonly Choice[], key: object, occurrence: number): number | undefined {
  for (const choice of choices) if (choice.key === key && choice.occurrence === occurrence) return choice.index;
  return undefined;
}
