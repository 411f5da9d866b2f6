import { isDefinition, isRegular } from '../compile/label.ts';
import { FieldRef, OP } from './ir.ts';
import { Bottom, OPTIONAL, type Conjunct, type Group, type Node, type Position, type Vertex } from './model.ts';
import { setCheckError, setError } from './unify-scalar.ts';

/** A field that a closed struct in the vertex does not admit is an error of the vertex. */
export function checkClosed(v: Vertex, node: Node): void {
  if (node.groups === null || v.arcs === null) return;
  const required = closedGroups(node.groups, v.level);
  if (required.length === 0) return;
  const isShared = v.conjuncts.length === 1 && isReference(v.conjuncts[0]);
  for (const [label, arc] of v.arcs) {
    if (arc.arcType === OPTIONAL || !isRegular(label)) continue;
    for (const group of required) {
      if (isAdmitted(node, group, arc, isShared)) continue;
      const error = notAllowed(arc);
      if (!v.isInline) setError(arc, error);
      setCheckError(v, error);
      break;
    }
  }
}

/** What is below a field that is not allowed is not allowed either. */
export function refuseFieldsBelow(v: Vertex): void {
  if (v.error === null || !(v.error instanceof NotAllowed) || v.error.vertex !== v) return;
  for (const [label, arc] of v.arcs ?? [])
    if (arc.arcType !== OPTIONAL && isRegular(label)) setError(arc, notAllowed(arc));
}

/** Whether a struct in the vertex would refuse a further field. */
export function isClosed(v: Vertex, isComplete = true): boolean {
  if (v.node === null || v.node.patterns.length > 0) return false;
  const { node } = v;
  const mayBeAny = node.topGroups.length > 0 && node.structs.length === 0;
  if (isComplete && node.openGroups.length === 0 && !mayBeAny && isInDefinition(v)) return true;
  return node.groups !== null && closedGroups(node.groups, v.level).some((g) => !isOpenFor(node, g));
}

function isInDefinition(v: Vertex): boolean {
  for (let at: Vertex | null = v; at !== null; at = at.parent) {
    if (typeof at.label === 'string' && isDefinition(at.label)) return true;
  }
  return false;
}

/** All closed groups that the conjuncts of a vertex belong to. */
function closedGroups(groups: ReadonlySet<Group>, level: number): Group[] {
  const found = new Set<Group>();
  for (const leaf of groups) {
    for (let g: Group | null = leaf; g !== null; g = g.parent) {
      if (g.closed && (g.level < 0 || g.level === level)) found.add(g);
    }
  }
  return [...found];
}

function isAdmitted(node: Node, group: Group, arc: Vertex, isShared: boolean): boolean {
  for (const c of arc.conjuncts) if (admits(group, c.group) && (isShared || !isSelfReference(c, arc))) return true;
  return isOpenFor(node, group);
}

function isReference(c: Conjunct | undefined): boolean {
  return c !== undefined && c.expr.op >= OP.FIELD_REF && c.expr.op <= OP.INDEX;
}

/** A field that is declared to be itself is not declared. */
function isSelfReference({ expr, env }: Conjunct, arc: Vertex): boolean {
  if (!(expr instanceof FieldRef) || expr.label !== arc.label) return false;
  let frame = env;
  for (let i = expr.up; i > 0 && frame.up !== null; i--) frame = frame.up;
  return frame.vertex.arcs?.get(expr.label) === arc;
}

function isOpenFor(node: Node, group: Group): boolean {
  if (node.openGroups.some((leaf) => admits(group, leaf))) return true;
  if (!node.topGroups.some((leaf) => admits(group, leaf))) return false;
  return !node.structs.some(({ conjunct }) => contains(conjunct.group, group));
}

function contains(leaf: Group | null, group: Group): boolean {
  for (let g = leaf; g !== null; g = g.parent) if (g === group) return true;
  return false;
}

/** Whether a declaration in the leaf group admits a field for a closed group. */
function admits(group: Group, leaf: Group | null): boolean {
  if (contains(leaf, group)) return true;
  // the group is embedded in a struct: fields that the struct has beside the embedding are admitted
  for (let g: Group | null = group; g !== null; g = g.parent) {
    if (g.embeddedAt >= 0 && g.parent !== null && contains(leaf, g.parent) && !contains(leaf, g)) return true;
  }
  return false;
}

/** A field that a closed struct does not admit. */
export class NotAllowed extends Bottom {}

function notAllowed(arc: Vertex): Bottom {
  const positions: (Position | undefined)[] = arc.conjuncts.map((c) => c.field?.pos ?? c.expr.pos);
  const error = new NotAllowed('eval', 'field not allowed', { positions });
  error.vertex = arc;
  return error;
}
