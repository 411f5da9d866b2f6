import { isDefinition } from '../compile/label.ts';
import * as ir from './ir.ts';
import type { Machine } from './machine.ts';
import type { Vertex } from './model.ts';
import { append, Conjunct, DONE, Group, type Expr, type Trail } from './model.ts';
import { nodeOf } from './task.ts';

/** Whether an expression names a definition, or something inside one. */
export function isDefinitionReference(expr: Expr): boolean {
  if (expr instanceof ir.FieldRef) return isDefinition(expr.label);
  if (expr instanceof ir.Selector) return isDefinition(expr.label) || isDefinitionReference(expr.x);
  return expr instanceof ir.Index && isDefinitionReference(expr.x);
}

/** Adds the conjuncts of another vertex: what a reference means. */
export function addReference(m: Machine, v: Vertex, target: Vertex, c: Conjunct): void {
  if (target === v || target === v.original) return;
  if (isInTrail(c.trail, target, (level) => level === v.level)) return;
  const node = nodeOf(v);
  if (node.seen.some((s) => s.target === target && s.group === c.group)) return;
  node.seen = append(node.seen, { target, group: c.group });
  const isCyclic = c.isCyclic || isAncestor(target, v) || isInTrail(c.trail, target, (level) => level < v.level);
  const group = isDefinitionReference(c.expr) ? closedGroup(c.group, v.level) : c.group;
  const length = (c.trail?.length ?? 0) + 1;
  m.budget.enter(length >> 1);
  const trail: Trail = { target, level: v.level, expr: c.expr, length, next: c.trail };
  const derive = (d: Conjunct): Conjunct => new Conjunct(d.expr, d.env, group, trail, isCyclic || d.isCyclic);
  if (group !== null) (node.groups ??= new Set()).add(group);
  for (const d of target.conjuncts) m.process(v, derive(d));
  if (target.parent !== null && target.parent.state !== DONE) {
    const owner = nodeOf(target);
    owner.listeners = append(owner.listeners, { vertex: v, derive });
  }
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
