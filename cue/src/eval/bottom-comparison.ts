// `x == _|_` and `x != _|_`, and the checks that what was found still holds once the struct around is complete.
import { printLabel } from '../compile/label.ts';
import { FieldRef, OP, Selector, type Binary } from './ir.ts';
import { TOP } from './kind.ts';
import type { Machine } from './machine.ts';
import {
  append,
  Bottom,
  Disjunction,
  DONE,
  REQUIRED,
  RUNNING,
  TypeValue,
  Vertex,
  type Comparison,
  type Env,
  type Expr,
  type Value,
} from './model.ts';
import { nodeOf } from './task.ts';
import { setError } from './unify-scalar.ts';
import { isScalar, withDefault } from './value-of.ts';

/** The operand that is compared with bottom; undefined for other comparisons. */
export function comparedOperand({ operator, x, y }: Binary): Expr | undefined {
  if (operator !== '==' && operator !== '!=') return undefined;
  if (x.op === OP.BOTTOM) return y;
  return y.op === OP.BOTTOM ? x : undefined;
}

/** Whether the operand is an error or not concrete. A value that may still become known must be waited for. */
export function compareToBottom(m: Machine, { operator }: Binary, x: Expr, env: Env): Value {
  const value = m.evaluate(x, env);
  const known = withDefault(m, m.valueOf(value));
  const isEqual = (isError: boolean): boolean => isError === (operator === '==');
  if (known instanceof Bottom) {
    if (known.isBlocked) return known;
    // a reference of a value to itself adds nothing, so it is no error
    if (known.code === 'cycle' && value instanceof Vertex && value.state === RUNNING) return isEqual(false);
    if (known.isIncomplete && isGrowing(value)) return blockedBy(value);
    if (known.isIncomplete) addCheck(m, { x, env, isError: true });
    return isEqual(true);
  }
  if (known instanceof Vertex) return isEqual(isErroneous(m, { x, env }, known, value));
  if (isScalar(known)) {
    if (value instanceof Vertex) m.comparisons?.push({ x, env, place: value, known: null });
    return isEqual(false);
  }
  if (known instanceof TypeValue && known.kinds === TOP && !isGrowing(value)) {
    // a required field that no declaration provides is not there
    return isEqual(value instanceof Vertex && value.arcType === REQUIRED);
  }
  if (isGrowing(value)) return blockedBy(value);
  // alternatives that are not decided are a value
  return isEqual(!(known instanceof Disjunction));
}

/** A struct or list counts as an error while one of its own fields is evaluated: the field would depend on itself. */
function isErroneous(m: Machine, { x, env }: { x: Expr; env: Env }, known: Vertex, value: Value): boolean {
  const place = value instanceof Vertex ? value : known;
  m.comparisons?.push({ x, env, place, known });
  if (m.assumed?.has(place) === true || isEvaluatedWithin(m, place) || isEvaluatedWithin(m, known)) {
    addCheck(m, { x, env, isError: true });
    return true;
  }
  m.finalize(known);
  return isFinalError(known);
}

function isFinalError(v: Vertex): boolean {
  return v.childError !== null || (v.error !== null && !v.error.isIncomplete);
}

/** Whether a field below the vertex is in evaluation. */
export function isEvaluatedWithin(m: Machine, v: Vertex): boolean {
  return m.running.some((each) => isBelow(each, v));
}

function isBelow(v: Vertex, top: Vertex): boolean {
  for (let at = v.parent; at !== null; at = at.parent) if (at === top || at.original === top) return true;
  return false;
}

/** Whether a vertex around the value is in evaluation and may still add to it. */
function growing(value: Value): Vertex | null {
  if (!(value instanceof Vertex)) return null;
  for (let at = value.parent; at !== null; at = at.parent) {
    if (at.state !== DONE && at.depth > 0 && !at.isForced && (at.node?.tasks.length ?? 0) > 0) return at;
  }
  return null;
}

const isGrowing = (value: Value): boolean => growing(value) !== null;

function blockedBy(value: Value): Bottom {
  const v = growing(value);
  return v?.block ?? new Bottom('cycle', 'cycle error', { blockedAt: v?.depth ?? -1 });
}

/** Remembers that the operand must be found the same when the struct is complete. Nothing is checked inside loops. */
export function addCheck(m: Machine, check: Pick<Comparison, 'x' | 'env'> & { readonly isError: boolean }): void {
  const { x, env } = check;
  if (env.key !== undefined || env.value !== undefined) return;
  const list = m.running.at(-1)?.parent;
  const isElement = list?.elems != null && list.parent === env.vertex;
  const node = nodeOf(isElement ? list : env.vertex);
  if (!node.checks.some((c) => c.x === x)) node.checks = append(node.checks, check);
}

/** Compares again what comparisons with bottom found before the struct was complete. */
export function runChecks(m: Machine, v: Vertex): void {
  const checks = v.node?.checks ?? [];
  if (v.node === null || checks.length === 0) return;
  v.node.checks = [];
  for (const { x, env, isError } of checks) {
    const known = withDefault(m, m.valueOf(m.evaluate(x, env)));
    const isNow = known instanceof Bottom || (known instanceof Vertex && isFinalError(known));
    if (isNow === isError) continue;
    const text = `circular dependency in evaluation of conditionals: ${nameOf(x)} changed after evaluation`;
    setError(v, new Bottom('cycle', text, { positions: [x.pos] }));
  }
}

function nameOf(x: Expr): string {
  if (x instanceof FieldRef) return printLabel(x.label);
  return x instanceof Selector ? `${nameOf(x.x)}.${printLabel(x.label)}` : 'the operand';
}
