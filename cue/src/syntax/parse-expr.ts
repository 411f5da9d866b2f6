import type {
  BinaryOp, Comprehension, Expr, IdentExpr, InterpolationExpr, ListElement, ListExpr, StringExpr, StructExpr, UnaryOp,
} from './ast.ts'; // prettier-ignore
import { removeIndentation, unescape } from './string-literal.ts';
import type { TokenStream } from './token-stream.ts';

/** What the expression parser needs from the parser of declarations. */
export interface DeclParser {
  struct(): StructExpr;
  comprehension(): Comprehension;
}

const PRECEDENCE: Readonly<Record<string, number>> = {
  '|': 1, '&': 2, '||': 3, '&&': 4, '==': 5, '!=': 5, '<': 5, '<=': 5, '>': 5, '>=': 5, '=~': 5, '!~': 5,
  '+': 6, '-': 6, '*': 7, '/': 7,
}; // prettier-ignore
const WORD_OPERATORS = new Set(['div', 'mod', 'quo', 'rem']);
const UNARY = new Set(['+', '-', '!', '*', '<', '<=', '>', '>=', '!=', '=~', '!~', '==']);

/** Parses expressions. */
export class ExprParser {
  readonly #t: TokenStream;
  readonly #decls: DeclParser;

  constructor(stream: TokenStream, decls: DeclParser) {
    this.#t = stream;
    this.#decls = decls;
  }

  expr(): Expr {
    return this.#t.nested(() => this.#binary(1));
  }

  /** An expression, or `X=expr`. */
  aliased(): Expr {
    const t = this.#t;
    if (t.is('ident') && t.following().startsWith('=') && !isEquality(t.following())) {
      const { text: name, pos } = t.advance();
      t.advance();
      return { kind: 'alias', name, x: this.expr(), pos };
    }
    return this.expr();
  }

  #precedence(): number {
    const { token } = this.#t;
    if (token.kind === 'ident') return WORD_OPERATORS.has(token.text) ? 7 : 0;
    return PRECEDENCE[token.kind] ?? 0;
  }

  #binary(minimum: number): Expr {
    const t = this.#t;
    let x = this.#unary();
    for (let length = 1; ; length++) {
      const precedence = this.#precedence();
      if (precedence < minimum || precedence === 0) return x;
      const operator = t.advance();
      t.checkChain(length, operator.kind);
      const y = this.#binary(precedence + 1);
      x = { kind: 'binary', op: operator.text as BinaryOp, x, y, pos: x.pos, opPos: operator.pos };
    }
  }

  #unary(): Expr {
    const t = this.#t;
    if (!UNARY.has(t.token.kind)) return this.#primary();
    const { kind, pos } = t.advance();
    const x = t.nested(() => this.#unary());
    return { kind: 'unary', op: kind as UnaryOp, x, pos };
  }

  #primary(): Expr {
    let x = this.#operand();
    for (let length = 1; ; length++) {
      const t = this.#t;
      t.checkChain(length, '.');
      if (t.is('.')) x = this.#selector(x);
      else if (t.is('[')) x = this.#indexOrSlice(x);
      else if (t.is('(')) x = this.#call(x);
      else return x;
    }
  }

  #selector(x: Expr): Expr {
    const t = this.#t;
    t.advance();
    const { token } = t;
    if (token.kind === 'ident' || token.kind === 'keyword') {
      t.advance();
      return { kind: 'selector', x, label: { kind: 'ident', name: token.text, pos: token.pos }, pos: x.pos };
    }
    if (token.kind === 'string') {
      const label = this.string();
      if (label.kind !== 'string') return t.fail('interpolation is not allowed in a selector', token.pos);
      return { kind: 'selector', x, label, pos: x.pos };
    }
    return t.unexpected('selector');
  }

  #indexOrSlice(x: Expr): Expr {
    const t = this.#t;
    t.advance();
    let low: Expr | undefined;
    if (!t.is(':')) {
      low = this.expr();
      if (!t.is(':')) {
        t.accept(',');
        t.expect(']');
        return { kind: 'index', x, index: low, pos: x.pos };
      }
    }
    t.expect(':');
    const high = t.is(']') ? undefined : this.expr();
    t.expect(']');
    return { kind: 'slice', x, low, high, pos: x.pos };
  }

  #call(fun: Expr): Expr {
    const t = this.#t;
    t.advance();
    const args: Expr[] = [];
    while (!t.is(')')) {
      args.push(this.expr());
      if (!t.accept(',')) break;
    }
    t.expect(')');
    return { kind: 'call', fun, args, pos: fun.pos };
  }

  #operand(): Expr {
    const t = this.#t;
    const { token } = t;
    switch (token.kind) {
      case 'ident':
        t.advance();
        return { kind: 'ident', name: token.text, pos: token.pos };
      case 'keyword':
        return this.#keyword();
      case 'number':
        t.advance();
        return { kind: 'literal', value: token.number?.value ?? 0, pos: token.pos };
      case 'string':
        return this.string();
      case 'bottom':
        t.advance();
        return { kind: 'bottom', pos: token.pos };
      case '{':
        return t.nested(() => this.#decls.struct());
      case '[':
        return t.nested(() => this.#list());
      case '(': {
        t.advance();
        const x = this.expr();
        t.accept(',');
        t.expect(')');
        return { kind: 'paren', x, pos: token.pos };
      }
      default:
        return t.unexpected('operand');
    }
  }

  #keyword(): Expr {
    const { text, pos } = this.#t.advance();
    if (text === 'null') return { kind: 'literal', value: null, pos };
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', pos };
    return { kind: 'ident', name: text, pos };
  }

  #list(): ListExpr {
    const t = this.#t;
    const { pos } = t.expect('[');
    const elements: ListElement[] = [];
    while (!t.is(']')) {
      const comments = t.takeComments();
      if (t.is('...')) {
        const at = t.advance().pos;
        const value = t.is(']') || t.is(',') ? undefined : this.expr();
        t.accept(',');
        t.expect(']');
        return { kind: 'list', elements, ellipsis: { value, pos: at }, pos };
      }
      const isClause = t.isKeyword('for') || t.isKeyword('if');
      const value = isClause ? this.#decls.comprehension() : this.aliased();
      elements.push({ value, comments: [...comments, ...t.takeComments()] });
      if (!t.accept(',')) break;
    }
    t.expect(']');
    return { kind: 'list', elements, pos };
  }

  /** A string or bytes literal; the current token opens it. */
  string(): StringExpr | InterpolationExpr {
    const t = this.#t;
    const { token } = t;
    const quote = token.quote ?? { char: '"' as const, hashes: 0, isMultiline: false };
    const raws: string[] = [];
    const exprs: Expr[] = [];
    for (;;) {
      const { raw, closed } = t.segment(quote, token.pos);
      raws.push(raw);
      if (closed) break;
      t.advance();
      exprs.push(this.expr());
      if (!t.is(')')) t.unexpected(`')' for string interpolation`);
      // the scanner stands behind the parenthesis: the next segment begins there
    }
    t.advance();
    const fail = (message: string): never => t.fail(message, token.pos);
    const dedented = quote.isMultiline ? removeIndentation(raws, fail) : raws;
    const texts = dedented.map((raw) => unescape(raw, quote, fail));
    if (exprs.length === 0) return { kind: 'string', value: texts[0] ?? '', pos: token.pos };
    return { kind: 'interpolation', texts, exprs, isBytes: quote.char === "'", pos: token.pos };
  }
}

const isEquality = (text: string): boolean => text.startsWith('==') || text.startsWith('=~');

/** The ident that a keyword or literal is as a label. */
export function labelName(x: Expr): IdentExpr | undefined {
  if (x.kind === 'ident') return x;
  if (x.kind !== 'literal') return undefined;
  if (x.value === null) return { kind: 'ident', name: 'null', pos: x.pos };
  return typeof x.value === 'boolean' ? { kind: 'ident', name: String(x.value), pos: x.pos } : undefined;
}
