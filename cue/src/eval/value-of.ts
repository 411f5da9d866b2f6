import { kindsOf } from './bounds.ts';
import * as K from './kind.ts';
import type { Machine } from './machine.ts';
import type { Validator, Bound } from './model.ts';
import {
  Bottom,
  Conjunction,
  Disjunction,
  DONE,
  FunctionValue,
  RUNNING,
  SUSPENDED,
  TOP_VALUE,
  TypeValue,
  Vertex,
  type Scalar,
  type Value,
} from './model.ts';
import { printValue } from './print.ts';
import { admitLate } from './unify-scalar.ts';

export function isScalar(value: Value): value is Scalar {
  return value === null || typeof value !== 'object' || value instanceof Uint8Array || 'coefficient' in value;
}

/** What a vertex is: a scalar, itself as struct or list, a type, alternatives, or an error. */
export function valueOfVertex(m: Machine, v: Vertex): Value {
  m.expand(v);
  if (v.share !== null) return sharedValue(m, v);
  if (v.state !== DONE) return partialValue(m, v);
  const { error, result, base } = v;
  if (error !== null) return error;
  if (v.pending !== null) return v.pending;
  if (result !== undefined) return result instanceof Vertex ? valueOfVertex(m, result) : result;
  // bounds of a struct or list are checked when they meet
  if (v.isStruct || v.elems !== null) return base instanceof Conjunction || base === undefined ? v : base;
  if (base !== undefined) return base instanceof Conjunction ? new Conjunction(v.kinds, base.parts) : base;
  const validator = v.node?.validators[0];
  if (validator !== undefined) return validator.validator;
  return v.kinds === K.TOP ? TOP_VALUE : new TypeValue(v.kinds);
}

/** Steps are charged for long chains of references only. */
export const FREE_HOPS = 8;

/** The value of the vertex at the end of a chain of vertices that are the same as the next one. */
function sharedValue(m: Machine, v: Vertex): Value {
  let at = v;
  let hops = 0;
  for (let next = v.share; next !== null; next = at.share) {
    if (at.pending !== null) return at.pending;
    if (++hops % FREE_HOPS === 0) m.budget.step();
    at = next;
    m.expand(at);
  }
  const value = valueOfVertex(m, at);
  return (v.isInline ? null : admitLate(at)) ?? value;
}

/** The value of a vertex that is in evaluation: what is known must be enough. */
function partialValue(m: Machine, v: Vertex): Value {
  const node = v.node;
  if (v.result instanceof Vertex) return valueOfVertex(m, v.result);
  if (v.error !== null && !v.error.isIncomplete) return v.error;
  // further conjuncts can only confirm a scalar
  if (v.base !== undefined && !(v.base instanceof Conjunction)) return v.base;
  if (node === null || node.disjunctions.length === 0) {
    if (v.isStruct) return v;
    if (v.elems !== null && (node === null || node.tasks.length === 0 || node.lists.some((l) => !l.isOpen))) return v;
  }
  if (v.state === SUSPENDED && v.block !== null) return v.block;
  if (v.state === RUNNING && v.isForced) {
    if (node?.mayBeStruct === true && node.disjunctions.length === 0 && (v.kinds & K.STRUCT) !== 0) return v;
    return knownSoFar(v) ?? new Bottom('cycle', 'cycle error', { positions: [v.conjuncts[0]?.expr.pos] });
  }
  return new Bottom('cycle', 'cycle error', { positions: [v.conjuncts[0]?.expr.pos], blockedAt: v.depth });
}

/** What the conjuncts say of a vertex that needs itself; undefined where they say nothing. */
function knownSoFar(v: Vertex): Value | undefined {
  if (v.node !== null && v.node.disjunctions.length > 0) return undefined;
  if (v.base instanceof Conjunction) return new Conjunction(v.kinds, v.base.parts);
  if (v.kinds !== K.TOP) return new TypeValue(v.kinds);
  return v.node !== null && v.node.topGroups.length > 0 ? TOP_VALUE : undefined;
}

/** The value with its default taken. */
export function withDefault(m: Machine, value: Value): Value {
  let at = value;
  while (at instanceof Disjunction) {
    if (at.defaults !== 1) break;
    const first: Value = at.values[0] ?? null;
    at = first instanceof Vertex ? valueOfVertex(m, first) : first;
  }
  return at;
}

/** A scalar, struct or list; an error for everything else. */
export function concreteValue(m: Machine, value: Value): Scalar | Vertex | Bottom {
  const known = value instanceof Vertex ? valueOfVertex(m, value) : value;
  const chosen = known instanceof Disjunction ? withDefault(m, known) : known;
  if (isScalar(chosen) || chosen instanceof Bottom || chosen instanceof Vertex) return chosen;
  return notConcrete(chosen);
}

function notConcrete(value: TypeValue | Bound | Validator | Conjunction | Disjunction | FunctionValue): Bottom {
  if (value instanceof Disjunction)
    return new Bottom('incomplete', () => `unresolved disjunction ${printValue(value)}`);
  if (value instanceof FunctionValue) return new Bottom('eval', `cannot use function ${value.name} as a value`);
  return new Bottom('incomplete', () => `non-concrete value ${printValue(value)}`);
}

/** All kinds that a value may have. */
export function possibleKinds(m: Machine, value: Value): number {
  if (value instanceof Vertex) {
    const known = valueOfVertex(m, value);
    if (known instanceof Vertex) return known.elems === null ? K.STRUCT : K.LIST;
    return possibleKinds(m, known);
  }
  if (value instanceof Disjunction) return value.values.reduce<number>((mask, x) => mask | possibleKinds(m, x), 0);
  if (value instanceof Bottom) return value.isIncomplete ? K.TOP : 0;
  return value instanceof FunctionValue ? 0 : kindsOf(value);
}
