import { intDivision, isInt } from './arithmetic.ts';
import * as ir from './ir.ts';
import * as K from './kind.ts';
import type { Machine } from './machine.ts';
import { matchIf, matchN } from './match.ts';
import {
  Bottom,
  Conjunct,
  MEMBER,
  TOP_VALUE,
  Vertex,
  type Env,
  type Expr,
  type Position,
  type Scalar,
  type Value,
} from './model.ts';
import { isRegular } from '../compile/label.ts';
import { kindNameOf } from './operators.ts';
import { printValue } from './print.ts';
import { fieldsOf } from './lookup.ts';
import { isScalar, possibleKinds } from './value-of.ts';

const ARGUMENTS: Readonly<Record<string, number>> = {
  len: 1, close: 1, and: 1, or: 1, error: 1, div: 2, mod: 2, quo: 2, rem: 2, matchN: 2, matchIf: 3,
}; // prettier-ignore

export const coreFunction = (name: string): boolean => name in ARGUMENTS;

/** Calls a function of the language itself. */
export function callCore(m: Machine, name: string, call: ir.Call, env: Env): Value {
  const want = ARGUMENTS[name] ?? 0;
  if (call.args.length !== want) {
    const amount = call.args.length < want ? 'not enough' : 'too many';
    return new Bottom('eval', `${amount} arguments in call to ${name} (have ${call.args.length}, want ${want})`, {
      positions: [call.pos],
    });
  }
  switch (name) {
    case 'len':
      return length(m, call, env);
    case 'close':
      return close(m, call, env);
    case 'and':
    case 'or':
      return combine(m, name, call, env);
    case 'error':
      return userError(m, call, env);
    case 'matchN':
      return matchN(m, call, env);
    case 'matchIf':
      return matchIf(m, call, env);
    default:
      return divide(m, name as 'div', call, env);
  }
}

function argument(m: Machine, call: ir.Call, index: number, env: Env): Scalar | Vertex | Bottom {
  const expr = call.args[index];
  if (expr === undefined) return new Bottom('eval', 'missing argument');
  const value = m.evaluate(expr, env);
  const known = m.concrete(value);
  return known instanceof Bottom && value instanceof Vertex && value.label !== '' ? known.asArgument : known;
}

function length(m: Machine, call: ir.Call, env: Env): Value {
  const x = argument(m, call, 0, env);
  if (x instanceof Bottom) {
    if (x.isBlocked || !x.isIncomplete) return x;
    const kinds = call.args[0] === undefined ? 0 : possibleKinds(m, m.evaluate(call.args[0], env));
    if ((kinds & (K.TEXT | K.LIST | K.STRUCT)) !== 0) return x;
    return new Bottom('eval', `invalid argument type ${K.kindName(kinds)}`, { positions: [call.pos] });
  }
  if (typeof x === 'string') return new TextEncoder().encode(x).length;
  if (x instanceof Uint8Array) return x.length;
  if (!(x instanceof Vertex)) {
    return new Bottom(
      'eval',
      () => `cannot use ${printValue(x)} (type ${kindNameOf(x)}) as (string|bytes|list|struct) in argument 1 to len`,
      { positions: [call.pos] },
    );
  }
  if (x.elems === null)
    return [...(x.arcs ?? [])].filter(([label, arc]) => isRegular(label) && arc.arcType === MEMBER).length;
  return x.elems.length;
}

/** close(x): the fields of x and no others, at this level only. */
function close(m: Machine, call: ir.Call, env: Env): Value {
  const [expr] = call.args;
  if (expr === undefined) return new Bottom('eval', 'missing argument');
  const v = new Vertex(env.vertex, '');
  v.conjuncts.push(new Conjunct(expr, env, null, m.trail));
  const value = m.concrete(v);
  if (value instanceof Bottom) {
    if (value.isBlocked || !value.isIncomplete || m.valueOf(v) instanceof Bottom) return value;
    return new Bottom('eval', 'struct argument must be concrete', { positions: [call.pos] });
  }
  if (!(value instanceof Vertex) || value.elems !== null) {
    return new Bottom(
      'eval',
      () => `cannot use ${printValue(value)} (type ${kindNameOf(value)}) as struct in argument 1 to close`,
      { positions: [call.pos] },
    );
  }
  const closed = new Vertex(env.vertex, '');
  const chosen = m.valueOf(v) === value ? expr : new ir.ValueExpr(call.pos, value);
  closed.conjuncts.push(new Conjunct(new ir.CloseExpr(call.pos, chosen), env, null, m.trail));
  return closed;
}

function combine(m: Machine, name: 'and' | 'or', call: ir.Call, env: Env): Value {
  const x = argument(m, call, 0, env);
  if (x instanceof Bottom) return x;
  if (!(x instanceof Vertex) || x.elems === null) {
    return new Bottom(
      'eval',
      () => `cannot use ${printValue(x)} (type ${kindNameOf(x)}) as list in argument 1 to ${name}`,
      { positions: [call.pos] },
    );
  }
  const holder = fieldsOf(m, x);
  const elems = holder instanceof Vertex ? (holder.elems ?? []) : [];
  if (elems.length === 0) {
    if (name === 'and') return TOP_VALUE;
    return new Bottom('incomplete', 'empty list in call to or', { positions: [call.pos] });
  }
  const [only] = elems;
  if (elems.length === 1 && only !== undefined) return only;
  const v = new Vertex(env.vertex, '');
  if (name === 'and')
    for (const e of elems) v.conjuncts.push(new Conjunct(new ir.ValueExpr(call.pos, e), env, null, m.trail));
  else {
    const disjuncts = elems.map((e) => ({ expr: alternative(m, e, call.pos), isDefault: false }));
    v.conjuncts.push(new Conjunct(new ir.DisjunctionExpr(call.pos, disjuncts, call), env, null, m.trail));
  }
  return v;
}

/** An alternative that `or` makes of an element: scalars need no vertex. */
function alternative(m: Machine, element: Vertex, pos: Position | undefined): Expr {
  const value = m.valueOf(element);
  return isScalar(value) ? new ir.Literal(pos, value) : new ir.ValueExpr(pos, element);
}

function userError(m: Machine, call: ir.Call, env: Env): Value {
  const x = argument(m, call, 0, env);
  if (x instanceof Bottom) return x;
  if (typeof x !== 'string') {
    return new Bottom(
      'eval',
      () => `cannot use ${printValue(x)} (type ${kindNameOf(x)}) as string in argument 1 to error`,
      { positions: [call.pos] },
    );
  }
  return new Bottom('user', x, { positions: [call.pos] });
}

function divide(m: Machine, name: 'div' | 'mod' | 'quo' | 'rem', call: ir.Call, env: Env): Value {
  const x = argument(m, call, 0, env);
  if (x instanceof Bottom) return x;
  const y = argument(m, call, 1, env);
  if (y instanceof Bottom) return y;
  for (const [index, value] of [x, y].entries()) {
    if (isInt(value)) continue;
    return new Bottom(
      'eval',
      () => `cannot use ${printValue(value)} (type ${kindNameOf(value)}) as int in argument ${index + 1} to ${name}`,
      { positions: [call.pos] },
    );
  }
  if (!isInt(x) || !isInt(y)) return new Bottom('eval', 'invalid arguments');
  const result = intDivision(name, x, y);
  return result instanceof Bottom
    ? new Bottom('eval', `error in call to ${name}: ${result.message}`, { positions: [call.pos] })
    : result;
}
