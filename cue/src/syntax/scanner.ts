import { CueSyntaxError, type Source } from './source.ts';
import { isDigit, isIdentifierPart, isLetter } from './characters.ts';
import { scanNumber, type NumberToken } from './number-literal.ts';
import type { Comment } from './ast.ts';

/** How a string literal is delimited: its quote character, count of `#`, and whether it has several lines. */
export interface Quote {
  readonly char: '"' | "'";
  readonly hashes: number;
  readonly isMultiline: boolean;
}

/**
 * `kind` is 'ident', 'keyword', 'number', 'string', 'attribute', 'eof', 'bottom' or the operator itself.
 * A comma that a line end stands for has the text '\n'.
 */
export interface Token {
  readonly kind: string;
  readonly text: string;
  readonly pos: number;
  readonly end: number;
  readonly number?: NumberToken;
  readonly quote?: Quote;
}

const OPERATORS: readonly string[] = [
  '...', '_|_', '==', '!=', '<=', '>=', '=~', '!~', '&&', '||',
  '+', '-', '*', '/', '&', '|', '!', '<', '>', '=', ':', ';', ',', '.', '?', '(', ')', '[', ']', '{', '}', '~',
]; // prettier-ignore

const ENDS_STATEMENT = new Set([')', ']', '}', '?', '...', '_|_']);
const KEYWORDS = new Set(['for', 'in', 'if', 'let', 'true', 'false', 'null', 'import', 'package']);

/** Splits a source text into tokens. Line ends become commas where a statement may end. */
export class Scanner {
  readonly source: Source;
  readonly text: string;
  pos = 0;
  /** Comments since the last call of takeComments. */
  #comments: Comment[] = [];
  #endsStatement = false;

  constructor(source: Source) {
    this.source = source;
    this.text = source.text;
    if (this.text.startsWith('\ufeff')) this.pos = 1;
  }

  takeComments(): readonly Comment[] {
    if (this.#comments.length === 0) return NO_COMMENTS;
    const comments = this.#comments;
    this.#comments = [];
    return comments;
  }

  /** Takes the comments that begin before the offset. */
  takeCommentsBefore(offset: number): readonly Comment[] {
    const taken = this.#comments.filter((c) => c.pos < offset);
    if (taken.length > 0) this.#comments = this.#comments.filter((c) => c.pos >= offset);
    return taken;
  }

  fail(message: string, offset: number): never {
    throw new CueSyntaxError(message, this.source, offset);
  }

  next(): Token {
    // JSON may have its colons and commas on lines of their own
    if (this.#skipSpace() && !':,'.includes(this.#upcoming() || ' '))
      return { kind: ',', text: '\n', pos: this.pos, end: this.pos };
    this.#skipSpace();
    const start = this.pos;
    if (start >= this.text.length) return { kind: 'eof', text: '', pos: start, end: start };
    const c = this.text.codePointAt(start) ?? 0;
    if (c === 95 && this.text.startsWith('_|_', start)) return this.#take('bottom', 3, true);
    if (c === 64) return this.#attribute(start);
    if (c === 34 || c === 39) return this.#openString(start, 0);
    if (c === 35) return this.#hash(start);
    if (isLetter(c)) return this.#identifier(start);
    if (isDigit(c) || (c === 46 && isDigit(this.text.charCodeAt(start + 1)))) return this.#number(start);
    return this.#operator(start);
  }

  /** The next character that is no space or line end. */
  #upcoming(): string {
    let at = this.pos;
    while (' \t\r\n'.includes(this.text.charAt(at)) && at < this.text.length) at++;
    return this.text.charAt(at);
  }

  /** Marks the string as ended, so that a line end ends the statement. */
  endString(): void {
    this.#endsStatement = true;
  }

  /**
   * Reads from the position to the closing quote or to `\(`; the raw text still has its escapes.
   */
  segment(quote: Quote, start: number): { raw: string; closed: boolean } {
    const marks = '#'.repeat(quote.hashes);
    const close = quote.char.repeat(quote.isMultiline ? 3 : 1) + marks;
    const escape = `\\${marks}`;
    const from = this.pos;
    for (let at = from; at < this.text.length; at++) {
      if (this.text.startsWith(escape, at)) {
        const after = this.text.charAt(at + escape.length);
        if (after === '(') return this.#segmentEnd(from, at, escape.length + 1, false);
        at += escape.length;
        continue;
      }
      if (this.text.startsWith(close, at)) return this.#segmentEnd(from, at, close.length, true);
      if (!quote.isMultiline && this.text.charCodeAt(at) === 10) break;
    }
    return this.fail('string literal not terminated', start);
  }

  #segmentEnd(from: number, at: number, skip: number, closed: boolean): { raw: string; closed: boolean } {
    this.pos = at + skip;
    this.#endsStatement = closed;
    return { raw: this.text.slice(from, at), closed };
  }

  /** Skips spaces and comments; true when a line end ends the statement. */
  #skipSpace(): boolean {
    for (;;) {
      const c = this.text.charCodeAt(this.pos);
      if (c === 32 || c === 9 || c === 13) this.pos++;
      else if (c === 10) {
        if (this.#endStatement()) return true;
        this.pos++;
      } else if (c === 47 && this.text.charCodeAt(this.pos + 1) === 47) this.#comment();
      else if (Number.isNaN(c)) return this.#endStatement();
      else return false;
    }
  }

  #endStatement(): boolean {
    const ends = this.#endsStatement;
    this.#endsStatement = false;
    return ends;
  }

  #comment(): void {
    const end = this.text.indexOf('\n', this.pos);
    const stop = end < 0 ? this.text.length : end;
    this.#comments.push({ text: this.text.slice(this.pos + 2, stop).trimEnd(), pos: this.pos });
    this.pos = stop;
  }

  #take(kind: string, length: number, endsStatement: boolean): Token {
    const pos = this.pos;
    this.pos += length;
    this.#endsStatement = endsStatement;
    return { kind, text: this.text.slice(pos, this.pos), pos, end: this.pos };
  }

  #identifier(start: number): Token {
    let at = start;
    if (this.text.startsWith('__', start) && this.text.charCodeAt(start + 2) !== 35) at = start;
    while (this.text.charCodeAt(at) === 95) at++;
    if (this.text.charCodeAt(at) === 35) at++;
    while (at < this.text.length) {
      const c = this.text.codePointAt(at) ?? 0;
      if (!isIdentifierPart(c)) break;
      at += c > 0xffff ? 2 : 1;
    }
    const text = this.text.slice(start, at);
    return this.#take(KEYWORDS.has(text) ? 'keyword' : 'ident', at - start, !isOpenKeyword(text));
  }

  #hash(start: number): Token {
    let hashes = 0;
    while (this.text.charCodeAt(start + hashes) === 35) hashes++;
    const c = this.text.charAt(start + hashes);
    if (c === '"' || c === "'") return this.#openString(start, hashes);
    if (hashes > 1) return this.fail(`invalid character U+0023 '#'`, start);
    let at = start + 1;
    while (isIdentifierPart(this.text.codePointAt(at) ?? 0)) at += (this.text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    return this.#take('ident', at - start, true);
  }

  #openString(start: number, hashes: number): Token {
    const char = this.text.charAt(start + hashes) === '"' ? '"' : "'";
    const isMultiline = this.text.startsWith(char.repeat(3), start + hashes);
    const length = hashes + (isMultiline ? 3 : 1);
    const token = this.#take('string', length, false);
    const quote: Quote = { char, hashes, isMultiline };
    return { ...token, quote };
  }

  #number(start: number): Token {
    const number = scanNumber(this.text, start, (message) => this.fail(message, start));
    return { ...this.#take('number', number.length, true), number };
  }

  #attribute(start: number): Token {
    let at = start + 1;
    while (isIdentifierPart(this.text.charCodeAt(at))) at++;
    if (this.text.charAt(at) !== '(') return this.fail(`invalid attribute: expected '('`, at);
    at = this.#attributeEnd(at);
    return this.#take('attribute', at - start, true);
  }

  #attributeEnd(open: number): number {
    const stack: string[] = [];
    for (let at = open; at < this.text.length; at++) {
      const c = this.text.charAt(at);
      if (c === '"' || c === "'") at = this.#quotedEnd(at, c);
      else if (c in CLOSERS) stack.push(CLOSERS[c] ?? '');
      else if (c === ')' || c === ']' || c === '}') {
        if (stack.pop() !== c) return this.fail(`mismatched '${c}' in attribute`, at);
        if (stack.length === 0) return at + 1;
      }
    }
    return this.fail('attribute not terminated', open);
  }

  #quotedEnd(open: number, quote: string): number {
    for (let at = open + 1; at < this.text.length; at++) {
      const c = this.text.charAt(at);
      if (c === '\\') at++;
      else if (c === quote) return at;
      else if (c === '\n') break;
    }
    return this.fail('string literal not terminated', open);
  }

  #operator(start: number): Token {
    for (const operator of OPERATORS) {
      if (this.text.startsWith(operator, start)) {
        return this.#take(operator, operator.length, ENDS_STATEMENT.has(operator));
      }
    }
    const c = this.text.codePointAt(start) ?? 0;
    const hex = c.toString(16).toUpperCase().padStart(4, '0');
    return this.fail(`illegal character U+${hex} '${String.fromCodePoint(c)}'`, start);
  }
}

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const NO_COMMENTS: readonly Comment[] = [];

/** `for`, `in`, `if`, `let` need something after them on a following line. */
function isOpenKeyword(text: string): boolean {
  return text === 'in' || text === 'for' || text === 'if' || text === 'let';
}
