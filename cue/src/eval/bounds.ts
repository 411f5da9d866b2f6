import type { Decimal } from '../number/decimal.ts';
import { compareBytes, compareNumbers, compareStrings, isInt, isNum } from './arithmetic.ts';
import * as K from './kind.ts';
import {
  Bottom,
  Bound,
  Conjunction,
  TypeValue,
  Validator,
  type BoundOp,
  type Scalar,
  type Value,
  type Vertex,
} from './model.ts';
import { compilePattern } from './pattern.ts';
import { printValue } from './print.ts';

export function kindOf(value: Scalar): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return K.INT;
    case 'string':
      return K.STRING;
    case 'boolean':
      return K.BOOL;
    default:
      return value === null ? K.NULL : value instanceof Uint8Array ? K.BYTES : K.FLOAT;
  }
}

/** Whether two scalars are the same value; int and float never are. */
export function isEqualScalar(a: Scalar, b: Scalar): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return isInt(a) && isInt(b) && BigInt(a) === BigInt(b);
  }
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && compareBytes(a, b) === 0;
  }
  return compareNumbers(a, b) === 0;
}

/** The order of two scalars of comparable kinds; undefined where they have none. */
export function compareScalars(a: Scalar, b: Scalar): number | undefined {
  if (isNum(a) && isNum(b)) return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  return undefined;
}

function holds(op: BoundOp, order: number): boolean {
  switch (op) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return order !== 0;
  }
}

/** Whether the scalar is within the bound; a Bottom where the bound is no valid one. */
export function satisfies(value: Scalar, bound: Bound): boolean | Bottom {
  const { op, operand } = bound;
  if (isVertex(operand)) return op === '!=';
  if (op === '=~' || op === '!~') {
    if (typeof operand !== 'string') return new Bottom('eval', `invalid pattern ${printValue(operand)}`);
    const pattern = (bound.pattern ??= compilePattern(operand));
    if (pattern instanceof Bottom) return pattern;
    const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
    return typeof text === 'string' && pattern.test(text) === (op === '=~');
  }
  const order = compareScalars(value, operand);
  if (order === undefined) {
    if (op !== '!=') return false;
    return kindOf(value) === kindOf(operand) ? value !== operand : operand === null || typeof operand === 'boolean';
  }
  return holds(op, order);
}

function isVertex(x: Scalar | Vertex): x is Vertex {
  return typeof x === 'object' && x !== null && 'conjuncts' in x;
}

/** The error that a scalar has under a bound or validator. */
export function checkScalar(value: Scalar, part: Bound | Validator): Bottom | undefined {
  if (part instanceof Validator) return part.check(value);
  const ok = satisfies(value, part);
  if (ok === true) return undefined;
  if (ok instanceof Bottom) return ok;
  return new Bottom('eval', () => `invalid value ${printValue(value)} (out of bound ${printValue(part)})`, {
    positions: [part.pos],
  });
}

/** Adds a bound to those collected; a Bottom where no value can satisfy all. */
export function addBound(
  parts: readonly (Bound | Validator)[],
  added: Bound | Validator,
  kinds: number,
): (Bound | Validator)[] | Bottom {
  if (added instanceof Validator) {
    const same = parts.some(
      (p) => p instanceof Validator && p.name === added.name && printValue(p) === printValue(added),
    );
    return same ? [...parts] : [...parts, added];
  }
  const out: (Bound | Validator)[] = [];
  let isNeeded = true;
  for (const part of parts) {
    if (part instanceof Validator || !isNeeded) {
      out.push(part);
      continue;
    }
    const merged = mergeBounds(part, added, kinds);
    if (merged === 'conflict') return conflictingBounds(part, added);
    if (merged === 'first') isNeeded = false;
    if (merged !== 'second') out.push(part);
  }
  if (isNeeded) out.push(added);
  return out;
}

function conflictingBounds(a: Bound, b: Bound): Bottom {
  return new Bottom('eval', () => `incompatible bounds ${printValue(a)} and ${printValue(b)}`, {
    positions: [a.pos, b.pos],
  });
}

type Merged = 'first' | 'second' | 'both' | 'conflict';

const isLower = (op: BoundOp): boolean => op === '>' || op === '>=';
const isUpper = (op: BoundOp): boolean => op === '<' || op === '<=';

function mergeBounds(a: Bound, b: Bound, kinds: number): Merged {
  if (isVertex(a.operand) || isVertex(b.operand)) return 'both';
  if (a.op === b.op && isEqualScalar(a.operand, b.operand)) return 'first';
  const order = compareScalars(a.operand, b.operand);
  if (order === undefined) return 'both';
  if (isLower(a.op) && isLower(b.op)) return tighter(order, a.op === '>');
  if (isUpper(a.op) && isUpper(b.op)) return tighter(-order, a.op === '<');
  if (isLower(a.op) && isUpper(b.op)) return opposite(a, b, kinds);
  if (isUpper(a.op) && isLower(b.op)) return opposite(b, a, kinds);
  if (a.op === '!=' && b.op !== '!=') return redundantUnequal(a, b) ? 'second' : 'both';
  if (b.op === '!=' && a.op !== '!=') return redundantUnequal(b, a) ? 'first' : 'both';
  return 'both';
}

/** Which of two bounds of one direction is the tighter one; `order` > 0: the first. */
function tighter(order: number, firstIsStrict: boolean): Merged {
  if (order === 0) return firstIsStrict ? 'first' : 'second';
  return order > 0 ? 'first' : 'second';
}

function opposite(low: Bound, high: Bound, kinds: number): Merged {
  const order = isVertex(low.operand) || isVertex(high.operand) ? undefined : compareScalars(low.operand, high.operand);
  if (order === undefined || order < 0) return isEmptyIntRange(low, high, kinds) ? 'conflict' : 'both';
  if (order > 0) return 'conflict';
  return low.op === '>=' && high.op === '<=' ? 'both' : 'conflict';
}

/** `>1 & <2` holds no int. */
function isEmptyIntRange(low: Bound, high: Bound, kinds: number): boolean {
  if ((kinds & K.NUMBER) !== K.INT) return false;
  const [first, last] = [nearestInt(low, 1n), nearestInt(high, -1n)];
  return first !== undefined && last !== undefined && first > last;
}

/** The first integer that a bound admits in a direction; undefined where it is too large to matter. */
function nearestInt({ op, operand }: Bound, direction: 1n | -1n): bigint | undefined {
  if (isVertex(operand)) return undefined;
  if (isInt(operand)) return op === '>' || op === '<' ? BigInt(operand) + direction : BigInt(operand);
  const value = Number(isNum(operand) ? operand.toString() : NaN);
  if (!Number.isSafeInteger(Math.trunc(value))) return undefined;
  const rounded = direction > 0 ? Math.ceil(value) : Math.floor(value);
  return BigInt(rounded) + (rounded === value && (op === '>' || op === '<') ? direction : 0n);
}

function redundantUnequal(unequal: Bound, range: Bound): boolean {
  return (
    !isVertex(unequal.operand) && satisfies(unequal.operand, range) === false && range.op !== '=~' && range.op !== '!~'
  );
}

/** The kinds of a value that is no vertex. */
export function kindsOf(value: Value): number {
  if (
    value instanceof TypeValue ||
    value instanceof Bound ||
    value instanceof Validator ||
    value instanceof Conjunction
  )
    return value.kinds;
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || isDecimal(value))
    return kindOf(value);
  return K.TOP;
}

function isDecimal(value: object): value is Decimal {
  return 'coefficient' in value;
}
