import * as ir from './ir.ts';
import { LabelGraph } from './label-graph.ts';
import { isDefinitionReference } from './reference.ts';
import type { Expr, StructPart, Trail, Vertex } from './model.ts';

/** One struct of which a vertex is made, with the position that orders it among the others. */
interface Part {
  readonly labels: readonly string[];
  readonly literal: Expr;
  /** The first reference that led to the struct. */
  readonly root: Expr | undefined;
  readonly hasDynamic: boolean;
  offset: number;
  /** The offset is that of a pattern. */
  isFixed: boolean;
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
  const parts = structs.map(partOf);
  locate(v, parts);
  markExplicit(v, parts);
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
  const owners = new Map<string, Part>();
  for (const batch of grouped) {
    const isExplicit = batch.length > 1 || batch[0]?.isExplicit === true;
    const next: string[] = [];
    for (const part of batch) next.push(...addEdges(graph, previous, part, { owners, isExplicit }));
    previous = next;
  }
  return graph.sort();
}

/** The labels of structs that simply follow each other; none where some are unified with each other. */
function inSequence(grouped: readonly (readonly Part[])[]): ReadonlySet<string> {
  const labels = new Set<string>();
  for (const [part, ...others] of grouped) {
    if (part === undefined || part.isExplicit || others.length > 0) return new Set();
    for (const label of part.labels) labels.add(label);
  }
  return labels;
}

/** The labels of the struct that has all of them, where the others have theirs in the same order. */
function agreedOrder(batch: readonly Part[], size: number): readonly string[] | undefined {
  const whole = batch.find(({ labels }) => labels.length >= size)?.labels;
  if (whole === undefined) return undefined;
  for (const { labels } of batch) {
    let at = -1;
    for (const label of labels) {
      const next = whole.indexOf(label, at + 1);
      if (next < 0) return undefined;
      at = next;
    }
  }
  return whole;
}

function partOf({ conjunct, dynamic, labels }: StructPart): Part {
  const { expr } = conjunct;
  const named = labels ?? (expr instanceof ir.StructLit ? declaredLabels(expr, dynamic) : []);
  const root = rootOf(conjunct.trail);
  return {
    labels: named,
    literal: expr,
    root,
    hasDynamic: dynamic.size > 0,
    offset: expr.pos?.offset ?? Infinity,
    isFixed: false,
    isExplicit: false,
  };
}

function declaredLabels(literal: ir.StructLit, dynamic: ReadonlyMap<object, string>): string[] {
  const out: string[] = [];
  for (const decl of literal.decls) {
    if (decl.kind === 'field') out.push(decl.info.label);
    else if (decl.kind === 'dynamic') {
      const label = dynamic.get(decl);
      if (label !== undefined) out.push(label);
    }
  }
  return out;
}

function rootOf(trail: Trail | null): Expr | undefined {
  let at = trail;
  while (at?.next != null) at = at.next;
  return at?.expr;
}

/** The position of a struct is that of its last field, or of the first reference that led to it; then also of the struct that embeds the reference. */
function locate(v: Vertex, parts: readonly Part[]): void {
  parts.forEach((part) => {
    if (part.literal instanceof ir.StructLit) {
      // dynamic fields are added after the others, so that the last one counts
      for (const kind of ['field', 'dynamic']) {
        for (const decl of part.literal.decls) {
          if (decl.kind === kind && 'info' in decl) part.offset = decl.info.pos?.offset ?? part.offset;
        }
      }
      for (const decl of part.literal.decls) {
        if (decl.kind !== 'pattern' || !applies(v, decl)) continue;
        part.offset = decl.pos.offset;
        part.isFixed = true;
      }
    }
    if (part.root === undefined || part.labels.length === 0) return;
    const offset = part.root.pos?.offset;
    if (offset === undefined) return;
    part.offset = offset;
    for (const other of parts) if (!other.isFixed && embeds(other.literal, part.root)) other.offset = offset;
  });
}

/** Whether a pattern adds to a field of the vertex. */
function applies(v: Vertex, pattern: ir.PatternDecl): boolean {
  for (const arc of v.arcs?.values() ?? []) if (arc.conjuncts.some((c) => c.expr === pattern.value)) return true;
  return false;
}

function embeds(literal: Expr, expr: Expr): boolean {
  return literal instanceof ir.StructLit && literal.decls.some((d) => d.kind === 'embedding' && d.value === expr);
}

function markExplicit(v: Vertex, parts: readonly Part[]): void {
  const operands = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (!(expr instanceof ir.And)) return;
    for (const operand of [expr.x, expr.y]) {
      operands.add(operand);
      visit(operand);
    }
  };
  for (const c of v.conjuncts) visit(c.expr);
  for (const { literal } of parts) {
    if (literal instanceof ir.StructLit)
      for (const decl of literal.decls) if (decl.kind === 'embedding') visit(decl.value);
  }
  if (operands.size === 0) return;
  for (const part of parts) {
    if (operands.has(part.literal) || (part.root !== undefined && operands.has(part.root))) part.isExplicit = true;
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
  for (const label of part.labels) {
    const owner = owners.get(label);
    if (owner === part || (owner !== undefined && !isExplicit)) continue;
    graph.add(label);
    owners.set(label, part);
    for (const earlier of previous) graph.addEdge(earlier, label);
    previous = [label];
  }
  return previous;
}
