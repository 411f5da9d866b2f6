// Generated programs as trees, so that they can be shrunk and transformed.

export interface Tree {
  /** A block holds declarations, one a line; an expr may be replaced by a part of it. */
  readonly kind: 'block' | 'decl' | 'expr' | 'name';
  readonly parts: readonly (string | Tree)[];
}

export const expr = (...parts: readonly (string | Tree)[]): Tree => ({ kind: 'expr', parts });
export const decl = (...parts: readonly (string | Tree)[]): Tree => ({ kind: 'decl', parts });
export const block = (parts: readonly Tree[]): Tree => ({ kind: 'block', parts });
/** A name of the program's own, which may be renamed. */
export const name = (text: string): Tree => ({ kind: 'name', parts: [text] });

export function print(tree: Tree): string {
  if (tree.kind !== 'block') return tree.parts.map((part) => (typeof part === 'string' ? part : print(part))).join('');
  return tree.parts.map((part) => (typeof part === 'string' ? part : print(part))).join('\n');
}

export function map(tree: Tree, change: (tree: Tree) => Tree): Tree {
  return change({ ...tree, parts: tree.parts.map((part) => (typeof part === 'string' ? part : map(part, change))) });
}

export function size(tree: Tree): number {
  return tree.parts.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : size(part)), 1);
}

/** Smaller trees that differ from a tree in one place. */
export function* smaller(tree: Tree): Generator<Tree> {
  if (tree.kind === 'block') {
    for (let i = 0; i < tree.parts.length; i++) yield { ...tree, parts: tree.parts.filter((_, j) => j !== i) };
  }
  if (tree.kind === 'expr') {
    for (const part of tree.parts) if (typeof part !== 'string' && part.kind === 'expr') yield part;
    const text = print(tree);
    for (const simple of ['1', '_', '{}', 'int']) if (text.length > simple.length + 2) yield expr(simple);
  }
  if (tree.kind === 'decl' && print(tree).startsWith('if ')) {
    for (const part of tree.parts) if (typeof part !== 'string' && part.kind === 'block') yield part;
  }
  for (const [i, part] of tree.parts.entries()) {
    if (typeof part === 'string') continue;
    for (const candidate of smaller(part)) yield { ...tree, parts: tree.parts.with(i, candidate) };
  }
}
