import * as ir from './ir.ts';
import { insertionOrder } from './insertion-order.ts';
import { LabelGraph } from './label-graph.ts';
import { isDefinitionReference } from './reference.ts';
import type { Expr, Position, StructPart, Trail, Vertex } from './model.ts';

/** A declaration of a struct: what a conjunct of the field refers to it by, and the label that it has. */
interface Entry {
  readonly key: object;
  readonly label: string | undefined;
  readonly pos: Position | undefined;
  readonly kind: ir.StructDecl['kind'];
}

/** One struct of which a vertex is made, with the position that orders it among the others. */
interface Part {
  readonly entries: readonly Entry[];
  readonly literal: Expr | undefined;
  readonly hasDynamic: boolean;
  offset: number;
  isExplicit: boolean;
}

/**
 * The arcs of a struct in the order in which CUE writes them: each struct keeps its order, structs follow each other by
 * position; operands of `&` have no order among each other.
 */
export function orderedArcs(v: Vertex): Iterable<readonly [string, Vertex]> {
  const arcs = v.arcs;
  if (arcs === null) return [];
  const structs = v.node?.structs ?? [];
  if (arcs.size < 2 || (structs.length < 2 && (structs[0]?.dynamic.size ?? 0) === 0)) return arcs;
  const target = onlyTarget(v);
  const labels = target === undefined ? order(v, structs) : [...orderedArcs(target)].map(([label]) => label);
  const out: (readonly [string, Vertex])[] = [];
  for (const label of labels) {
    const arc = arcs.get(label);
    if (arc !== undefined) out.push([label, arc]);
  }
  return out;
}

/** The vertex that a vertex is the same as, where its only conjunct is a reference that was not shared. */
function onlyTarget(v: Vertex): Vertex | undefined {
  const [c, ...others] = v.conjuncts;
  if (c === undefined || others.length > 0 || v.original !== null) return undefined;
  if (c.expr.op < ir.OP.FIELD_REF || c.expr.op > ir.OP.INDEX || isDefinitionReference(c.expr)) return undefined;
  const target = v.node?.seen[0]?.target;
  return target?.arcs?.size === v.arcs?.size ? target : undefined;
}

function order(v: Vertex, structs: readonly StructPart[]): string[] {
  const parts = partsOf(structs);
  const owners = new Map<object, Set<Part>>();
  for (const part of parts) {
    if (part.literal !== undefined) own(owners, part.literal, part);
    for (const { key } of part.entries) own(owners, key, part);
  }
  locate(v, parts, owners);
  markExplicit(v, structs, owners);
  parts.sort((a, b) => a.offset - b.offset || Number(a.hasDynamic) - Number(b.hasDynamic));
  const grouped = batches(parts);
  const size = v.arcs?.size ?? 0;
  const simple = inSequence(grouped);
  if (simple.size >= size) return [...simple];
  const agreed = grouped.length === 1 ? agreedOrder(grouped[0] ?? [], size) : undefined;
  if (agreed !== undefined) return [...agreed];
  const graph = new LabelGraph();
  for (const label of v.arcs?.keys() ?? []) graph.add(label);
  let previous: string[] = [];
  const labelOwners = new Map<string, Part>();
  for (const batch of grouped) {
    const isExplicit = batch.length > 1 || batch[0]?.isExplicit === true;
    const next: string[] = [];
    for (const part of batch) next.push(...addEdges(graph, previous, part, { owners: labelOwners, isExplicit }));
    previous = next;
  }
  return graph.sort();
}

function labelsOf({ entries }: Part): string[] {
  return entries.flatMap(({ label }) => label ?? []);
}

function own(owners: Map<object, Set<Part>>, key: object, part: Part): void {
  const parts = owners.get(key);
  if (parts === undefined) owners.set(key, new Set([part]));
  else parts.add(part);
}

/** The labels of structs that simply follow each other; none where some are unified with each other. */
function inSequence(grouped: readonly (readonly Part[])[]): ReadonlySet<string> {
  const labels = new Set<string>();
  for (const [part, ...others] of grouped) {
    if (part === undefined || part.isExplicit || others.length > 0) return new Set();
    for (const label of labelsOf(part)) labels.add(label);
  }
  return labels;
}

/** The labels of the struct that has all of them, where the others have theirs in the same order. */
function agreedOrder(batch: readonly Part[], size: number): readonly string[] | undefined {
  const lists = batch.map(labelsOf);
  const whole = lists.find((labels) => labels.length >= size);
  if (whole === undefined) return undefined;
  for (const labels of lists) {
    let at = -1;
    for (const label of labels) {
      const next = whole.indexOf(label, at + 1);
      if (next < 0) return undefined;
      at = next;
    }
  }
  return whole;
}

/**
 * The structs, with the bodies of comprehensions as two: the fields with fixed labels, which all results have in common,
 * and everything else, once for each result and without a position of its own.
 */
function partsOf(structs: readonly StructPart[]): Part[] {
  const parts: Part[] = [];
  const shared = new Map<Expr, Set<Trail | null>>();
  for (const { conjunct, dynamic, labels } of structs) {
    const { expr, trail } = conjunct;
    if (!(expr instanceof ir.StructLit)) {
      const entries = (labels ?? []).map((label) => ({ key: {}, label, pos: undefined, kind: 'field' as const }));
      parts.push({ entries, literal: expr, hasDynamic: false, offset: offsetOf(expr.pos), isExplicit: false });
      continue;
    }
    const entries = expr.decls.flatMap((decl) => entryOf(decl, dynamic));
    const fixed = expr.isBody ? entries.filter(({ kind }) => kind === 'field' || kind === 'let') : [];
    const whole = { hasDynamic: dynamic.size > 0, isExplicit: false };
    if (fixed.length === 0) {
      parts.push({ ...whole, entries, literal: expr, offset: offsetOf(expr.pos) });
      continue;
    }
    const trails = shared.get(expr) ?? new Set();
    shared.set(expr, trails);
    if (!trails.has(trail)) {
      trails.add(trail);
      parts.push({ ...whole, hasDynamic: false, entries: fixed, literal: undefined, offset: offsetOf(expr.pos) });
    }
    if (fixed.length < entries.length)
      parts.push({
        ...whole,
        entries: entries.filter((e) => !fixed.includes(e)),
        literal: undefined,
        offset: Infinity,
      });
  }
  return parts;
}

function offsetOf(pos: Position | undefined): number {
  return pos?.offset ?? Infinity;
}

function entryOf(decl: ir.StructDecl, dynamic: ReadonlyMap<object, string>): Entry {
  const { kind } = decl;
  switch (kind) {
    case 'field':
      return { kind, key: decl.info, label: decl.info.label, pos: decl.info.pos };
    case 'dynamic':
      return { kind, key: decl.info, label: dynamic.get(decl), pos: decl.info.pos };
    case 'pattern':
      return { kind, key: decl.value, label: undefined, pos: decl.pos };
    case 'let':
      return { kind, key: decl, label: undefined, pos: decl.pos };
    default:
      return { kind, key: decl.value ?? decl, label: undefined, pos: undefined };
  }
}

function rootOf(trail: Trail | null): Expr | undefined {
  let at = trail;
  while (at?.next != null) at = at.next;
  return at?.expr;
}

/**
 * The position of a struct is that of its declaration that is met last among the fields of the vertex, or of the first
 * reference that led to that one; then also of the struct that embeds the reference.
 */
function locate(v: Vertex, parts: readonly Part[], owners: Map<object, Set<Part>>): void {
  const isOfLet = isLet(v);
  const placed = new Set<Part>();
  for (const [, arc] of insertionOrder(v)) {
    // patterns apply to what is declared
    const declared = arc.conjuncts.filter((c) => c.field !== null);
    for (const c of [...declared, ...arc.conjuncts.filter((each) => each.field === null)]) {
      const key = c.field ?? c.expr;
      const declaring = owners.get(key);
      if (declaring === undefined) continue;
      for (const part of declaring) {
        const entry = part.entries.find((e) => e.key === key);
        if (entry?.pos !== undefined) part.offset = entry.pos.offset;
        if (entry?.kind !== 'field' || isOfLet) placed.add(part);
      }
      const root = rootOf(c.trail);
      if (isOfLet) for (const part of declaring) part.offset = 0;
      if (root === undefined) continue;
      for (const part of declaring) own(owners, root, part);
      const offset = root.pos?.offset;
      if (offset === undefined || isOfLet) continue;
      for (const part of owners.get(root) ?? []) {
        part.offset = offset;
        placed.add(part);
      }
    }
  }
  for (const part of parts) if (!placed.has(part)) placeByLet(part);
}

/** A `let` clause behind the last field is met last. */
function placeByLet(part: Part): void {
  const last = part.entries.findLast(({ kind }) => kind === 'field' || kind === 'let');
  if (last?.kind === 'let') part.offset = offsetOf(last.pos);
}

/** Whether a vertex is the value of a `let` clause: it is read through one reference, which is the position of all structs. */
function isLet(v: Vertex): boolean {
  return v.isInline && typeof v.label === 'string' && v.label !== '' && v.parent?.arcs?.get(v.label) !== v;
}

function markExplicit(v: Vertex, structs: readonly StructPart[], owners: Map<object, Set<Part>>): void {
  const visit = (expr: Expr): void => {
    if (!(expr instanceof ir.And)) return;
    for (const operand of [expr.x, expr.y]) {
      for (const part of owners.get(operand) ?? []) part.isExplicit = true;
      visit(operand);
    }
  };
  if (!isLet(v)) for (const c of v.conjuncts) visit(c.expr);
  for (const { conjunct } of structs) {
    if (conjunct.expr instanceof ir.StructLit)
      for (const decl of conjunct.expr.decls) if (decl.kind === 'embedding') visit(decl.value);
  }
}

/** Structs of one position are unified with each other, and so are neighbours that are operands. */
function batches(parts: readonly Part[]): Part[][] {
  const groups: Part[][] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (last?.[0]?.offset === part.offset && !part.hasDynamic) last.push(part);
    else groups.push([part]);
  }
  const out: Part[][] = [];
  const isExplicit = (group: readonly Part[]): boolean => group.length > 1 || group[0]?.isExplicit === true;
  for (const group of groups) {
    const last = out.at(-1);
    if (last !== undefined && isExplicit(last) && isExplicit(group)) last.push(...group);
    else out.push(group);
  }
  return out;
}

function addEdges(
  graph: LabelGraph,
  before: readonly string[],
  part: Part,
  context: { readonly owners: Map<string, Part>; readonly isExplicit: boolean },
): readonly string[] {
  const { owners, isExplicit } = context;
  let previous = before;
  for (const label of labelsOf(part)) {
    const owner = owners.get(label);
    if (owner === part || (owner !== undefined && !isExplicit)) continue;
    graph.add(label);
    owners.set(label, part);
    for (const earlier of previous) graph.addEdge(earlier, label);
    previous = [label];
  }
  return previous;
}
