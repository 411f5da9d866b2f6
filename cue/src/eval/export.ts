import { isDefinition, isHidden, isRegular, labelText } from '../compile/label.ts';
import type { Data } from '../builtin/api.ts';
import { runChecks } from './bottom-comparison.ts';
import { BYTES } from './budget.ts';
import type { Machine } from './machine.ts';
import { orderedArcs } from './field-order.ts';
import { Bottom, FunctionValue, graver, OPTIONAL, REQUIRED, Vertex, type Value } from './model.ts';
import { printValue } from './print.ts';
import { admitLate } from './unify-scalar.ts';
import { isScalar, withDefault } from './value-of.ts';

/** The concrete data of a value, with defaults; the first error that prevents it. */
export function toData(m: Machine, value: Value): Data | Bottom {
  const v = value instanceof Vertex ? value : undefined;
  if (v !== undefined) {
    m.expand(v);
    admitLate(v);
  }
  const known = withDefault(m, m.valueOf(value));
  if (known instanceof Bottom) {
    known.vertex ??= v;
    return known.isIncomplete && v !== undefined ? (finalErrorBelow(m, v) ?? known) : known;
  }
  if (isScalar(known)) return (v === undefined ? null : errorBeside(m, v)) ?? known;
  if (known instanceof Vertex) return vertexData(m, known);
  return notConcrete(known, v);
}

/** An error in the definitions and hidden fields that a scalar has beside it. */
function errorBeside(m: Machine, v: Vertex): Bottom | null {
  let at = v;
  while (at.share !== null) at = at.share;
  return at.arcs === null && !(at.result instanceof Vertex) ? null : finalErrorBelow(m, at);
}

/** An error below a vertex that no further value can mend is more important than that something is missing. */
function finalErrorBelow(m: Machine, v: Vertex): Bottom | null {
  m.finalize(v);
  return v.childError;
}

function functionError({ name }: FunctionValue, v: Vertex | undefined): Bottom {
  const code = name === 'error' ? 'incomplete' : 'eval';
  const error = new Bottom(code, `cannot use function ${name} as a value`, { positions: [v?.conjuncts[0]?.expr.pos] });
  error.vertex = v;
  return error;
}

/** The error of a value that is no data yet. */
export function notConcrete(known: Value, v: Vertex | undefined): Bottom {
  if (known instanceof FunctionValue) return functionError(known, v);
  const pos = v?.baseSource?.expr.pos ?? v?.kindSource?.expr.pos ?? v?.conjuncts[0]?.expr.pos;
  const error = new Bottom('incomplete', () => `incomplete value ${printValue(known)}`, { positions: [pos] });
  error.vertex = v;
  return error;
}

function vertexData(m: Machine, v: Vertex): Data | Bottom {
  m.budget.step();
  m.budget.enter(++m.depth);
  m.budget.allocate(BYTES.data + (v.elems?.length ?? v.arcs?.size ?? 0) * BYTES.entry);
  const data = v.elems === null ? structData(m, v) : listData(m, v);
  m.depth--;
  const before = v.error;
  runChecks(m, v);
  if (v.error === null || v.error === before) return data;
  return data instanceof Bottom ? graver(v.error, data) : v.error;
}

function listData(m: Machine, v: Vertex): Data | Bottom {
  const out: Data[] = [];
  let error: Bottom | null = null;
  for (const elem of v.elems ?? []) {
    const data = toData(m, elem);
    if (data instanceof Bottom) error = graver(error, data);
    else out.push(data);
  }
  return error ?? out;
}

function structData(m: Machine, v: Vertex): Data | Bottom {
  if (v.isFinalizing) return structuralCycle(v);
  v.isFinalizing = true;
  const out = new Map<string, Data>();
  let error: Bottom | null = null;
  for (const [label, arc] of orderedArcs(v)) {
    const item = fieldData(m, arc, label);
    if (item instanceof Bottom) {
      error = graver(error, item);
    } else if (item !== undefined) out.set(labelText(label), item);
  }
  v.isFinalizing = false;
  return error ?? out;
}

function structuralCycle(v: Vertex): Bottom {
  const error = new Bottom('structural', 'structural cycle');
  error.vertex = v;
  return error;
}

/** Definitions and hidden fields are no data, but they must be valid. */
function hiddenError(m: Machine, arc: Vertex): Bottom | undefined {
  m.finalize(arc);
  if (arc.error !== null && !arc.error.isIncomplete) return arc.error;
  return arc.childError ?? undefined;
}

/** The error of a required field that no declaration provides. */
export function missingField(arc: Vertex): Bottom {
  const positions = [arc.conjuncts[0]?.field?.pos];
  const error = new Bottom('incomplete', 'field is required but not present', { positions });
  error.vertex = arc;
  return error;
}

function fieldData(m: Machine, arc: Vertex, label: string): Data | Bottom | undefined {
  if (arc.arcType === REQUIRED) {
    const value = m.valueOf(arc);
    if (value instanceof Bottom && !value.isIncomplete) return value;
    return isHidden(label) || isDefinition(label) ? undefined : missingField(arc);
  }
  if (arc.arcType === OPTIONAL) return undefined;
  if (isRegular(label)) return toData(m, arc);
  return hiddenError(m, arc);
}
