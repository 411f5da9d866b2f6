import { BuiltinError, type CueValue, type Data, type KindName } from '../builtin/api.ts';
import { isRegular, labelText, regularLabel } from '../compile/label.ts';
import { Decimal } from '../number/decimal.ts';
import * as ir from './ir.ts';
import { equalValues } from './equality.ts';
import { isOpenList } from './list.ts';
import { fieldsOf } from './lookup.ts';
import * as K from './kind.ts';
import type { Machine } from './machine.ts';
import { Bottom, Conjunct, Env, MEMBER, Vertex, type Input, type Value } from './model.ts';
import { isScalar, possibleKinds, withDefault } from './value-of.ts';
import { toData } from './export.ts';

const KINDS: readonly (readonly [number, KindName])[] = [
  [K.NULL, 'null'],
  [K.BOOL, 'bool'],
  [K.INT, 'int'],
  [K.FLOAT, 'float'],
  [K.STRING, 'string'],
  [K.BYTES, 'bytes'],
  [K.LIST, 'list'],
  [K.STRUCT, 'struct'],
];

export function toBuiltinError(error: Bottom): BuiltinError {
  const code = error.isIncomplete ? 'incomplete' : error.code === 'structural' ? 'structural' : 'eval';
  return new BuiltinError(error.message, code);
}

/** A value as builtin functions see it. */
export class Handle implements CueValue {
  readonly #m: Machine;
  readonly value: Value;

  constructor(m: Machine, value: Value) {
    this.#m = m;
    this.value = value;
  }

  #known(): Value {
    return withDefault(this.#m, this.#m.valueOf(this.value));
  }

  get kinds(): ReadonlySet<KindName> {
    const mask = possibleKinds(this.#m, this.#known());
    return new Set(KINDS.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name));
  }

  get isConcrete(): boolean {
    const known = this.#known();
    return isScalar(known) || known instanceof Vertex;
  }

  get isOpen(): boolean {
    const known = this.#known();
    return known instanceof Vertex && known.elems !== null && isOpenList(known);
  }

  toData(): Data | BuiltinError {
    const known = this.#m.valueOf(this.value);
    const isUnchecked = this.value instanceof Vertex && this.value.isInline && isScalar(known);
    const data = isUnchecked ? known : toData(this.#m, this.value);
    return data instanceof Bottom ? toBuiltinError(data) : data;
  }

  lookup(path: readonly (string | number)[]): CueValue | undefined {
    let at: Value = this.#known();
    for (const step of path) {
      const known: Value = at instanceof Vertex ? this.#m.valueOf(at) : at;
      if (!(known instanceof Vertex)) return undefined;
      const holder = fieldsOf(this.#m, known);
      if (holder instanceof Bottom) return undefined;
      const next = typeof step === 'number' ? holder.elems?.[step] : holder.arcs?.get(regularLabel(step));
      if (next?.arcType !== MEMBER) return undefined;
      at = next;
    }
    return new Handle(this.#m, at);
  }

  fields(): readonly { readonly name: string; readonly value: CueValue }[] {
    const known = this.#known();
    if (!(known instanceof Vertex)) return [];
    const holder = fieldsOf(this.#m, known);
    if (holder instanceof Bottom) return [];
    if (holder.elems !== null) return holder.elems.map((e, i) => ({ name: String(i), value: new Handle(this.#m, e) }));
    return [...(holder.arcs ?? [])]
      .filter(([label, arc]) => isRegular(label) && arc.arcType === MEMBER)
      .map(([label, arc]) => ({ name: labelText(label), value: new Handle(this.#m, arc) }));
  }

  unify(other: CueValue | Data): CueValue {
    return new Handle(this.#m, join(this.value, valueOfArgument(other)));
  }

  fill(name: string, value: CueValue | Data): CueValue {
    const struct = new Vertex(null, '');
    const field = new Vertex(struct, name);
    field.conjuncts.push(conjunctOf(valueOfArgument(value), struct));
    struct.arcs = new Map([[regularLabel(name), field]]);
    struct.isStruct = true;
    const v = new Vertex(null, '');
    v.conjuncts.push(
      conjunctOf(this.value, v),
      new Conjunct(fieldLiteral(name, valueOfArgument(value)), new Env(null, v), null, null),
    );
    return new Handle(this.#m, v);
  }

  equals(other: CueValue): boolean {
    return equalValues(this.#m, this.value, valueOfArgument(other));
  }

  error(): BuiltinError | undefined {
    const known = this.#m.valueOf(this.value);
    if (known instanceof Bottom) return toBuiltinError(known);
    if (!(known instanceof Vertex)) return undefined;
    this.#m.finalize(known);
    return known.childError === null ? undefined : toBuiltinError(known.childError);
  }
}

function fieldLiteral(name: string, value: Value): ir.StructLit {
  const info = { label: regularLabel(name), constraint: MEMBER, comments: [], attributes: [], pos: undefined };
  return new ir.StructLit(undefined, [{ kind: 'field', info, value: new ir.ValueExpr(undefined, value) }]);
}

/** The value of an argument or result of a builtin. */
export function valueOfArgument(argument: CueValue | Data | readonly (CueValue | Data)[]): Value {
  if (argument instanceof Handle) return argument.value;
  if (
    argument === null ||
    typeof argument !== 'object' ||
    argument instanceof Decimal ||
    argument instanceof Uint8Array
  )
    return argument;
  const v = new Vertex(null, '');
  if (Array.isArray(argument)) {
    const items = argument as readonly (CueValue | Data)[];
    const elements = items.map((item) => ({ expr: expressionOf(item), info: null }));
    v.conjuncts.push(new Conjunct(new ir.ListLit(undefined, elements, false, undefined), new Env(null, v), null, null));
    return v;
  }
  v.conjuncts.push(new Conjunct(new ir.DataExpr(argument as Input), new Env(null, v), null, null));
  return v;
}

function expressionOf(item: CueValue | Data): ir.ValueExpr | ir.DataExpr {
  return item instanceof Handle ? new ir.ValueExpr(undefined, item.value) : new ir.DataExpr(item as Input);
}

function conjunctOf(value: Value, v: Vertex): Conjunct {
  return new Conjunct(new ir.ValueExpr(undefined, value), new Env(null, v), null, null);
}

/** A vertex that is both values. */
export function join(a: Value, b: Value): Vertex {
  const v = new Vertex(null, '');
  v.conjuncts.push(conjunctOf(a, v), conjunctOf(b, v));
  return v;
}
