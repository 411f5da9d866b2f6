import * as ir from './ir.ts';
import { insertionOrder } from './insertion-order.ts';
import { LabelGraph } from './label-graph.ts';
import { isDefinitionReference } from './reference.ts';
import type { Expr, Position, StructPart, Trail, Vertex } from './model.ts';

/** One struct of which a vertex is made, with the position that orders it among the others. */
interface Part {
  readonly labels: readonly string[];
  readonly literal: Expr;
  /** Of the body of a comprehension: only its fields with fixed labels, or only everything else. */
  readonly only: 'fixed' | 'other' | undefined;
  readonly hasDynamic: boolean;
  /** The reference that led to a struct of data, which has no declarations. */
  readonly root: Expr | undefined;
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
  const owners = new Owners(parts);
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

/** Which structs a declaration, an operand or a reference belongs to. */
class Owners {
  readonly #parts: readonly Part[];
  readonly #byReference = new Map<Expr, Set<Part>>();

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    for (const part of parts) {
      if (!(part.literal instanceof ir.StructLit) || !part.literal.hasEmbeddings || part.only === 'fixed') continue;
      for (const decl of part.literal.decls) if (decl.kind === 'embedding') this.addReference(decl.value, part);
    }
  }

  addReference(expr: Expr, part: Part): void {
    const known = this.#byReference.get(expr);
    if (known === undefined) this.#byReference.set(expr, new Set([part]));
    else known.add(part);
  }

  referenced(expr: Expr): Iterable<Part> {
    return this.#byReference.get(expr) ?? [];
  }

  operand(expr: Expr): Iterable<Part> {
    const literals = this.#parts.filter((part) => part.literal === expr && part.only === undefined);
    return literals.length > 0 ? literals : this.referenced(expr);
  }

  /** The structs with a literal. */
  *declaring(literal: Expr | undefined, isComputed: boolean): Iterable<Part> {
    if (literal === undefined) return;
    for (const part of this.#parts) {
      if (part.literal === literal && part.only !== (isComputed ? 'fixed' : 'other')) yield part;
    }
  }
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
  const lists = batch.map((part) => part.labels);
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
  const bodies: StructPart['conjunct'][] = [];
  const add = (
    literal: Expr,
    labels: readonly string[],
    { only, hasDynamic, root }: Pick<Part, 'only' | 'hasDynamic'> & { readonly root?: Expr | undefined },
  ): void => {
    const offset = only === 'other' ? Infinity : (literal.pos?.offset ?? Infinity);
    parts.push({ labels, literal, only, hasDynamic, root, offset, isExplicit: false });
  };
  for (const { conjunct, dynamic, labels } of structs) {
    const { expr, trail } = conjunct;
    const hasDynamic = dynamic.size > 0;
    if (!(expr instanceof ir.StructLit)) add(expr, labels ?? [], { only: undefined, hasDynamic, root: rootOf(trail) });
    else if (!expr.isBody || expr.labels.length === 0)
      add(expr, hasDynamic ? declaredLabels(expr, dynamic) : expr.labels, { only: undefined, hasDynamic });
    else {
      const isFirst = !bodies.some((body) => body.expr === expr && body.trail === trail);
      bodies.push(conjunct);
      if (isFirst) add(expr, expr.labels, { only: 'fixed', hasDynamic: false });
      if (hasDynamic || expr.hasPatterns) add(expr, [...dynamic.values()], { only: 'other', hasDynamic });
    }
  }
  return parts;
}

function declaredLabels(literal: ir.StructLit, dynamic: ReadonlyMap<object, string>): string[] {
  return literal.decls.flatMap((decl) => {
    if (decl.kind === 'field') return decl.info.label;
    return decl.kind === 'dynamic' ? (dynamic.get(decl) ?? []) : [];
  });
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
function locate(v: Vertex, parts: readonly Part[], owners: Owners): void {
  const isOfLet = isLet(v);
  const placed = new Set<Part>();
  const visit = (part: Part, pos: Position | undefined, root: Expr | undefined, isLast: boolean): void => {
    if (isOfLet) part.offset = 0;
    else if (pos !== undefined) part.offset = pos.offset;
    if (isLast || isOfLet) placed.add(part);
    if (root === undefined) return;
    owners.addReference(root, part);
    const offset = root.pos?.offset;
    if (offset === undefined || isOfLet) return;
    for (const each of owners.referenced(root)) {
      each.offset = offset;
      placed.add(each);
    }
  };
  const patterns = parts.flatMap((part) => patternsOf(part));
  for (const [, arc] of insertionOrder(v)) {
    for (const { field, trail } of arc.conjuncts) {
      if (field?.owner === undefined) continue;
      const isComputed = field.label === '';
      for (const part of owners.declaring(field.owner, isComputed)) visit(part, field.pos, rootOf(trail), isComputed);
    }
    // patterns apply to what is declared
    if (patterns.length === 0) continue;
    for (const { expr, trail } of arc.conjuncts)
      for (const pattern of patterns) if (pattern.expr === expr) visit(pattern.part, pattern.pos, rootOf(trail), true);
  }
  for (const part of parts) if (part.root !== undefined) visit(part, undefined, part.root, false);
  // a `let` clause behind the last field is met last
  for (const part of parts) {
    const last = part.literal instanceof ir.StructLit && part.only !== 'other' ? part.literal.lastLet : undefined;
    if (last !== undefined && !placed.has(part)) part.offset = last.offset;
  }
}

function patternsOf(part: Part): { readonly part: Part; readonly expr: Expr; readonly pos: Position }[] {
  const { literal, only } = part;
  if (!(literal instanceof ir.StructLit) || !literal.hasPatterns || only === 'fixed') return [];
  return literal.decls.flatMap((d) => (d.kind === 'pattern' ? [{ part, expr: d.value, pos: d.pos }] : []));
}

/** Whether a vertex is the value of a `let` clause: it is read through one reference, which is the position of all structs. */
function isLet(v: Vertex): boolean {
  return v.isInline && typeof v.label === 'string' && v.label !== '' && v.parent?.arcs?.get(v.label) !== v;
}

function markExplicit(v: Vertex, structs: readonly StructPart[], owners: Owners): void {
  const visit = (expr: Expr): void => {
    if (!(expr instanceof ir.And)) return;
    for (const operand of [expr.x, expr.y]) {
      for (const part of owners.operand(operand)) part.isExplicit = true;
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
