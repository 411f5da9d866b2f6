import { BuiltinError, ValidationError, type Argument, type BuiltinFunction, type Param } from '../builtin/api.ts';
import { callCore, coreFunction } from './builtin-core.ts';
import { argumentOf, isValidatorResult, paramKinds } from './call-arguments.ts';
import { Handle, valueOfArgument } from './handle.ts';
import type * as ir from './ir.ts';
import * as K from './kind.ts';
import type { Callee, Machine } from './machine.ts';
import { Bottom, FunctionValue, Validator, Vertex, type Env, type Expr, type Position, type Value } from './model.ts';
import { printValue } from './print.ts';

/** Evaluates a call. */
export function evaluateCall(m: Machine, expr: Expr, env: Env): Value {
  const call = expr as ir.Call;
  const fun = m.evaluate(call.fun, env);
  if (fun instanceof Bottom) return fun.isBlocked || !fun.isIncomplete ? fun : notAFunction(fun, expr);
  const known = fun instanceof Vertex ? m.valueOf(fun) : fun;
  if (!(known instanceof FunctionValue)) {
    if (known instanceof Bottom) return known;
    if (known instanceof Validator) return known;
    return new Bottom('eval', () => `cannot call non-function ${printValue(known)}`, { positions: [expr.pos] });
  }
  if (known.func === undefined || coreFunction(known.name)) return callCore(m, known.name, call, env);
  const func = known.func as BuiltinFunction;
  return callPackage(m, { name: known.name, func, pos: expr.pos }, call.args.map((a) => m.evaluate(a, env))); // prettier-ignore
}

function notAFunction(reason: Bottom, { pos }: Expr): Bottom {
  return new Bottom('eval', () => `cannot call non-function (${reason.message})`, { positions: [pos] });
}

/** Calls a function of a builtin package with values. */
export function callPackage(m: Machine, callee: Callee, args: readonly Value[]): Value {
  const { func, name, pos } = callee;
  const minimum = func.params.filter((p) => p.optional !== true).length;
  if (args.length > func.params.length) {
    return new Bottom(
      'eval',
      `too many arguments in call to ${name} (have ${args.length}, want ${func.params.length})`,
      { positions: [pos] },
    );
  }
  if (args.length < minimum) {
    if (args.length === minimum - 1 && isValidatorResult(func)) return partialCall(m, callee, args);
    return new Bottom(
      'eval',
      `not enough arguments in call to ${name} (have ${args.length}, want ${func.params.length})`,
      { positions: [pos] },
    );
  }
  return invoke(m, callee, args, false);
}

/** A function called with one argument fewer is a validator of that argument, which is the first one. */
function partialCall(m: Machine, callee: Callee, args: readonly Value[]): Value {
  const checked = args.map((a) => m.valueOf(a));
  const error = checked.find((a) => a instanceof Bottom);
  if (error instanceof Bottom) return error;
  return validatorOf(m, callee, args);
}

/** A function as a validator; undefined where it is none. */
export function functionValidator(m: Machine, value: FunctionValue, pos: Position | undefined): Validator | undefined {
  const func = value.func as BuiltinFunction | undefined;
  if (func === undefined || !isValidatorResult(func)) return undefined;
  if (func.params.filter((p) => p.optional !== true).length !== 1) return undefined;
  return validatorOf(m, { name: value.name, func, pos }, []);
}

function validatorOf(m: Machine, callee: Callee, args: readonly Value[]): Validator {
  const [first] = callee.func.params;
  const kinds = first === undefined ? K.TOP : paramKinds(first);
  const check = (value: Value): Bottom | undefined => {
    const result = invoke(m, callee, [value, ...args], true);
    if (result instanceof Bottom) return validationError(callee, value, args, result);
    return result === false ? validationError(callee, value, args, null) : undefined;
  };
  return new Validator({ name: callee.name, kinds, args, pos: callee.pos, check, isStructural: false });
}

function validationError(callee: Callee, value: Value, args: readonly Value[], cause: Bottom | null): Bottom {
  const name = args.length === 0 ? callee.name : `${callee.name}(${args.map((a) => printValue(a)).join(', ')})`;
  const reason = cause === null ? '' : `: ${cause.message}`;
  return new Bottom(
    cause?.code ?? 'eval',
    () => `invalid value ${printValue(value)} (does not satisfy ${name})${reason}`,
    {
      positions: [callee.pos],
    },
  );
}

function invoke(m: Machine, callee: Callee, args: readonly Value[], isValidation: boolean): Value {
  const { func, name, pos } = callee;
  const converted: Argument[] = [];
  let error: Bottom | null = null;
  for (let i = 0; i < args.length; i++) {
    const param: Param | undefined = func.params[i];
    const arg = args[i];
    if (param === undefined || arg === undefined) continue;
    const result = argumentOf(m, param, arg, i);
    if (!(result instanceof Bottom)) converted.push(result.argument);
    else if (error === null || (error.isIncomplete && !result.isIncomplete)) error = result;
  }
  if (error !== null)
    return new Bottom(error.code, error.message, { positions: [...error.positions, pos], blockedAt: error.blockedAt });
  m.budget.step();
  chargeTexts(m, func, converted);
  try {
    const result = func.call(converted, m.builtinContext);
    if (typeof result === 'string' || result instanceof Uint8Array) m.budget.allocate(result.length * 2);
    if (!(result instanceof BuiltinError)) return resultOf(result);
    return failure(result, callee, isValidation);
  } catch (error) {
    if (error instanceof BuiltinError) return failure(error, callee, isValidation);
    if (error instanceof RangeError)
      return new Bottom('eval', `error in call to ${name}: ${error.message}`, { positions: [pos] });
    throw error;
  }
}

/** Bytes that a function may use for each character of a text: for a list or struct as its result, and otherwise. */
const PARSED = 40;
const READ = 8;

/** Charges the work and the memory for texts that a function is given. */
function chargeTexts(m: Machine, func: BuiltinFunction, args: readonly Argument[]): void {
  const makesData = func.result === 'list' || func.result === 'struct' || func.result === 'any';
  for (const argument of args) {
    if (typeof argument !== 'string' && !(argument instanceof Uint8Array)) continue;
    m.budget.allocate(argument.length * (makesData ? PARSED : READ));
    m.budget.step(argument.length >> 6);
  }
}

function resultOf(result: Exclude<ReturnType<BuiltinFunction['call']>, BuiltinError>): Value {
  return result instanceof Handle ? result.value : valueOfArgument(result);
}

function failure(error: BuiltinError, { name, pos }: Callee, isValidation: boolean): Value {
  if (error instanceof ValidationError && !isValidation) return false;
  const text = isValidation ? error.message : `error in call to ${name}: ${error.message}`;
  return new Bottom(error.code, text, { positions: [pos] });
}
