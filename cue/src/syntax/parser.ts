import type {
  Attribute, Clause, Comment, Comprehension, Constraint, Decl, Expr, Field, File, Import, Label, StructExpr,
} from './ast.ts'; // prettier-ignore
import { ExprParser, labelName } from './parse-expr.ts';
import { Source } from './source.ts';
import { TokenStream } from './token-stream.ts';

/** Parses a file. Throws a CueSyntaxError with the position. */
export function parseFile(name: string, text: string): File {
  return new FileParser(new Source(name, text)).file();
}

/** Parses one expression. */
export function parseExpression(name: string, text: string): Expr {
  return new FileParser(new Source(name, text)).expression();
}

class FileParser {
  readonly #source: Source;
  readonly #t: TokenStream;
  readonly #exprs: ExprParser;

  constructor(source: Source) {
    this.#source = source;
    this.#t = new TokenStream(source);
    this.#exprs = new ExprParser(this.#t, this);
  }

  expression(): Expr {
    const x = this.#exprs.expr();
    this.#t.accept(',');
    if (!this.#t.is('eof')) this.#t.unexpected('end of expression');
    return x;
  }

  file(): File {
    const t = this.#t;
    let packageName: string | undefined;
    while (t.is('attribute')) {
      t.advance();
      t.accept(',');
    }
    if (t.isKeyword('package') && !t.following().startsWith(':')) {
      t.advance();
      packageName = t.expect('ident').text;
      if (!t.is('eof')) t.expect(',');
    }
    const imports: Import[] = [];
    while (t.isKeyword('import') && !t.following().startsWith(':')) this.#imports(imports);
    const decls = this.#decls('eof');
    return {
      name: this.#source.name,
      source: this.#source.text,
      packageName,
      imports,
      decls,
      comments: t.takeComments(),
    };
  }

  #imports(imports: Import[]): void {
    const t = this.#t;
    t.advance();
    if (t.accept('(')) {
      while (!t.is(')')) {
        imports.push(this.#import());
        if (!t.accept(',')) break;
      }
      t.expect(')');
    } else imports.push(this.#import());
    if (!t.is('eof')) t.expect(',');
  }

  #import(): Import {
    const t = this.#t;
    const { pos } = t.token;
    const name = t.is('ident') ? t.advance().text : undefined;
    if (!t.is('string')) return t.unexpected('import path');
    const path = this.#exprs.string();
    if (path.kind !== 'string' || typeof path.value !== 'string') return t.fail('invalid import path', pos);
    return { name, path: path.value, pos };
  }

  struct(): StructExpr {
    const { pos } = this.#t.expect('{');
    const decls = this.#decls('}');
    const end = this.#t.expect('}').pos;
    return { kind: 'struct', decls, pos, end };
  }

  #decls(end: string): Decl[] {
    const t = this.#t;
    const decls: Decl[] = [];
    while (!t.is(end)) {
      if (t.accept(',')) continue;
      const comments = [...t.takeComments()];
      decls.push(this.#decl(comments));
      comments.push(...t.takeComments());
      if (t.is(',')) {
        const at = t.advance().end;
        comments.push(...this.#trailing(at));
      } else if (!t.is(end)) t.unexpected(`',' or '${end}'`);
    }
    return decls;
  }

  /** Comments behind a comma on the same line. */
  #trailing(at: number): readonly Comment[] {
    const { scanner } = this.#t;
    const lineEnd = scanner.text.indexOf('\n', at);
    return scanner.takeCommentsBefore(lineEnd < 0 ? scanner.text.length : Math.min(lineEnd, this.#t.token.pos));
  }

  #decl(comments: Comment[]): Decl {
    const t = this.#t;
    const { token } = t;
    if (token.kind === 'attribute') {
      t.advance();
      return { kind: 'attribute', attribute: attribute(token.text, token.pos), pos: token.pos };
    }
    if (token.kind === '...') {
      t.advance();
      return { kind: 'ellipsis', value: undefined, pos: token.pos };
    }
    if (token.kind === 'keyword' && !isLabelEnd(t.following())) {
      if (token.text === 'let') return this.#let();
      if (token.text === 'for' || token.text === 'if') return { ...this.comprehension(), comments };
    }
    return this.#fieldOrEmbedding(comments);
  }

  #let(): Decl {
    const t = this.#t;
    const { pos } = t.advance();
    const name = t.expect('ident').text;
    t.expect('=');
    return { kind: 'let', name, x: this.#exprs.expr(), pos };
  }

  comprehension(): Comprehension {
    const t = this.#t;
    const { pos } = t.token;
    const clauses: Clause[] = [];
    for (;;) {
      if (t.isKeyword('for')) clauses.push(this.#for());
      else if (t.isKeyword('if')) clauses.push({ kind: 'if', pos: t.advance().pos, condition: this.#exprs.expr() });
      else if (t.isKeyword('let')) {
        const at = t.advance().pos;
        const name = t.expect('ident').text;
        t.expect('=');
        clauses.push({ kind: 'let', name, x: this.#exprs.expr(), pos: at });
      } else break;
      t.accept(',');
    }
    if (!t.is('{')) t.unexpected(`'{'`);
    return { kind: 'comprehension', clauses, body: t.nested(() => this.struct()), comments: [], pos };
  }

  #for(): Clause {
    const t = this.#t;
    const { pos } = t.advance();
    let key: string | undefined;
    let value = t.expect('ident').text;
    if (t.accept(',')) {
      key = value;
      value = t.expect('ident').text;
    }
    if (!t.isKeyword('in')) t.unexpected(`'in'`);
    t.advance();
    return { kind: 'for', key, value, source: this.#exprs.expr(), pos };
  }

  #fieldOrEmbedding(comments: Comment[]): Decl {
    const t = this.#t;
    const { pos } = t.token;
    const x = this.#exprs.aliased();
    const constraint = this.#constraint();
    if (constraint === undefined) {
      if (x.kind === 'alias') return t.fail(`unexpected alias`, pos);
      return { kind: 'embedding', x, comments, pos };
    }
    return this.#field(x, constraint, comments);
  }

  /** The mark and the colon behind a label; undefined where there is no colon. */
  #constraint(): Constraint | undefined {
    const t = this.#t;
    if (t.accept(':')) return '';
    if ((t.is('?') || t.is('!')) && t.following().startsWith(':')) {
      const mark = t.advance().kind === '?' ? '?' : '!';
      t.advance();
      return mark;
    }
    return undefined;
  }

  #field(x: Expr, constraint: Constraint, comments: Comment[]): Field {
    const alias = x.kind === 'alias' ? x.name : undefined;
    const label = this.#label(x.kind === 'alias' ? x.x : x);
    const value = this.#t.nested(() => this.#fieldValue(comments));
    const attributes: Attribute[] = [];
    while (this.#t.is('attribute')) {
      const { text, pos } = this.#t.advance();
      attributes.push(attribute(text, pos));
    }
    const isShorthand = value.kind === 'struct' && value.isShorthand === true;
    return {
      kind: 'field',
      label,
      alias,
      constraint,
      value,
      attributes,
      comments: isShorthand ? [] : comments,
      pos: label.pos,
    };
  }

  /** A value, or a further label of `a: b: c`: the comments belong to the last label. */
  #fieldValue(comments: Comment[]): Expr {
    const t = this.#t;
    const { pos } = t.token;
    const x = this.#exprs.aliased();
    const constraint = this.#constraint();
    if (constraint === undefined) return x;
    const field = this.#field(x, constraint, comments);
    return { kind: 'struct', decls: [field], pos, end: t.previousEnd, isShorthand: true };
  }

  #label(x: Expr): Label {
    const name = labelName(x);
    if (name !== undefined) return name;
    switch (x.kind) {
      case 'string':
      case 'interpolation':
        return x;
      case 'paren':
        return { kind: 'dynamic', x: x.x, pos: x.pos };
      case 'list': {
        const [first] = x.elements;
        if (first === undefined || x.elements.length !== 1 || first.value.kind === 'comprehension') break;
        const pattern = first.value;
        if (pattern.kind === 'alias') return { kind: 'pattern', x: pattern.x, alias: pattern.name, pos: x.pos };
        return { kind: 'pattern', x: pattern, alias: undefined, pos: x.pos };
      }
      default:
    }
    return this.#t.fail('invalid field label', x.pos);
  }
}

/** Whether the text behind a keyword makes it a label. */
function isLabelEnd(following: string): boolean {
  return following.startsWith(':') || following.startsWith('?:') || following.startsWith('!:');
}

function attribute(text: string, pos: number): Attribute {
  const open = text.indexOf('(');
  return { name: text.slice(1, open), body: text.slice(open + 1, -1), pos };
}
