/**
 * The tokens of CUE, as far as rewriting a template needs them: where literals, comments and lines end. A string with
 * interpolations is one token.
 */
export interface Token {
  readonly kind: 'comment' | 'newline' | 'string' | 'word' | 'symbol';
  readonly text: string;
  /** Offset in the source, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

const word = /[\p{L}_$#][\p{L}\p{Nd}_$#]*|[0-9][0-9A-Za-z_.]*/uy;
const space = /[ \t\r]+/y;
const comment = /\/\/[^\n]*/y;
const opening = /(#*)("""|'''|"|')/y;
const bottom = '_|_';
const symbols = ['...', '&&', '||', '==', '!=', '<=', '>=', '=~', '!~', ':='];

/** Splits CUE source. Throws on a literal that does not end. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const blank = match(space, source, at);
    if (blank) {
      at += blank.length;
      continue;
    }
    const [kind, end] = tokenAt(source, at);
    tokens.push({ kind, text: source.slice(at, end), start: at, end });
    at = end;
  }
  return tokens;
}

function tokenAt(source: string, at: number): readonly [Token['kind'], number] {
  if (source[at] === '\n') return ['newline', at + 1];
  if (source.startsWith(bottom, at)) return ['word', at + bottom.length];
  const note = match(comment, source, at);
  if (note) return ['comment', at + note.length];
  if (match(opening, source, at)) return ['string', endOfString(source, at)];
  const name = match(word, source, at);
  if (name) return ['word', at + name.length];
  const symbol = symbols.find((text) => source.startsWith(text, at));
  return ['symbol', at + (symbol?.length ?? 1)];
}

/** A literal ends with its quotes and as many `#` as it began with; `\#(` with as many begins an interpolation. */
function endOfString(source: string, start: number): number {
  opening.lastIndex = start;
  const [whole = '', hashes = '', quotes = ''] = opening.exec(source) ?? [];
  const close = quotes + hashes;
  const escape = `\\${hashes}`;
  let at = start + whole.length;
  while (at < source.length) {
    if (source.startsWith(close, at)) return at + close.length;
    if (quotes.length === 1 && source[at] === '\n') break;
    if (!source.startsWith(escape, at)) at++;
    else if (source[at + escape.length] === '(') at = endOfInterpolation(source, at + escape.length + 1);
    else at += escape.length + 1;
  }
  throw new Error(`line ${lineOf(source, start)}: a string does not end`);
}

function endOfInterpolation(source: string, start: number): number {
  let depth = 1;
  let at = start;
  while (at < source.length) {
    const [, end] = tokenAt(source, at);
    const text = source.slice(at, end);
    at = end;
    if (text === '(') depth++;
    if (text === ')' && --depth === 0) return at;
  }
  throw new Error(`line ${lineOf(source, start)}: an interpolation does not end`);
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

/** The line of an offset, from 1. */
export function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
