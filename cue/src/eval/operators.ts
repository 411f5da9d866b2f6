import { addLists, repeatList } from '../builtin/list.ts';
import { matchSteps } from '../builtin/match-steps.ts';
import type { UnaryOp } from '../syntax/ast.ts';
import type { Decimal } from '../number/decimal.ts';
import { arithmetic, intDivision, isInt, isNum, negate } from './arithmetic.ts';
import { isEvaluatedWithin } from './bottom-comparison.ts';
import { compareScalars, isEqualScalar, kindOf } from './bounds.ts';
import { equalValues } from './equality.ts';
import { toData } from './export.ts';
import { OP } from './ir.ts';
import type * as ir from './ir.ts';
import { kindName } from './kind.ts';
import type { Machine } from './machine.ts';
import { Bottom, Vertex, type Position, type Scalar, type Value } from './model.ts';
import { compilePattern } from './pattern.ts';
import { printValue } from './print.ts';

type Operand = Scalar | Vertex;

export function kindNameOf(value: Operand): string {
  return value instanceof Vertex ? (value.elems === null ? 'struct' : 'list') : kindName(kindOf(value));
}

export function unary(op: UnaryOp, x: Scalar | Vertex | Bottom, pos: Position | undefined): Value {
  if (x instanceof Bottom) return x;
  if (op === '!' && typeof x === 'boolean') return !x;
  if (!(x instanceof Vertex) && isNum(x)) {
    if (op === '-') return negate(x);
    if (op === '+') return x;
  }
  return new Bottom('eval', () => `invalid operation ${op}${printValue(x)} (${op} ${kindNameOf(x)})`, {
    positions: [pos],
  });
}

/** An operator with concrete operands. */
export function binary(m: Machine, expr: ir.Binary, x: Operand, y: Operand): Value {
  const error = operandError(m, expr, x, 'left') ?? operandError(m, expr, y, 'right');
  if (error !== null) return error;
  switch (expr.operator) {
    case '==':
    case '!=': {
      const equal = areEqual(m, x, y);
      return equal === undefined ? invalid(expr, x, y) : equal === (expr.operator === '==');
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compareOperands(expr, x, y);
    case '&&':
    case '||':
      if (typeof x !== 'boolean') return invalid(expr, x, y);
      // the kind of the right side does not matter where the left one decides; an error in it does
      if (x === (expr.operator === '||')) return x;
      return typeof y === 'boolean' ? y : invalid(expr, x, y);
    case '=~':
    case '!~':
      return matchOperands(m, expr, x, y);
    default:
      return calculate(m, expr, x, y);
  }
}

/** Structs and lists are operands only when all inside them is known. */
function operandError(m: Machine, { operator, pos }: ir.Binary, x: Operand, side: string): Bottom | null {
  if (!(x instanceof Vertex)) return null;
  if (m.hasListArithmetic && x.elems !== null && (operator === '+' || operator === '*')) return null;
  const prefix = `invalid ${side}-hand value to '${operator}' (type ${kindNameOf(x)})`;
  if (isEvaluatedWithin(m, x)) return new Bottom('incomplete', `${prefix}: incomplete value _`, { positions: [pos] });
  const data = toData(m, x);
  if (!(data instanceof Bottom)) return null;
  if (data.isBlocked) return data;
  const error = new Bottom(data.code, () => `${prefix}: ${data.message}`, { positions: [pos, ...data.positions] });
  error.vertex = data.vertex;
  return error;
}

function areEqual(m: Machine, x: Operand, y: Operand): boolean | undefined {
  if (x === null || y === null) return x === y;
  if (x instanceof Vertex || y instanceof Vertex) {
    if (!(x instanceof Vertex && y instanceof Vertex) || (x.elems === null) !== (y.elems === null)) return undefined;
    return x.elems === null ? undefined : equalElements(m, x.elems, y.elems ?? []);
  }
  if (isNum(x) && isNum(y)) return compareScalars(x, y) === 0;
  return kindOf(x) === kindOf(y) ? isEqualScalar(x, y) : undefined;
}

/** `==` compares the elements; whether more may follow does not matter. */
function equalElements(m: Machine, x: readonly Vertex[], y: readonly Vertex[]): boolean {
  return x.length === y.length && x.every((e, i) => equalValues(m, e, y[i] ?? null, 'data'));
}

function isText(x: Operand): x is string | Uint8Array {
  return typeof x === 'string' || x instanceof Uint8Array;
}

function compareOperands(expr: ir.Binary, x: Operand, y: Operand): Value {
  if (x instanceof Vertex || y instanceof Vertex) return invalid(expr, x, y);
  const order = compareScalars(x, y);
  if (order === undefined) return invalid(expr, x, y);
  switch (expr.operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

function matchOperands(m: Machine, expr: ir.Binary, x: Operand, y: Operand): Value {
  const text = x instanceof Uint8Array ? new TextDecoder().decode(x) : x;
  const source = y instanceof Uint8Array ? new TextDecoder().decode(y) : y;
  if (typeof text !== 'string' || typeof source !== 'string') return invalid(expr, x, y);
  const isLiteral = expr.y.op === OP.LITERAL;
  const pattern = (isLiteral ? expr.pattern : undefined) ?? compilePattern(source);
  if (isLiteral) expr.pattern = pattern;
  if (pattern instanceof Bottom) return pattern;
  m.budget.step(matchSteps(text, source));
  return pattern.test(text) === (expr.operator === '=~');
}

function calculate(m: Machine, expr: ir.Binary, x: Operand, y: Operand): Value {
  const { operator } = expr;
  if (x instanceof Vertex || y instanceof Vertex)
    return (m.hasListArithmetic ? calculateLists(m, expr, [x, y]) : undefined) ?? invalidLists(expr, x, y);
  if (isNum(x) && isNum(y)) return calculateNumbers(m, expr, x, y);
  if (operator === '+') {
    if (typeof x === 'string' && typeof y === 'string') return charged(m, x + y);
    if (x instanceof Uint8Array && y instanceof Uint8Array) return concatBytes(m, x, y);
  }
  if (operator === '*') {
    if (isText(x) && isInt(y)) return repeat(m, x, y);
    if (isInt(x) && isText(y)) return repeat(m, y, x);
  }
  return invalid(expr, x, y);
}

function calculateNumbers(
  m: Machine,
  expr: ir.Binary,
  x: number | bigint | Decimal,
  y: number | bigint | Decimal,
): Value {
  const { operator } = expr;
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/': {
      if (typeof x === 'bigint' || typeof y === 'bigint') m.budget.allocate(sizeOf(x) + sizeOf(y));
      const result = arithmetic(operator, x, y);
      if (!(result instanceof Bottom)) return result;
      return new Bottom(result.code, result.message, { positions: [expr.pos] });
    }
    case 'div':
    case 'mod':
    case 'quo':
    case 'rem':
      if (isInt(x) && isInt(y)) return intDivision(operator, x, y);
      return invalid(expr, x, y);
    default:
      return invalid(expr, x, y);
  }
}

/** Bytes of a number, about. */
function sizeOf(x: number | bigint | Decimal): number {
  return typeof x === 'bigint' ? x.toString(16).length : 8;
}

function charged(m: Machine, text: string): string {
  m.budget.allocate(text.length * 2);
  return text;
}

function concatBytes(m: Machine, a: Uint8Array, b: Uint8Array): Uint8Array {
  m.budget.allocate(a.length + b.length);
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function repeat(m: Machine, x: string | Uint8Array, count: number | bigint): Value {
  if (count < 0 || Object.is(count, -0)) return new Bottom('eval', `cannot convert negative number to uint64`);
  const times = Number(count);
  m.budget.allocate(Math.min(x.length * times * 2, Number.MAX_SAFE_INTEGER));
  if (typeof x === 'string') return x.repeat(times);
  const out = new Uint8Array(x.length * times);
  for (let i = 0; i < times; i++) out.set(x, i * x.length);
  return out;
}

const isList = (x: Operand): boolean => x instanceof Vertex && x.elems !== null;

/** Lists added and repeated by what superseded that; undefined for other operands. */
function calculateLists(
  m: Machine,
  { operator, pos }: ir.Binary,
  [x, y]: readonly [Operand, Operand],
): Value | undefined {
  const [list, count] = isList(x) ? [x, y] : [y, x];
  if (operator === '*' && isList(list) && isInt(count))
    return m.apply({ name: 'list.Repeat', func: repeatList, pos }, [list, count]);
  if (operator === '+' && isList(x) && isList(y)) return m.apply({ name: 'list.Concat', func: addLists, pos }, [x, y]);
  return undefined;
}

function invalidLists(expr: ir.Binary, x: Operand, y: Operand): Bottom {
  if (expr.operator === '+' && isList(x) && isList(y)) {
    return new Bottom(
      'eval',
      'Addition of lists is superseded by list.Concat; see https://cuelang.org/e/v0.11-list-arithmetic',
      { positions: [expr.pos] },
    );
  }
  if (expr.operator === '*' && (isList(x) || isList(y))) {
    return new Bottom(
      'eval',
      'Multiplication of lists is superseded by list.Repeat; see https://cuelang.org/e/v0.11-list-arithmetic',
      { positions: [expr.pos] },
    );
  }
  return invalid(expr, x, y);
}

function invalid(expr: ir.Binary, x: Operand, y: Operand): Bottom {
  const op = expr.operator;
  const text = (): string =>
    `invalid operands ${printValue(x)} and ${printValue(y)} to '${op}' (type ${kindNameOf(x)} and ${kindNameOf(y)})`;
  return new Bottom('eval', text, { positions: [expr.opPos, expr.x.pos, expr.y.pos] });
}
