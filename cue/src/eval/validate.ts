import { kindOf } from './bounds.ts';
import { kindName } from './kind.ts';
import type { Machine } from './machine.ts';
import { Bottom, TypeValue, Vertex, type Node, type Value } from './model.ts';
import { printValue } from './print.ts';
import { setError } from './unify-scalar.ts';

/** Applies validators for structs and lists, and those that see values that are not concrete. */
export function runValidators(_m: Machine, v: Vertex, node: Node): void {
  if (v.error !== null && !v.error.isIncomplete) return;
  for (const { validator, conjunct } of node.validators) {
    const value: Value =
      v.base !== undefined && isScalar(v.base) ? v.base : v.isStruct || v.elems !== null ? v : new TypeValue(v.kinds);
    if (value instanceof TypeValue && !validator.isStructural) continue;
    const error = validator.check(value);
    if (error !== undefined)
      setError(
        v,
        new Bottom(error.code, error.message, {
          positions: [...error.positions, conjunct.expr.pos],
          causes: error.causes,
        }),
      );
  }
}

function isScalar(value: Value): boolean {
  return value === null || typeof value !== 'object' || value instanceof Uint8Array || 'coefficient' in value;
}

/** The kind of a concrete value, for messages. */
export function kindText(value: Value): string {
  if (value instanceof Vertex) return value.elems === null ? 'struct' : 'list';
  if (value instanceof Bottom || !isScalar(value)) return printValue(value);
  return kindName(kindOf(value as string));
}
