import { ComprehensionExpr, StructLit } from './ir.ts';
import type { StructPart, Vertex } from './model.ts';

/**
 * The arcs of a struct in the order in which its declarations are met, which is that of `for`: literals with the fields
 * that conditions in them add, then what references lead to, then fields with computed labels.
 */
export function insertionOrder(v: Vertex): Iterable<readonly [string, Vertex]> {
  const { arcs, node } = v;
  const structs = node?.structs ?? [];
  if (arcs === null) return [];
  if (arcs.size < 2 || !structs.some(({ conjunct }) => isComposed(conjunct.expr) || isAddedLater(v, conjunct)))
    return arcs;
  const out = new Map<string, Vertex>();
  const add = (label: string): void => {
    const arc = arcs.get(label);
    if (arc !== undefined) out.set(label, arc);
  };
  for (const isLater of [false, true])
    for (const part of structs) if (isAddedLater(v, part.conjunct) === isLater) visit(part, add);
  for (const [label, arc] of arcs) out.set(label, arc);
  return out;
}

const isComposed = (expr: unknown): boolean => expr instanceof StructLit && expr.hasEmbeddings;

/** Whether a reference in the vertex itself led to a struct, or the choice of an alternative. */
function isAddedLater({ level }: Vertex, { expr, trail }: StructPart['conjunct']): boolean {
  return (trail !== null && trail.level === level) || (expr instanceof StructLit && expr.isAlternative);
}

function visit({ conjunct, labels }: StructPart, add: (label: string) => void): void {
  for (const label of labels ?? []) add(label);
  if (conjunct.expr instanceof StructLit) visitLiteral(conjunct.expr, add);
}

function visitLiteral(literal: StructLit, add: (label: string) => void): void {
  for (const decl of literal.decls) {
    if (decl.kind === 'field') add(decl.info.label);
    if (decl.kind !== 'embedding') continue;
    if (decl.value instanceof StructLit) visitLiteral(decl.value, add);
    else if (decl.value instanceof ComprehensionExpr && decl.value.body instanceof StructLit)
      visitFields(decl.value.body, add);
  }
}

function visitFields(literal: StructLit, add: (label: string) => void): void {
  for (const decl of literal.decls) if (decl.kind === 'field') add(decl.info.label);
}
