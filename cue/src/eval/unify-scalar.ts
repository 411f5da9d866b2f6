import { matchSteps } from '../builtin/match-steps.ts';
import { addBound, checkScalar, isEqualScalar, kindOf } from './bounds.ts';
import * as K from './kind.ts';
import { And, OP } from './ir.ts';
import type { Machine } from './machine.ts';
import type { Expr, Validator } from './model.ts';
import { Bottom, Bound, Conjunction, type Conjunct, type Scalar, type Value, type Vertex } from './model.ts';
import { printValue } from './print.ts';

/** Records an error of a vertex: a final one replaces one that is not. */
export function setError(v: Vertex, error: Bottom): void {
  error.vertex ??= v;
  if (v.error === null || (v.error.isIncomplete && !error.isIncomplete)) v.error = error;
  else if (!error.isIncomplete && v.error !== error && v.error.further.length < MAX_FURTHER)
    v.error.further = [...v.error.further, error];
}

/** Most errors that are kept of one vertex beside the first. */
const MAX_FURTHER = 8;

/** Records an error that only the whole value has. */
function setLate(v: Vertex, error: Bottom): void {
  error.vertex ??= v;
  v.late ??= error;
}

/** Records an error that operators do not see where the vertex is inline. */
export function setCheckError(v: Vertex, error: Bottom): void {
  if (v.isInline) setLate(v, error);
  else setError(v, error);
}

/**
 * Records that a scalar of a field conflicts with something else. Inside an expression, `({a: 1} & b).c`, the scalar is what
 * the other fields see.
 */
export function setScalarConflict(v: Vertex, error: Bottom): void {
  if (v.isInline && v.parent?.isInline === true) setLate(v, error);
  else setError(v, error);
}

/** Makes the late error of a vertex one that counts; null where it has none. */
export function admitLate(v: Vertex): Bottom | null {
  let at = v;
  while (at.share !== null) at = at.share;
  if (at.late === null) return null;
  setError(at, at.late);
  at.late = null;
  return at.error;
}

/** Narrows the kinds of a vertex; false where none is left. */
export function narrowKinds(v: Vertex, kinds: number, c: Conjunct, value: Value): boolean {
  const left = v.kinds & kinds;
  if (left === 0 && v.kinds !== 0) {
    setError(v, mismatch(v, kinds, c, value));
    return false;
  }
  if (left !== v.kinds) v.kindSource ??= c;
  v.kinds = left;
  return left !== 0;
}

function mismatch(v: Vertex, kinds: number, c: Conjunct, value: Value): Bottom {
  const before = v.kinds;
  const known = currentValue(v);
  const positions = [c.expr.pos, (v.baseSource ?? v.kindSource)?.expr.pos];
  // a struct is what a value with other declarations becomes last
  const isLast = (before & K.STRUCT) === 0 || (kinds & K.STRUCT) !== 0;
  const operands = [{ text: (): string => printValue(known), kinds: before }, { text: (): string => printValue(value), kinds }] as const; // prettier-ignore
  const [first, second] = isLast ? operands : [operands[1], operands[0]];
  const text = (): string =>
    `conflicting values ${first.text()} and ${second.text()} (mismatched types ${K.kindName(first.kinds)} and ${K.kindName(second.kinds)})`;
  return new Bottom('eval', text, { positions });
}

/** What a vertex is so far, for messages. */
function currentValue(v: Vertex): Value {
  if (v.base !== undefined) return v.base;
  if (v.isStruct || v.elems !== null) return v;
  return new Conjunction(v.kinds, []);
}

/** Unifies a scalar into a vertex. */
export function unifyScalar(m: Machine, v: Vertex, value: Scalar, c: Conjunct): void {
  const kind = kindOf(value);
  const { base } = v;
  if (base === undefined) {
    if (!narrowKinds(v, kind, c, value)) return;
    v.base = value;
    v.baseSource = c;
  } else if (base instanceof Conjunction) {
    if (!narrowKinds(v, kind, c, value)) return;
    for (const part of base.parts) if (!check(m, v, { value, part }, c)) return;
    v.base = value;
    v.baseSource = c;
  } else if (!isEqualScalar(base, value)) {
    if (v.kinds !== kind) narrowKinds(v, kind, c, value);
    else {
      const positions = [c.expr.pos, v.baseSource?.expr.pos];
      const text = (): string => `conflicting values ${printValue(value)} and ${printValue(base)}`;
      setScalarConflict(v, new Bottom('eval', text, { positions }));
      if (v.late !== null && (c.trail?.length ?? 0) < (v.baseSource?.trail?.length ?? 0)) {
        v.base = value;
        v.baseSource = c;
      }
    }
  }
}

function check(
  m: Machine,
  v: Vertex,
  { value, part }: { value: Scalar; part: Bound | Validator },
  c: Conjunct,
): boolean {
  if (part instanceof Bound && typeof value === 'string' && typeof part.operand === 'string' && part.op.endsWith('~'))
    m.budget.step(matchSteps(value, part.operand));
  const error = checkScalar(value, part);
  if (error === undefined) return true;
  if (v.isInline && isLateCheck(v, part)) {
    setLate(v, withPosition(error, c));
    return true;
  }
  setError(v, withPosition(error, c));
  return false;
}

/** Whether an operand of a conjunction must not be evaluated. */
function isLiteral(expr: Expr): boolean {
  return expr instanceof And ? isLiteral(expr.x) && isLiteral(expr.y) : expr.op === OP.LITERAL || expr.op === OP.VALUE;
}

/** Of a conjunction inside an expression the limits are checked at once. */
function isLateCheck(v: Vertex, part: Bound | Validator): boolean {
  const [first] = v.conjuncts;
  const isConjunction = first?.expr instanceof And && (v.label === '' || !isLiteral(first.expr));
  return !isConjunction || !(part instanceof Bound) || !(part.op.startsWith('<') || part.op.startsWith('>'));
}

function withPosition(error: Bottom, c: Conjunct): Bottom {
  if (c.expr.pos === undefined || error.positions.includes(c.expr.pos)) return error;
  return new Bottom(error.code, error.message, { positions: [...error.positions, c.expr.pos], causes: error.causes });
}

/** Unifies a bound or validator into a vertex. */
export function unifyBound(m: Machine, v: Vertex, part: Bound | Validator, c: Conjunct): void {
  if (!narrowKinds(v, part.kinds, c, part)) return;
  const { base } = v;
  if (base !== undefined && !(base instanceof Conjunction)) {
    check(m, v, { value: base, part }, v.baseSource ?? c);

    return;
  }
  const parts = addBound(base?.parts ?? [], part, v.kinds);
  if (parts instanceof Bottom) {
    setError(v, parts);
    return;
  }
  v.base = new Conjunction(v.kinds, parts);
  v.baseSource = c;
}
