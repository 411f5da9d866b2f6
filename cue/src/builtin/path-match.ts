// Shell patterns: `*` and `?` do not match a separator, `[a-z]` is a class, `**` is refused.
import type { BuiltinError } from './api.ts';
import { fail } from './define.ts';
import type { PathSystem } from './path-system.ts';

class BadPattern extends Error {}

interface Chunk {
  readonly isStar: boolean;
  /** The pattern up to the next star. */
  readonly items: readonly Item[];
}

type Item = { readonly kind: 'any' } | { readonly kind: 'text'; readonly text: string } | CharacterClass;

interface CharacterClass {
  readonly kind: 'class';
  readonly isNegated: boolean;
  readonly ranges: readonly (readonly [low: number, high: number])[];
}

/** The remaining name after a chunk: undefined when the chunk does not match there. */
type Rest = readonly string[] | undefined;

export function matchPath(pattern: string, name: string, system: PathSystem): boolean | BuiltinError {
  try {
    return matchChunks(chunksOf(pattern, system), Array.from(name), system);
  } catch (error) {
    if (error instanceof BadPattern) return fail(error.message);
    throw error;
  }
}

/** Greedy, without backtracking over stars: linear in the length of the name for each chunk. */
function matchChunks(chunks: readonly Chunk[], name: readonly string[], system: PathSystem): boolean {
  let rest = name;
  for (const [i, chunk] of chunks.entries()) {
    const isLast = i === chunks.length - 1;
    if (chunk.isStar && chunk.items.length === 0) return !rest.includes(system.separator);
    const next = matchHere(chunk, rest, { isLast, system });
    if (next === undefined) return false;
    rest = next;
  }
  return rest.length === 0;
}

function matchHere(chunk: Chunk, name: readonly string[], at: { isLast: boolean; system: PathSystem }): Rest {
  const isEnough = (rest: Rest): rest is readonly string[] => rest !== undefined && (rest.length === 0 || !at.isLast);
  const direct = matchItems(chunk.items, name, at.system);
  if (isEnough(direct)) return direct;
  if (!chunk.isStar) return undefined;
  for (let skip = 0; skip < name.length && name[skip] !== at.system.separator; skip++) {
    const rest = matchItems(chunk.items, name.slice(skip + 1), at.system);
    if (isEnough(rest)) return rest;
  }
  return undefined;
}

function matchItems(items: readonly Item[], name: readonly string[], system: PathSystem): Rest {
  if (name.length < items.length) return undefined;
  return items.every((item, i) => matchesItem(item, name[i] ?? '', system)) ? name.slice(items.length) : undefined;
}

function matchesItem(item: Item, c: string, system: PathSystem): boolean {
  if (item.kind === 'text') return item.text === c;
  if (item.kind === 'any') return c !== system.separator;
  const rune = c.codePointAt(0) ?? 0;
  return item.ranges.some(([low, high]) => low <= rune && rune <= high) !== item.isNegated;
}

function chunksOf(pattern: string, system: PathSystem): Chunk[] {
  const characters = Array.from(pattern);
  const chunks: Chunk[] = [];
  let at = 0;
  while (at < characters.length) {
    const isStar = characters[at] === '*';
    if (isStar) at++;
    if (isStar && characters[at] === '*') throw new BadPattern("'**' is not supported in patterns as of yet");
    const items: Item[] = [];
    while (at < characters.length && characters[at] !== '*') {
      const [item, next] = itemAt(characters, at, system);
      items.push(item);
      at = next;
    }
    chunks.push({ isStar, items });
  }
  return chunks;
}

function itemAt(characters: readonly string[], at: number, system: PathSystem): [Item, number] {
  const c = characters[at] ?? '';
  if (c === '?') return [{ kind: 'any' }, at + 1];
  if (c === '[') return classAt(characters, at + 1, system);
  const isEscape = c === '\\' && system.separator !== '\\';
  const text = characters[isEscape ? at + 1 : at];
  if (text === undefined) throw new BadPattern('syntax error in pattern');
  return [{ kind: 'text', text }, at + (isEscape ? 2 : 1)];
}

function classAt(characters: readonly string[], from: number, system: PathSystem): [CharacterClass, number] {
  let at = from;
  const isNegated = characters[at] === '^';
  if (isNegated) at++;
  const ranges: [number, number][] = [];
  while (characters[at] !== ']' || ranges.length === 0) {
    const [low, afterLow] = boundAt(characters, at, system);
    at = afterLow;
    let high = low;
    if (characters[at] === '-') [high, at] = boundAt(characters, at + 1, system);
    ranges.push([low, high]);
  }
  return [{ kind: 'class', isNegated, ranges }, at + 1];
}

function boundAt(characters: readonly string[], from: number, system: PathSystem): [number, number] {
  let at = from;
  const first = characters[at];
  if (first === undefined || first === '-' || first === ']') throw new BadPattern('syntax error in pattern');
  if (first === '\\' && system.separator !== '\\') at++;
  const c = characters[at];
  if (c === undefined || at + 1 >= characters.length) throw new BadPattern('syntax error in pattern');
  return [c.codePointAt(0) ?? 0, at + 1];
}
