import type { Comment } from './ast.ts';
import { Scanner, type Quote, type Token } from './scanner.ts';
import type { Source } from './source.ts';

const MAX_DEPTH = 400;
/** Operators or selectors in a row, which nest to the left. */
const MAX_CHAIN = 800;
const MAX_DISJUNCTS = 20_000;

/** The current token, one token ahead of what was parsed, and what all parsers need. */
export class TokenStream {
  readonly scanner: Scanner;
  token: Token;
  /** End of the token before the current one. */
  previousEnd = 0;
  #depth = 0;

  constructor(source: Source) {
    this.scanner = new Scanner(source);
    this.token = this.scanner.next();
  }

  advance(): Token {
    const token = this.token;
    this.previousEnd = token.end;
    this.token = this.scanner.next();
    return token;
  }

  is(kind: string): boolean {
    return this.token.kind === kind;
  }

  isKeyword(text: string): boolean {
    return this.token.kind === 'keyword' && this.token.text === text;
  }

  accept(kind: string): boolean {
    if (this.token.kind !== kind) return false;
    this.advance();
    return true;
  }

  expect(kind: string): Token {
    if (this.token.kind !== kind) return this.unexpected(`'${kind}'`);
    return this.advance();
  }

  unexpected(expected: string): never {
    const { token } = this;
    const found = token.text === '\n' ? 'newline' : token.kind === 'eof' ? `'EOF'` : `'${token.text}'`;
    return this.fail(`expected ${expected}, found ${found}`, token.pos);
  }

  fail(message: string, pos: number): never {
    return this.scanner.fail(message, pos);
  }

  /** The text that follows the current token, without spaces. */
  following(): string {
    const { text } = this.scanner;
    let at = this.token.end;
    while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at++;
    return text.slice(at, at + 3);
  }

  takeComments(): readonly Comment[] {
    return this.scanner.takeCommentsBefore(this.token.pos);
  }

  segment(quote: Quote, start: number): { raw: string; closed: boolean } {
    return this.scanner.segment(quote, start);
  }

  /** Refuses expressions that are longer than the compiler can nest. */
  checkChain(length: number, operator: string): void {
    if (length > (operator === '|' ? MAX_DISJUNCTS : MAX_CHAIN)) this.fail('expression is too long', this.token.pos);
  }

  /** Runs a parser one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.fail('nesting is too deep', this.token.pos);
    const result = parse();
    this.#depth--;
    return result;
  }
}
