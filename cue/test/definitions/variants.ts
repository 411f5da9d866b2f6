// Texts that mean the same as a template, and texts with a small fault.
import { parseFile } from '../../src/index.ts';
import type { Random } from '../random.ts';

interface Piece {
  readonly text: string;
  readonly isField: boolean;
}

/** The top-level declarations of a text, with the imports as its head. */
function piecesOf(source: string): { readonly head: string; readonly pieces: readonly Piece[] } {
  const { decls } = parseFile('-', source);
  const starts = decls.map(({ pos }) => pos);
  const pieces = decls.map((decl, i) => ({
    text: source.slice(decl.pos, starts[i + 1] ?? source.length).trimEnd(),
    isField: decl.kind === 'field' && decl.label.kind === 'ident',
  }));
  return { head: source.slice(0, starts[0] ?? source.length), pieces };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

/** What must not change the result: the order of declarations, fields declared twice, a value unified with `_`. */
export function variants(source: string, random: Random): readonly string[] {
  const { head, pieces } = piecesOf(source);
  const text = (parts: readonly string[]): string => `${head}${parts.join('\n')}\n`;
  const plain = pieces.map((piece) => piece.text);
  const fields = pieces.filter(({ isField }) => isField).map((piece) => piece.text);
  return [
    text(shuffled(plain, random)),
    text([...plain, ...shuffled(fields, random)]),
    text(pieces.map((piece) => (piece.isField ? unified(piece.text) : piece.text))),
  ];
}

/** `a: value` as `a: {value} & _`, where the value is a struct that ends with the text. */
function unified(field: string): string {
  return field.endsWith('}') && /^[a-zA-Z_#]\w*\??: \{/.test(field) ? `${field} & _` : field;
}

const TYPES = ['string', 'int', 'bool', 'number'];

/** The text with one thing changed: a type, a default, or a declaration left out. */
export function mutant(source: string, random: Random): string {
  const sites = sitesOf(parseFile('-', source).decls, source);
  const site = sites[random.below(sites.length)];
  if (site === undefined) return source;
  return source.slice(0, site.from) + site.replacement(random) + source.slice(site.to);
}

interface Site {
  readonly from: number;
  readonly to: number;
  readonly replacement: (random: Random) => string;
}

interface Tree {
  readonly kind?: unknown;
  readonly pos?: unknown;
}

function sitesOf(tree: unknown, source: string): readonly Site[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const below = Object.values(tree).flatMap((child) => sitesOf(child, source));
  const own = siteOf(tree, source);
  return own === undefined ? below : [own, ...below];
}

function siteOf(tree: Tree & { readonly name?: unknown; readonly op?: unknown }, source: string): Site | undefined {
  const { kind, pos, name, op } = tree;
  if (typeof pos !== 'number') return undefined;
  if (kind === 'ident' && typeof name === 'string' && TYPES.includes(name) && source.startsWith(name, pos)) {
    return { from: pos, to: pos + name.length, replacement: (random) => TYPES[random.below(TYPES.length)] ?? name };
  }
  if (kind === 'unary' && op === '*' && source.startsWith('*', pos))
    return { from: pos, to: pos + 1, replacement: () => '' };
  // a field on a line of its own
  const end = source.indexOf('\n', pos);
  const isAlone = kind === 'field' && /\n\s*$/.test(source.slice(0, pos)) && !/[{[(]$/.test(source.slice(pos, end));
  return isAlone ? { from: pos, to: end, replacement: () => '' } : undefined;
}
