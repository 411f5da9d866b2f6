import { regularLabel } from '../compile/label.ts';
import { isInt } from './arithmetic.ts';
import { comparedOperand, compareToBottom } from './bottom-comparison.ts';
import { binary, unary } from './operators.ts';
import { interpolate } from './interpolate.ts';
import * as ir from './ir.ts';
import { kindName, TOP } from './kind.ts';
import { BYTES } from './budget.ts';
import { kindOf } from './bounds.ts';
import { boundKinds } from '../compile/compile-expr.ts';
import { lookupElement, optionalField } from './lookup.ts';
import type { Machine } from './machine.ts';
import {
  Bottom,
  Bound,
  Conjunct,
  Disjunction,
  DONE,
  FunctionValue,
  OPTIONAL,
  TOP_VALUE,
  TypeValue,
  Vertex,
  type Env,
  type Expr,
  type Scalar,
  type Value,
} from './model.ts';
import { printValue } from './print.ts';
import { isScalar } from './value-of.ts';

const OP = ir.OP;

/** The value of an expression: a vertex for references and structs, otherwise the value itself. */
export function evaluateExpr(m: Machine, expr: Expr, env: Env): Value {
  switch (expr.op) {
    case OP.LITERAL:
      return (expr as ir.Literal).value;
    case OP.VALUE:
      return (expr as ir.ValueExpr).value;
    case OP.FIELD_REF:
      return fieldReference(m, expr as ir.FieldRef, env);
    case OP.LOOP_REF: {
      const { up, isKey } = expr as ir.LoopRef;
      const frame = frameAt(env, up);
      return (isKey ? frame.key : frame.value) ?? null;
    }
    case OP.LET_REF:
      return letReference(expr as ir.LetRef, env, m);
    case OP.VERTEX_REF:
      return frameAt(env, (expr as ir.VertexRef).up).vertex;
    case OP.SELECTOR:
      return select(m, expr as ir.Selector, env);
    case OP.INDEX:
      return index(m, expr as ir.Index, env);
    default:
      return evaluateCompound(m, expr, env);
  }
}

function evaluateCompound(m: Machine, expr: Expr, env: Env): Value {
  switch (expr.op) {
    case OP.BINARY:
      return evaluateBinary(m, expr as ir.Binary, env);
    case OP.UNARY: {
      const { operator, x } = expr as ir.Unary;
      if (x.op === OP.VALUE) return notConcreteOperand(operator, (x as ir.ValueExpr).value, expr);
      return unary(operator, m.concrete(m.evaluate(x, env)), expr.pos);
    }
    case OP.BOUND:
      return bound(m, expr as ir.BoundExpr, env);
    case OP.INTERPOLATION:
      return interpolate(m, expr as ir.Interpolation, env);
    case OP.SLICE:
      return slice(m, expr as ir.Slice, env);
    case OP.CALL:
      return m.call(expr, env);
    case OP.BUILTIN:
      return new FunctionValue((expr as ir.BuiltinExpr).name, (expr as ir.BuiltinExpr).func);
    case OP.BOTTOM:
      return new Bottom('user', (expr as ir.BottomLit).message, { positions: [expr.pos] });
    case OP.DYNAMIC_REF:
      return dynamicReference(m, expr as ir.DynamicRef, env);
    case OP.IMPORT_REF:
      return m.importRoot((expr as ir.ImportRef).path);
    default:
      return inline(m, expr, env);
  }
}

function notConcreteOperand(operator: string, value: Value, expr: Expr): Bottom {
  const text = (): string => `invalid operand ${printValue(value)} ('${operator}' requires concrete value)`;
  return new Bottom('eval', text, { positions: [expr.pos] });
}

export function frameAt(env: Env, up: number): Env {
  let at = env;
  for (let i = up; i > 0 && at.up !== null; i--) at = at.up;
  return at;
}

/** A vertex outside the tree that holds the value of an expression. */
function inline(m: Machine, expr: Expr, env: Env): Vertex {
  const v = new Vertex(env.vertex, '');
  v.isInline = true;
  v.conjuncts = [new Conjunct(expr, env, null, m.trail)];
  m.budget.step();
  m.budget.allocate(BYTES.vertex);
  return v;
}

function fieldReference(m: Machine, expr: ir.FieldRef, env: Env): Value {
  const { vertex } = frameAt(env, expr.up);
  const arc = vertex.arcs?.get(expr.label);
  if (arc !== undefined && arc.arcType !== OPTIONAL) return arc;
  if (arc !== undefined && vertex.state === DONE && vertex.error?.isIncomplete === false)
    return optionalField(arc, expr);
  return m.lookup(vertex, expr.label, expr);
}

function letReference(expr: ir.LetRef, env: Env, m: Machine): Value {
  const frame = frameAt(env, expr.up);
  const lets = (frame.lets ??= new Map<Expr, Vertex>());
  const existing = lets.get(expr.expr);
  if (existing !== undefined) return existing;
  m.budget.allocate(BYTES.vertex);
  const v = new Vertex(frame.vertex, expr.name);
  v.isInline = true;
  v.conjuncts = [new Conjunct(expr.expr, frame, null, m.trail)];
  lets.set(expr.expr, v);
  return v;
}

function dynamicReference(m: Machine, expr: ir.DynamicRef, env: Env): Value {
  const frame = frameAt(env, expr.up);
  const label = m.concrete(m.evaluate(expr.label, frame));
  if (label instanceof Bottom) return label;
  if (typeof label !== 'string') return new Bottom('eval', 'field label must be a string', { positions: [expr.pos] });
  return m.lookup(frame.vertex, regularLabel(label), expr);
}

function select(m: Machine, expr: ir.Selector, env: Env): Value {
  const x = m.evaluate(expr.x, env);
  if (x instanceof Vertex) return m.lookup(x, expr.label, expr);
  if (x instanceof Bottom) return x;
  if (!isScalar(x)) return new Bottom('incomplete', `undefined field: ${expr.label}`, { positions: [expr.pos] });
  return new Bottom('eval', `invalid operand ${printValue(x)} (found ${kindName(kindOf(x))}, want list or struct)`, {
    positions: [expr.pos],
  });
}

function index(m: Machine, expr: ir.Index, env: Env): Value {
  const x = m.concrete(m.evaluate(expr.x, env));
  if (x instanceof Bottom) return x.asArgument;
  const given = m.evaluate(expr.index, env);
  const at = m.concrete(given);
  if (at instanceof Bottom) {
    const known = m.valueOf(given);
    if (!(known instanceof TypeValue) || known.kinds !== TOP) return at;
    return new Bottom('eval', 'invalid index _ (invalid type _)', { positions: [expr.index.pos] });
  }
  if (!(x instanceof Vertex)) {
    return new Bottom(
      'eval',
      () => `invalid operand ${printValue(x)} (found ${kindName(kindOf(x))}, want list or struct)`,
      { positions: [expr.pos] },
    );
  }
  if (x.elems === null) {
    if (typeof at === 'string') return m.lookup(x, regularLabel(at), expr);
    return invalidIndex(at, 'string', expr);
  }
  if (!isInt(at)) return invalidIndex(at, 'int', expr);
  if (at < 0)
    return new Bottom('eval', `invalid index ${at.toString()} (index must be non-negative)`, {
      positions: [expr.index.pos],
    });
  return lookupElement(m, x, Number(at), expr);
}

function invalidIndex(at: Value, want: string, expr: ir.Index): Bottom {
  const kind =
    at instanceof Vertex ? (at.elems === null ? 'struct' : 'list') : isScalar(at) ? kindName(kindOf(at)) : '_|_';
  return new Bottom('eval', () => `invalid index ${printValue(at)} (type ${kind}, want ${want})`, {
    positions: [expr.index.pos],
  });
}

function slice(m: Machine, expr: ir.Slice, env: Env): Value {
  const operand = m.evaluate(expr.x, env);
  const x = m.concrete(operand);
  if (x instanceof Bottom) {
    const given = m.valueOf(operand);
    const known = given instanceof Bottom && given.code === 'cycle' && !given.isBlocked ? TOP_VALUE : given;
    if (!(known instanceof TypeValue)) return x;
    return new Bottom('eval', () => `cannot slice ${printValue(known)} (type ${kindName(known.kinds)})`, {
      positions: [expr.pos],
    });
  }
  const isList = x instanceof Vertex && x.elems !== null;
  if (!isList && typeof x !== 'string' && !(x instanceof Uint8Array)) {
    return new Bottom('eval', () => `cannot slice ${printValue(x)}`, { positions: [expr.pos] });
  }
  if (typeof x === 'string')
    return new Bottom('eval', `cannot slice string: use strings.SliceRunes or bytes`, { positions: [expr.pos] });
  const length = x instanceof Vertex ? (x.elems?.length ?? 0) : x.length;
  const low = sliceIndex(m, expr.low, env, 0);
  if (low instanceof Bottom) return low;
  const high = sliceIndex(m, expr.high, env, length);
  if (high instanceof Bottom) return high;
  if (low < 0 || high > length || low > high) {
    const text = low > high && high <= length ? `invalid slice index: ${low} > ${high}` : `slice bounds out of range`;
    return new Bottom('eval', text, { positions: [expr.pos] });
  }
  if (!(x instanceof Vertex)) return x.slice(low, high);
  const elements = (x.elems ?? []).slice(low, high).map((e) => ({ expr: new ir.ValueExpr(expr.pos, e), info: null }));
  return inline(m, new ir.ListLit(expr.pos, elements, false, undefined), env);
}

function sliceIndex(m: Machine, expr: Expr | undefined, env: Env, otherwise: number): number | Bottom {
  if (expr === undefined) return otherwise;
  const value = m.concrete(m.evaluate(expr, env));
  if (value instanceof Bottom) return value;
  if (isInt(value)) return Number(value);
  return new Bottom('eval', () => `invalid slice index ${printValue(value)}`, { positions: [expr.pos] });
}

function bound(m: Machine, expr: ir.BoundExpr, env: Env): Value {
  const x = m.concrete(m.evaluate(expr.x, env));
  if (x instanceof Bottom) return x;
  if (x instanceof Vertex) {
    if (expr.operator === '!=') return new Bound('!=', x, x.elems === null ? 128 : 64, expr.pos);
    return new Bottom(
      'eval',
      () => `cannot use ${printValue(x)} (type ${x.elems === null ? 'struct' : 'list'}) as bound`,
      { positions: [expr.pos] },
    );
  }
  const isPattern = expr.operator === '=~' || expr.operator === '!~';
  if (isPattern && typeof x !== 'string') {
    return new Bottom('eval', () => `cannot use ${printValue(x)} (type ${kindName(kindOf(x))}) as type string`, {
      positions: [expr.pos],
    });
  }
  if (typeof x === 'boolean' || (expr.operator !== '!=' && x === null)) {
    return new Bottom(
      'eval',
      () => `invalid value ${printValue(x)} (type ${kindName(kindOf(x))}) for bound ${expr.operator}`,
      { positions: [expr.pos] },
    );
  }
  return new Bound(expr.operator, x, boundKinds(expr.operator, x), expr.pos);
}

function evaluateBinary(m: Machine, expr: ir.Binary, env: Env): Value {
  const { x, y } = expr;
  const compared = comparedOperand(expr);
  if (compared !== undefined) return compareToBottom(m, expr, compared, env);
  const left = operand(m, expr, x, env);
  const right = operand(m, expr, y, env);
  if (left instanceof Bottom) return right instanceof Bottom && !right.isIncomplete ? right : left;
  if (right instanceof Bottom) return right;
  return binary(m, expr, left, right);
}

/** A concrete operand; the error of one that is known not to be concrete names the operator. */
function operand(m: Machine, { operator, pos }: ir.Binary, expr: Expr, env: Env): Scalar | Vertex | Bottom {
  const value = m.evaluate(expr, env);
  const known = m.concrete(value);
  if (!(known instanceof Bottom) || !known.isIncomplete || known.isBlocked) return known;
  const given = m.valueOf(value);
  if (given instanceof Bottom || given instanceof Disjunction) return known;
  const source = value instanceof Vertex ? value.kindSource?.expr.pos : undefined;
  const text = (): string => `non-concrete value ${printValue(given)} in operand to ${operator}`;
  return new Bottom('incomplete', text, { positions: [pos, source] });
}
