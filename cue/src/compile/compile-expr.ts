import type * as ast from '../syntax/ast.ts';
import { parseDecimal } from '../number/decimal.ts';
import * as ir from '../eval/ir.ts';
import * as K from '../eval/kind.ts';
import { Bound, type Expr, type Position, type Scalar } from '../eval/model.ts';
import { negate } from '../eval/arithmetic.ts';
import { printValue } from '../eval/print.ts';
import { identifierLabel, regularLabel } from './label.ts';
import type { Scope } from './scope.ts';
import { LetEntry, type Entry } from './scope.ts';
import { predeclaredFunction, predeclaredType } from './predeclared.ts';

/** What the expression compiler needs of its surroundings. */
export interface CompileHost {
  position(offset: number): Position;
  /** Records an error and returns an expression that stands for it. */
  fail(message: string, offset: number): Expr;
  struct(x: ast.StructExpr, scope: Scope): Expr;
  comprehension(x: ast.Comprehension, scope: Scope): Expr;
  elementInfo(comments: readonly ast.Comment[], offset: number): ir.ListLit['infos'][number];
  /** A name that no scope has: an import, an input. */
  outer(name: string, scope: Scope, offset: number): Expr | undefined;
  /** A member of an imported package: `strings.ToLower`. */
  member(packageName: string, member: string, offset: number): Expr | undefined;
}

const BOUND_OPS = new Set(['<', '<=', '>', '>=', '!=', '=~', '!~']);

/** Compiles expressions; names are resolved in the scope. */
export class ExprCompiler {
  readonly #host: CompileHost;

  constructor(host: CompileHost) {
    this.#host = host;
  }

  expr(x: ast.Expr, scope: Scope): Expr {
    const pos = this.#host.position(x.pos);
    switch (x.kind) {
      case 'ident':
        return this.#ident(x, scope);
      case 'literal':
        return new ir.Literal(pos, literalValue(x));
      case 'string':
        return new ir.Literal(pos, x.value);
      case 'interpolation':
        return new ir.Interpolation(pos, x.texts, x.exprs.map((e) => this.expr(e, scope)), x.isBytes); // prettier-ignore
      case 'bottom':
        return new ir.BottomLit(pos);
      case 'struct':
        return this.#host.struct(x, scope);
      case 'list':
        return this.#list(x, scope);
      case 'paren':
        return this.expr(x.x, scope);
      case 'alias':
        return this.#host.fail(`alias "${x.name}" not allowed here`, x.pos);
      default:
        return this.#compound(x, scope, pos);
    }
  }

  #compound(
    x: ast.SelectorExpr | ast.IndexExpr | ast.SliceExpr | ast.CallExpr | ast.UnaryExpr | ast.BinaryExpr,
    scope: Scope,
    pos: Position,
  ): Expr {
    switch (x.kind) {
      case 'selector':
        return this.#selector(x, scope);
      case 'index':
        return new ir.Index(pos, this.expr(x.x, scope), this.expr(x.index, scope));
      case 'slice': {
        const low = x.low && this.expr(x.low, scope);
        return new ir.Slice(pos, this.expr(x.x, scope), low, x.high && this.expr(x.high, scope));
      }
      case 'call':
        return new ir.Call(pos, this.expr(x.fun, scope), x.args.map((a) => this.expr(a, scope))); // prettier-ignore
      case 'unary':
        return this.#unary(x, scope, pos);
      case 'binary':
        return this.#binary(x, scope, pos);
    }
  }

  #ident(x: ast.IdentExpr, scope: Scope): Expr {
    const pos = this.#host.position(x.pos);
    const found = scope.find(x.name);
    if (found !== undefined) return this.#entry(x.name, found.entry, found.up, { pos, scope });
    const outer = this.#host.outer(x.name, scope, x.pos);
    if (outer !== undefined) return outer;
    const type = predeclaredType(x.name);
    if (type !== undefined) return type === null ? new ir.Literal(pos, null) : new ir.ValueExpr(pos, type);
    const name = predeclaredFunction(x.name);
    if (name !== undefined) return new ir.BuiltinExpr(pos, name, undefined);
    return this.#host.fail(`reference "${x.name}" not found`, x.pos);
  }

  #entry(name: string, entry: Entry, up: number, at: { pos: Position; scope: Scope }): Expr {
    if (entry instanceof LetEntry) {
      const ref = new ir.LetRef(at.pos, up, name, entry.expr);
      entry.addRef(ref);
      return ref;
    }
    switch (entry.kind) {
      case 'field':
        return new ir.FieldRef(at.pos, up, entry.label);
      case 'key':
      case 'value':
        return new ir.LoopRef(at.pos, up, entry.kind === 'key', name);
      case 'self':
        return up === 0 ? new ir.FieldRef(at.pos, 0, entry.label) : new ir.VertexRef(at.pos, up - 1);
      case 'vertex':
        return new ir.VertexRef(at.pos, up);
      case 'dynamic': {
        let frame = at.scope;
        for (let left = up; left > 0 || !frame.isFrame; frame = frame.parent ?? frame) if (frame.isFrame) left--;
        return new ir.DynamicRef(at.pos, up, this.expr(entry.label, frame));
      }
    }
  }

  #selector(x: ast.SelectorExpr, scope: Scope): Expr {
    const pos = this.#host.position(x.label.pos);
    if (x.x.kind === 'ident' && x.label.kind === 'ident' && scope.find(x.x.name) === undefined) {
      const member = this.#host.member(x.x.name, x.label.name, x.pos);
      if (member !== undefined) return member;
    }
    const base = this.expr(x.x, scope);
    if (x.label.kind === 'ident') return new ir.Selector(pos, base, identifierLabel(x.label.name));
    if (typeof x.label.value !== 'string') return this.#host.fail('invalid selector', x.label.pos);
    return new ir.Selector(pos, base, regularLabel(x.label.value));
  }

  #list(x: ast.ListExpr, scope: Scope): Expr {
    const elements = x.elements.map(({ value, comments }) => {
      const info = this.#host.elementInfo(comments, value.pos);
      if (value.kind === 'comprehension') return { expr: this.#host.comprehension(value, scope), info };
      return { expr: this.#element(value, scope), info };
    });
    const rest = x.ellipsis?.value && this.expr(x.ellipsis.value, scope);
    return new ir.ListLit(this.#host.position(x.pos), elements, x.ellipsis !== undefined, rest);
  }

  #element(value: ast.Expr, scope: Scope): Expr {
    return value.kind === 'alias' ? this.expr(value.x, scope) : this.expr(value, scope);
  }

  #unary(x: ast.UnaryExpr, scope: Scope, pos: Position): Expr {
    const operand = this.expr(x.x, scope);
    if (x.op === '*') return this.#host.fail('preference mark not allowed at this position', x.pos);
    if (x.op === '==') return this.#host.fail('unsupported unary operator ==', x.pos);
    if (BOUND_OPS.has(x.op)) return bound(pos, x.op as ir.BoundExpr['operator'], operand);
    if (operand instanceof ir.Literal && isNumber(operand.value)) {
      if (x.op === '-') return new ir.Literal(pos, negate(operand.value));
      if (x.op === '+') return new ir.Literal(pos, operand.value);
    }
    return new ir.Unary(pos, x.op, operand);
  }

  #binary(x: ast.BinaryExpr, scope: Scope, pos: Position): Expr {
    if (x.op === '|') {
      const disjuncts: ir.Disjunct[] = [];
      this.#disjuncts(x, scope, disjuncts);
      return new ir.DisjunctionExpr(pos, disjuncts);
    }
    const left = this.expr(x.x, scope);
    const right = this.expr(x.y, scope);
    if (x.op === '&') return new ir.And(pos, left, right);
    for (const [operand, offset] of [
      [left, x.x.pos],
      [right, x.y.pos],
    ] as const) {
      if (operand instanceof ir.BoundExpr || operand instanceof ir.ValueExpr) {
        this.#host.fail(`invalid operand ${describeOperand(operand)} ('${x.op}' requires concrete value)`, offset);
      }
    }
    return new ir.Binary(pos, x.op, [left, right], this.#host.position(x.opPos));
  }

  #disjuncts(x: ast.Expr, scope: Scope, into: ir.Disjunct[]): void {
    const operands: ast.Expr[] = [];
    let left = x;
    for (; left.kind === 'binary' && left.op === '|'; left = left.x) operands.push(left.y);
    operands.push(left);
    for (const operand of operands.reverse()) this.#disjunct(operand, scope, into);
  }

  #disjunct(x: ast.Expr, scope: Scope, into: ir.Disjunct[]): void {
    if (x.kind === 'binary' && x.op === '|') this.#disjuncts(x, scope, into);
    else if (x.kind === 'unary' && x.op === '*') into.push({ expr: this.expr(x.x, scope), isDefault: true });
    else into.push({ expr: this.expr(x, scope), isDefault: false });
  }
}

function describeOperand(x: Expr): string {
  return x instanceof ir.ValueExpr ? printValue(x.value) : 'bound';
}

function literalValue(x: ast.LiteralExpr): Scalar {
  if (typeof x.value !== 'object' || x.value === null) return x.value;
  return parseDecimal(x.value.float) ?? 0;
}

function isNumber(value: Scalar): boolean {
  return (kindOfScalar(value) & K.NUMBER) !== 0;
}

function kindOfScalar(value: Scalar): number {
  if (typeof value === 'number' || typeof value === 'bigint') return K.INT;
  if (typeof value === 'string') return K.STRING;
  if (typeof value === 'boolean') return K.BOOL;
  if (value === null) return K.NULL;
  return value instanceof Uint8Array ? K.BYTES : K.FLOAT;
}

/** The kinds that a bound admits, by its operand. */
export function boundKinds(op: string, operand: Scalar): number {
  if (op === '=~' || op === '!~') return K.TEXT;
  const kind = kindOfScalar(operand);
  if (op === '!=') return kind === K.NULL ? K.TOP & ~K.NULL : (kind & K.NUMBER) !== 0 ? K.NUMBER : kind;
  return (kind & K.NUMBER) !== 0 ? K.NUMBER : kind;
}

function bound(pos: Position, op: ir.BoundExpr['operator'], x: Expr): Expr {
  if (!(x instanceof ir.Literal)) return new ir.BoundExpr(pos, op, x);
  if (typeof x.value === 'boolean') return new ir.BoundExpr(pos, op, x);
  if ((op === '=~' || op === '!~') && typeof x.value !== 'string') return new ir.BoundExpr(pos, op, x);
  if (x.value === null && op !== '!=') return new ir.BoundExpr(pos, op, x);
  return new ir.ValueExpr(pos, new Bound(op, x.value, boundKinds(op, x.value), pos));
}
