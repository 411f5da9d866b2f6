import { isDefinition } from '../compile/label.ts';
import * as ir from './ir.ts';
import { TOP } from './kind.ts';
import type { Machine } from './machine.ts';
import type { Vertex } from './model.ts';
import {
  append, Bottom, Conjunct, DONE, Group, NO_RECURSION, OPTIONAL_RECURSION, REPEATED_RECURSION, RUNNING, type Expr, type Trail,
} from './model.ts'; // prettier-ignore
import { nodeOf } from './task.ts';
import { setError } from './unify-scalar.ts';

/** Whether an expression names a definition, or something inside one. */
export function isDefinitionReference(expr: Expr): boolean {
  if (expr instanceof ir.FieldRef) return isDefinition(expr.label);
  if (expr instanceof ir.Selector) return isDefinition(expr.label) || isDefinitionReference(expr.x);
  return expr instanceof ir.Index && isDefinitionReference(expr.x);
}

/** Adds the conjuncts of another vertex: what a reference means. */
export function addReference(m: Machine, v: Vertex, target: Vertex, c: Conjunct): void {
  if (target === v || target === v.original) return;
  if (isInside(v, target) || isChoiceOf(v, target)) {
    setError(v, new Bottom('structural', 'structural cycle', { positions: [c.expr.pos] }));
    return;
  }
  if (isInTrail(c.trail, target, (level) => level === v.level)) return;
  const node = nodeOf(v);
  if (node.seen.some((s) => s.target === target && s.group === c.group)) return;
  node.seen = append(node.seen, { target, group: c.group });
  const step = isAncestor(target, v) ? CYCLE : recursionOf(v, target, c.trail);
  const isCyclic = c.isCyclic || step === CYCLE;
  const group = isDefinitionReference(c.expr) ? closedGroup(c.group, v.level) : c.group;
  const length = (c.trail?.length ?? 0) + 1;
  m.budget.enter(length >> 1);
  const trail = nextTrail(v, target, c, { step, length });
  const derive = (d: Conjunct): Conjunct => new Conjunct(d.expr, d.env, group, trail, isCyclic || d.isCyclic);
  if (group !== null) (node.groups ??= new Set()).add(group);
  for (const d of target.conjuncts) m.process(v, derive(d));
  if (target.parent !== null && target.parent.state !== DONE) {
    const owner = nodeOf(target);
    owner.listeners = append(owner.listeners, { vertex: v, derive });
  }
}

/** Whether a field of an inline value needs the value that the expression around it computes. */
function isInside(v: Vertex, target: Vertex): boolean {
  if (!v.isInline || v.parent?.isInline !== true || target.state !== RUNNING) return false;
  return (
    !target.isStruct && target.elems === null && target.base === undefined && target.node?.disjunctions.length === 0
  );
}

/** Whether an expression needs its own result to choose among alternatives: `a: ((*1 | int) & a) + 1`. */
function isChoiceOf(v: Vertex, target: Vertex): boolean {
  if (!v.isInline || target.state !== RUNNING || !v.conjuncts.some(({ expr }) => isConjunctionOfAlternatives(expr)))
    return false;
  return target.kinds === TOP && !target.isStruct && target.elems === null && target.node?.disjunctions.length === 0;
}

function isConjunctionOfAlternatives(expr: Expr): boolean {
  const hasAlternatives = (x: Expr): boolean => x.op === ir.OP.DISJUNCTION || isConjunctionOfAlternatives(x);
  return expr instanceof ir.And && (hasAlternatives(expr.x) || hasAlternatives(expr.y));
}

/** The recursion is a structural cycle. */
const CYCLE = -1;

/**
 * What the recursion of a declaration is after a reference. One that leads to a definition again through an optional
 * field or a pattern is no cycle where the field has declarations of its own, as data has them.
 */
function recursionOf(v: Vertex, target: Vertex, trail: Trail | null): number {
  if (trail === null) return NO_RECURSION;
  const { recursion } = trail;
  if (recursion === REPEATED_RECURSION && hasOwnDeclaration(v)) return recursion;
  if (!isInTrail(trail, target, (level) => level < v.level)) return recursion;
  return recursion === OPTIONAL_RECURSION && hasOwnDeclaration(v) ? REPEATED_RECURSION : CYCLE;
}

/** The trail after a reference; one that recurs through an optional field begins anew. */
function nextTrail(
  v: Vertex,
  target: Vertex,
  { trail, expr }: Conjunct,
  { step, length }: { step: number; length: number },
): Trail {
  const before = trail?.recursion ?? NO_RECURSION;
  const { level } = v;
  // trails are made often: the objects are written in one form
  if (step !== REPEATED_RECURSION || trail === null)
    return { target, level, expr, length, next: trail, recursion: step === CYCLE ? before : step };
  if (before !== REPEATED_RECURSION) return { target: v, level, expr, length, next: null, recursion: step };
  return hasOwnDeclaration(v) ? trail : { target, level, expr, length, next: trail, recursion: step };
}

const isRepeated = (trail: Trail | null): boolean => trail?.recursion === REPEATED_RECURSION;

function hasOwnDeclaration(v: Vertex): boolean {
  return v.conjuncts.some(({ isCyclic, trail }) => !isCyclic && !isRepeated(trail));
}

/** The trail of declarations below an optional field, a pattern or the rest of a list. */
export function optionalTrail(trail: Trail | null): Trail | null {
  if (trail?.recursion !== NO_RECURSION) return trail;
  const { target, level, expr, length, next } = trail;
  return { target, level, expr, length, next, recursion: OPTIONAL_RECURSION };
}

function closedGroup(parent: Group | null, level: number): Group {
  // a struct that embeds a definition is closed by it
  for (let at = parent; at?.embeddedAt === level; at = at.parent?.parent ?? null) {
    if (at.parent !== null) at.parent.closed = true;
  }
  return new Group(parent, true);
}

function isAncestor(target: Vertex, v: Vertex): boolean {
  for (let at = v.parent; at !== null; at = at.parent) if (at === target || at.original === target) return true;
  return false;
}

function isInTrail(trail: Trail | null, target: Vertex, isLevel: (level: number) => boolean): boolean {
  for (let at = trail; at !== null; at = at.next) if (at.target === target && isLevel(at.level)) return true;
  return false;
}
