// Processing of conjuncts: what a vertex is made of.
import { identifierLabel, regularLabel } from '../compile/label.ts';
import { Decimal, parseDecimal } from '../number/decimal.ts';
import { addDisjunction } from './add-disjunction.ts';
import { BYTES } from './budget.ts';
import { functionValidator } from './call.ts';
import * as ir from './ir.ts';
import * as K from './kind.ts';
import { addElements, addListLiteral } from './list.ts';
import type { Machine } from './machine.ts';
import {
  append, Bottom, Bound, Conjunct, Conjunction, Disjunction, FunctionValue, Group, MEMBER, Node, TypeValue, Validator, Vertex,
  type Input, type Scalar, type Value,
} from './model.ts'; // prettier-ignore
import { addReference } from './reference.ts';
import { addStruct, insertField } from './struct.ts';
import { addTask, openTo } from './task.ts';
import { narrowKinds, setError, unifyBound, unifyScalar } from './unify-scalar.ts';

const OP = ir.OP;
const NO_LABELS = new Map<object, string>();

/** Adds one conjunct to a vertex: at once where its form is known, as a task where something must be evaluated. */
export function processConjunct(m: Machine, v: Vertex, c: Conjunct): void {
  m.budget.step();
  m.budget.allocate(BYTES.conjunct);
  const { expr } = c;
  switch (expr.op) {
    case OP.LITERAL:
      noteLeaf(v, c);
      unifyScalar(m, v, (expr as ir.Literal).value, c);
      return;
    case OP.VALUE:
      addValue(m, v, (expr as ir.ValueExpr).value, c);
      return;
    case OP.DATA:
      addData(m, v, (expr as ir.DataExpr).data, c);
      return;
    case OP.STRUCT:
      noteLeaf(v, c, true);
      addStruct(m, v, expr as ir.StructLit, c);
      return;
    case OP.LIST:
      noteLeaf(v, c, true);
      addListLiteral(m, v, expr as ir.ListLit, c);
      return;
    case OP.AND: {
      const { x, y } = expr as ir.And;
      m.process(v, new Conjunct(x, c.env, c.group, c.trail, c.isCyclic, c.field));
      m.process(v, new Conjunct(y, c.env, c.group, c.trail, c.isCyclic, c.field));
      return;
    }
    case OP.DISJUNCTION:
      addDisjunction(m, v, expr as ir.DisjunctionExpr, c);
      return;
    case OP.CLOSE: {
      const group = new Group(c.group, true, { level: v.level });
      m.process(v, new Conjunct((expr as ir.CloseExpr).x, c.env, group, c.trail, c.isCyclic, c.field));
      return;
    }
    case OP.FILL:
      addFill(m, v, expr as ir.FillExpr, c);
      return;
    case OP.BOTTOM:
      setError(v, new Bottom('user', (expr as ir.BottomLit).message, { positions: [expr.pos] }));
      return;
    default:
      addEvaluated(m, v, c);
  }
}

/** References to fields are known without evaluation; everything else is a task. */
function addEvaluated(m: Machine, v: Vertex, c: Conjunct): void {
  switch (c.expr.op) {
    case OP.FIELD_REF:
    case OP.LET_REF:
    case OP.LOOP_REF:
    case OP.VERTEX_REF: {
      const target = m.evaluate(c.expr, c.env);
      if (target instanceof Bottom && target.isIncomplete) break;
      addValue(m, v, target, c);
      return;
    }
    default:
  }
  addTask(m, v, c, (value) => {
    addValue(m, v, value, c);
  });
}

/** Notes whether a conjunct comes from outside a structural cycle. */
export function noteLeaf(v: Vertex, c: Conjunct, isComposite = false): void {
  if (v.node === null) return;
  if (!c.isCyclic) v.node.hasNonCyclic = true;
  else if (isComposite) v.node.hasCyclic = true;
  if (c.group !== null) (v.node.groups ??= new Set()).add(c.group);
}

/** Unifies a value into a vertex. */
export function addValue(m: Machine, v: Vertex, value: Value, c: Conjunct): void {
  if (value instanceof Vertex) {
    addReference(m, v, value, c);
    return;
  }
  noteLeaf(v, c);
  if (value instanceof TypeValue) {
    if (value.kinds === K.TOP && v.node !== null) {
      v.node.topGroups = append(v.node.topGroups, c.group);
      if (c.group?.embeddedAt === v.level) v.node.hasTop = true;
    }
    narrowKinds(v, value.kinds, c, value);
  } else if (value instanceof Bound) unifyBound(m, v, value, c);
  else if (value instanceof Validator) addValidator(m, v, value, c);
  else if (value instanceof Conjunction) {
    if (!narrowKinds(v, value.kinds, c, value)) return;
    for (const part of value.parts) if (part instanceof Bound) unifyBound(m, v, part, c);
    for (const part of value.parts) if (part instanceof Validator) addValidator(m, v, part, c);
  } else addOther(m, v, value, c);
}

function addOther(m: Machine, v: Vertex, value: Bottom | Disjunction | FunctionValue | Scalar, c: Conjunct): void {
  if (value instanceof Bottom) setError(v, value);
  else if (value instanceof Disjunction) {
    const disjuncts = value.values.map((x, i) => ({
      expr: new ir.ValueExpr(c.expr.pos, x),
      isDefault: i < value.defaults,
    }));
    addDisjunction(m, v, new ir.DisjunctionExpr(c.expr.pos, disjuncts, c.expr), c);
  } else if (value instanceof FunctionValue) {
    const validator = functionValidator(m, value, c.expr.pos);
    if (validator !== undefined) {
      addValidator(m, v, validator, c);
      return;
    }
    if (v.base === undefined && !v.isStruct && v.elems === null && v.kinds === K.TOP) v.result = value;
    else setError(v, new Bottom('eval', `cannot use function ${value.name} as a value`, { positions: [c.expr.pos] }));
  } else unifyScalar(m, v, value, c);
}

function addValidator(m: Machine, v: Vertex, value: Validator, c: Conjunct): void {
  if (value.isStructural || (value.kinds & (K.LIST | K.STRUCT)) !== 0) {
    if (!narrowKinds(v, value.kinds, c, value)) return;
    v.node ??= new Node();
    if (value.isStructural) openTo(v.node, c.group);
    v.node.validators = append(v.node.validators, { validator: value, conjunct: c });
    return;
  }
  unifyBound(m, v, value, c);
}

/** Unifies data from outside into a vertex. */
function addData(m: Machine, v: Vertex, data: Input, c: Conjunct): void {
  noteLeaf(v, c);
  if (data === undefined) return;
  if (data === null || typeof data !== 'object' || data instanceof Decimal || data instanceof Uint8Array) {
    unifyScalar(m, v, typeof data === 'number' ? numberOf(data) : data, c);
    return;
  }
  const child = (value: Input): Conjunct => new Conjunct(new ir.DataExpr(value), c.env, c.group, c.trail, c.isCyclic);
  if (Array.isArray(data)) {
    if (!narrowKinds(v, K.LIST, c, new TypeValue(K.LIST))) return;
    addElements(m, v, { elements: (data as readonly Input[]).map(child), isOpen: false, rest: null }, c);
    return;
  }
  if (!narrowKinds(v, K.STRUCT, c, new TypeValue(K.STRUCT))) return;
  v.isStruct = true;
  const entries =
    data instanceof Map
      ? (data as ReadonlyMap<string, Input>)
      : Object.entries(data as Readonly<Record<string, Input>>);
  const labels: string[] = [];
  if (v.node !== null) v.node.structs = append(v.node.structs, { conjunct: c, dynamic: NO_LABELS, labels });
  for (const [name, value] of entries) {
    labels.push(regularLabel(name));
    if (value !== undefined) insertField(m, v, regularLabel(name), MEMBER, child(value));
  }
}

/** A JSON number: an int where it has no fraction. */
function numberOf(value: number): Scalar {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return parseDecimal(String(value)) ?? 0;
}

/** Unifies data at a path below a vertex. */
function addFill(m: Machine, v: Vertex, { path, data }: ir.FillExpr, c: Conjunct): void {
  const [step, ...rest] = path;
  if (step === undefined) {
    addData(m, v, data, c);
    return;
  }
  const inner = new Conjunct(new ir.FillExpr(rest, data), c.env, c.group, c.trail, c.isCyclic);
  if (typeof step === 'number') {
    // the elements of the list itself may come later, of a comprehension
    if (!narrowKinds(v, K.LIST, c, new TypeValue(K.LIST))) return;
    const before = Array.from(
      { length: step },
      () => new Conjunct(new ir.DataExpr(undefined), c.env, c.group, c.trail, c.isCyclic),
    );
    addElements(m, v, { elements: [...before, inner], isOpen: true, rest: null }, c);
    return;
  }
  if (!narrowKinds(v, K.STRUCT, c, new TypeValue(K.STRUCT))) return;
  v.isStruct = true;
  const isRegularName = !step.startsWith('#') && !step.startsWith('_');
  insertField(m, v, isRegularName ? regularLabel(step) : identifierLabel(step), MEMBER, inner);
}
