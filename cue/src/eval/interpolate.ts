import { Decimal, formatDecimal, formatInt } from '../number/decimal.ts';
import type * as ir from './ir.ts';
import type { Machine } from './machine.ts';
import { Bottom, Vertex, type Env, type Value } from './model.ts';
import { printValue } from './print.ts';

/** A string or bytes with the values of its expressions. */
export function interpolate(m: Machine, expr: ir.Interpolation, env: Env): Value {
  const parts: (string | Uint8Array)[] = [];
  let failure: Bottom | null = null;
  for (let i = 0; i < expr.texts.length; i++) {
    parts.push(expr.texts[i] ?? '');
    const inner = expr.exprs[i];
    if (inner === undefined) continue;
    const given = m.evaluate(inner, env);
    const value = m.concrete(given);
    if (value instanceof Bottom) {
      if (isUnknownInline(given, value)) continue;
      if (failure === null || (failure.isIncomplete && !value.isIncomplete)) failure = value;
      continue;
    }
    const text = textOf(value);
    if (text === undefined) {
      const kind = value === null ? 'null' : value instanceof Vertex && value.elems !== null ? 'list' : 'struct';
      return new Bottom(
        'eval',
        () =>
          `invalid interpolation: cannot use ${printValue(value)} (type ${kind}) as type (bool|string|bytes|number)`,
        {
          positions: [expr.pos],
        },
      );
    }
    parts.push(text);
  }
  if (failure !== null) return interpolationError(failure, expr);
  m.budget.allocate(parts.reduce((sum, p) => sum + p.length * 2, 0));
  if (expr.isBytes) return joinBytes(parts);
  return parts.map((p) => (typeof p === 'string' ? p : new TextDecoder().decode(p))).join('');
}

/** 0.14.1 writes nothing for a struct, list or conjunction inside the expression that is not known. */
function isUnknownInline(given: Value, error: Bottom): boolean {
  if (!(given instanceof Vertex) || !given.isInline || !error.isIncomplete || error.isBlocked) return false;
  let top = given;
  while (top.parent?.isInline === true) top = top.parent;
  return top.label === '' && given.error === error;
}

function interpolationError(error: Bottom, { pos }: ir.Interpolation): Bottom {
  if (error.isBlocked) return error;
  const positions = [pos, ...error.positions];
  return new Bottom(error.code, () => `invalid interpolation: ${error.message}`, { positions });
}

function textOf(value: Value): string | Uint8Array | undefined {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (value instanceof Decimal) return formatDecimal(value);
  if (typeof value === 'number' || typeof value === 'bigint') return formatInt(value);
  return typeof value === 'object' ? undefined : String(value);
}

function joinBytes(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const encoder = new TextEncoder();
  const chunks = parts.map((p) => (typeof p === 'string' ? encoder.encode(p) : p));
  const out = new Uint8Array(chunks.reduce((sum, c) => sum + c.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
