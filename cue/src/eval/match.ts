import type * as ir from './ir.ts';
import { join } from './handle.ts';
import { isInt } from './arithmetic.ts';
import * as K from './kind.ts';
import { checkScalar } from './bounds.ts';
import type { Machine } from './machine.ts';
import { Bottom, Bound, Conjunction, DONE, TypeValue, Validator, Vertex, type Env, type Value } from './model.ts';
import { printValue } from './print.ts';
import { snapshot } from './snapshot.ts';

/** matchN(count, [schemas]): validates that as many of the schemas as the count says match. */
export function matchN(m: Machine, call: ir.Call, env: Env): Value {
  const [countExpr, listExpr] = call.args;
  if (countExpr === undefined || listExpr === undefined) return new Bottom('eval', 'missing argument');
  const count = m.valueOf(m.evaluate(countExpr, env));
  if (count instanceof Bottom) return count;
  const list = m.concrete(m.evaluate(listExpr, env));
  if (list instanceof Bottom) return list;
  if (!(list instanceof Vertex) || list.elems === null) {
    return new Bottom('eval', () => `cannot use ${printValue(list)} as list in argument 2 to matchN`, {
      positions: [call.pos],
    });
  }
  const schemas = list.elems;
  const check = (value: Value): Bottom | undefined => {
    let matched = 0;
    let isUnsure = false;
    for (const schema of schemas) {
      const result = matches(m, value, schema);
      if (result === 'yes') matched++;
      if (result === 'unsure') isUnsure = true;
    }
    if (admits(count, matched)) return undefined;
    if (isUnsure) return undefined;
    return new Bottom(
      'eval',
      () =>
        `invalid value ${printValue(value)} (does not satisfy matchN): ${matched} matched, expected ${printValue(count)}`,
      {
        positions: [call.pos],
      },
    );
  };
  const args: Value[] = [count, list];
  return new Validator({ name: 'matchN', kinds: K.TOP, args, pos: call.pos, check, isStructural: true });
}

/** matchIf(if, then, else) */
export function matchIf(m: Machine, call: ir.Call, env: Env): Value {
  const args = call.args.map((a) => m.evaluate(a, env));
  const [condition, then, otherwise] = args;
  if (condition === undefined || then === undefined || otherwise === undefined)
    return new Bottom('eval', 'missing argument');
  const check = (value: Value): Bottom | undefined => {
    const decided = matches(m, value, condition);
    if (decided === 'unsure') return undefined;
    const branch = decided === 'yes' ? then : otherwise;
    if (matches(m, value, branch) !== 'no') return undefined;
    const name = decided === 'yes' ? 'then' : 'else';
    return new Bottom(
      'eval',
      () => `invalid value ${printValue(value)} (does not satisfy matchIf): failed ${name} branch`,
      { positions: [call.pos] },
    );
  };
  return new Validator({ name: 'matchIf', kinds: K.TOP, args, pos: call.pos, check, isStructural: true });
}

/** Whether a value fits a schema: their unification has no error, and nothing that the schema requires is missing. */
function matches(m: Machine, value: Value, schema: Value): 'yes' | 'no' | 'unsure' {
  const v = join(snapshot(m, value), schema);
  m.expand(v);
  if (v.state !== DONE) return 'unsure';
  m.finalize(v);
  const error = v.error ?? v.childError;
  if (error !== null) return error.isIncomplete ? 'unsure' : 'no';
  return lacksRequired(m, v) ? 'no' : 'yes';
}

function lacksRequired(m: Machine, v: Vertex): boolean {
  const known = m.valueOf(v);
  if (!(known instanceof Vertex)) return false;
  for (const arc of known.elems ?? known.arcs?.values() ?? []) {
    if (arc.arcType === 1) return true;
    if (arc.arcType === 0 && lacksRequired(m, arc)) return true;
  }
  return false;
}

function admits(count: Value, matched: number): boolean {
  if (isInt(count)) return Number(count) === matched;
  if (count instanceof Bound) return checkScalar(matched, count) === undefined;
  if (count instanceof Conjunction) return count.parts.every((p) => checkScalar(matched, p) === undefined);
  return count instanceof TypeValue && (count.kinds & K.INT) !== 0;
}
