import { BYTES } from './budget.ts';
import { clauseEnvs } from './comprehension.ts';
import * as ir from './ir.ts';
import * as K from './kind.ts';
import type { Machine } from './machine.ts';
import { append, Bottom, Conjunct, TypeValue, Vertex, type ListPart } from './model.ts';
import { optionalTrail } from './reference.ts';
import { addConjunct } from './struct.ts';
import { addWork, nodeOf } from './task.ts';
import { narrowKinds, setError } from './unify-scalar.ts';

/** Adds a list literal to a vertex. */
export function addListLiteral(m: Machine, v: Vertex, literal: ir.ListLit, c: Conjunct): void {
  if (!narrowKinds(v, K.LIST, c, new TypeValue(K.LIST))) return;
  const rest =
    literal.rest === undefined ? null : new Conjunct(literal.rest, c.env, c.group, optionalTrail(c.trail), c.isCyclic);
  if (!literal.hasComprehensions) {
    const elements = literal.elements.map((expr, i) => element(expr, literal.infos[i] ?? null, c));
    addElements(m, v, { elements, isOpen: literal.isOpen, rest }, c);
    return;
  }
  addWork(v, c, () => {
    const elements = comprehendElements(m, literal, c);
    if (elements instanceof Bottom) {
      if (elements.isIncomplete) return elements;
      setError(v, elements);
      return null;
    }
    addElements(m, v, { elements, isOpen: literal.isOpen, rest }, c);
    return null;
  });
}

function element(expr: ir.ListLit['elements'][number], info: Conjunct['field'], c: Conjunct): Conjunct {
  return new Conjunct(expr, c.env, c.group, c.trail, c.isCyclic, info);
}

/** The elements with comprehensions replaced by what they yield. */
function comprehendElements(m: Machine, literal: ir.ListLit, c: Conjunct): Conjunct[] | Bottom {
  const elements: Conjunct[] = [];
  const saved = m.trail;
  m.trail = c.trail;
  for (let i = 0; i < literal.elements.length; i++) {
    const expr = literal.elements[i];
    if (expr instanceof ir.ComprehensionExpr) {
      const envs = clauseEnvs(m, expr, c.env);
      if (envs instanceof Bottom) {
        m.trail = saved;
        return envs;
      }
      for (const env of envs)
        elements.push(new Conjunct(expr.body, env, c.group, c.trail, c.isCyclic, literal.infos[i] ?? null));
    } else if (expr !== undefined) elements.push(element(expr, literal.infos[i] ?? null, c));
  }
  m.trail = saved;
  return elements;
}

/** Adds the elements of one list to a vertex. */
export function addElements(
  m: Machine,
  v: Vertex,
  { elements, isOpen, rest }: { elements: readonly Conjunct[]; isOpen: boolean; rest: Conjunct | null },
  c: Conjunct,
): void {
  const node = nodeOf(v);
  const elems = (v.elems ??= []);
  m.budget.allocate(Math.max(0, elements.length - elems.length) * BYTES.vertex);
  elements.forEach((conjunct, i) => {
    const elem = (elems[i] ??= new Vertex(v, i));
    addConjunct(elem, conjunct);
  });
  const { length } = elements;
  node.lists = append(node.lists, { length, isOpen, rest, applied: length });
  const { lists } = node;
  for (const part of lists) applyRest(elems, part);
  const closed = lists.find((part) => !part.isOpen && part.length < elems.length);
  if (closed !== undefined) {
    const lengths = [closed.length, elems.length].sort((a, b) => a - b);
    setError(
      v,
      new Bottom('eval', `incompatible list lengths (${lengths.join(' and ')})`, { positions: [c.expr.pos] }),
    );
  }
}

function applyRest(elems: readonly Vertex[], part: ListPart): void {
  for (let i = part.applied; i < elems.length; i++) {
    const elem = elems[i];
    if (elem !== undefined && part.rest !== null) addConjunct(elem, part.rest);
  }
  part.applied = Math.max(part.applied, elems.length);
}

/** Whether more elements may follow. */
export function isOpenList(v: Vertex): boolean {
  return v.node?.lists.every((part) => part.isOpen) ?? false;
}
