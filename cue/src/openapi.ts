import type { Data } from './builtin/api.ts';
import { isRegular, labelText, regularLabel } from './compile/label.ts';
import { kindOf, kindsOf } from './eval/bounds.ts';
import type { Engine } from './eval/engine.ts';
import { toData } from './eval/export.ts';
import { orderedArcs } from './eval/field-order.ts';
import * as K from './eval/kind.ts';
import { fieldsOf } from './eval/lookup.ts';
import {
  Bottom,
  Bound,
  Conjunction,
  Disjunction,
  OPTIONAL,
  TypeValue,
  Validator,
  Vertex,
  type FieldInfo,
  type Value,
} from './eval/model.ts';
import {
  conditionalVertices,
  elementVertex,
  hasDefault,
  isExplicitlyOpen,
  patternVertex,
} from './eval/schema-vertex.ts';
import { isScalar } from './eval/value-of.ts';
import { toJson, type Json } from './json.ts';

/** A schema object of OpenAPI 3.0. */
export interface OpenApi {
  readonly [keyword: string]: Json | OpenApi | readonly OpenApi[] | Readonly<Record<string, OpenApi>>;
}

type Writable = Record<string, OpenApi[string]>;

/**
 * The schema of a value in OpenAPI 3.0, without references: a struct that holds itself ends as an object without
 * properties. Comments of fields become descriptions as they are, one line each.
 */
export function openApiOf(engine: Engine, vertex: Vertex, options: OpenApiOptions = {}): OpenApi {
  return new SchemaBuilder(engine, options.forUsers === true).of(vertex);
}

export interface OpenApiOptions {
  /**
   * For checking values of users instead of publication: fields that a condition may add are properties too, fields with a
   * default that is not known are not required, and structs with `...` admit other fields.
   */
  readonly forUsers?: boolean;
}

class SchemaBuilder {
  readonly #engine: Engine;
  readonly #forUsers: boolean;
  /** A field of each struct around, to find those that hold themselves. */
  readonly #around: FieldInfo[] = [];

  constructor(engine: Engine, forUsers: boolean) {
    this.#engine = engine;
    this.#forUsers = forUsers;
  }

  of(value: Value): OpenApi {
    const known = this.#engine.valueOf(value);
    if (known instanceof Disjunction) return this.#disjunction(known);
    if (known instanceof Vertex) return this.#composite(known);
    if (isScalar(known)) return known === null ? { nullable: true } : literals([known]);
    if (known instanceof TypeValue) return ofKinds(known.kinds);
    if (known instanceof Bound || known instanceof Validator) return constrained(known.kinds, [known]);
    if (known instanceof Conjunction) return constrained(known.kinds, known.parts);
    return {};
  }

  #composite(vertex: Vertex): OpenApi {
    const holder = fieldsOf(this.#engine, vertex);
    if (holder instanceof Bottom) return {};
    return holder.elems === null ? this.#struct(holder) : this.#list(holder);
  }

  #struct(holder: Vertex): OpenApi {
    const fields = [...orderedArcs(holder)].filter(([label]) => isRegular(label));
    const mark = fields.map(([, arc]) => infoOf(arc)).find((info) => info !== null) ?? null;
    if (mark !== null && this.#around.includes(mark)) return { type: 'object' };
    if (mark !== null) this.#around.push(mark);
    const isRequired = (arc: Vertex): boolean => arc.arcType !== OPTIONAL && !(this.#forUsers && hasDefault(arc));
    const required = fields.filter(([, arc]) => isRequired(arc)).map(([label]) => labelText(label));
    const own = fields.map(([label, arc]) => [labelText(label), this.#field(arc)] as const);
    const properties = [...this.#conditional(holder), ...own];
    const others = patternVertex(this.#engine, holder, regularLabel('name'));
    const schema: OpenApi = {
      type: 'object',
      ...(required.length > 0 && { required }),
      ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
      ...(others !== undefined && { additionalProperties: this.of(others) }),
      ...(others === undefined && this.#forUsers && isExplicitlyOpen(holder) && { additionalProperties: true }),
    };
    if (mark !== null) this.#around.pop();
    return schema;
  }

  /** The properties that the conditions of a struct may add. */
  #conditional(holder: Vertex): readonly (readonly [string, OpenApi])[] {
    if (!this.#forUsers) return [];
    return conditionalVertices(holder).flatMap((vertex) => {
      const { properties = {} } = this.#composite(vertex) as {
        readonly properties?: Readonly<Record<string, OpenApi>>;
      };
      return Object.entries(properties);
    });
  }

  #field(arc: Vertex): OpenApi {
    const lines = arc.conjuncts.flatMap(({ field }) => field?.comments.map(({ text }) => text.trim()) ?? []);
    const description = [...new Set(lines)].join('\n');
    return { ...this.of(arc), ...(description !== '' && { description }) };
  }

  #list(holder: Vertex): OpenApi {
    const rest = elementVertex(holder);
    const fixed = holder.elems ?? [];
    const items = fixed[0] ?? rest;
    return {
      type: 'array',
      ...(items !== undefined && { items: this.of(items) }),
      ...(fixed.length > 0 && { minItems: fixed.length }),
      ...(fixed.length > 0 && rest === undefined && { maxItems: fixed.length }),
    };
  }

  #disjunction(value: Disjunction): OpenApi {
    const chosen = value.defaults === 1 ? this.#data(value.values[0] ?? null) : undefined;
    const known = value.values.map((one) => this.#engine.valueOf(one));
    const isNullable = known.includes(null);
    const options = known.filter((one, i) => one !== null && !isSubsumed(one, i, known));
    return {
      ...this.#options(options),
      ...(isNullable && { nullable: true }),
      ...(chosen !== undefined && { default: toJson(chosen) }),
    };
  }

  #options(options: readonly Value[]): OpenApi {
    const scalars = options.filter(isScalar);
    const [first] = options;
    if (scalars.length === options.length && new Set(scalars.map(kindOf)).size <= 1) return literals(scalars);
    if (options.length === 1 && first !== undefined) return this.of(first);
    const schemas = options.map((one) => this.of(one));
    const types = new Set(schemas.map(({ type }) => type));
    const [type] = types;
    if (types.size > 1 || type === undefined) return { oneOf: schemas };
    return { type, oneOf: schemas.map(({ type: _, ...schema }) => schema) };
  }

  #data(value: Value): Data | undefined {
    const data = toData(this.#engine, value);
    return data instanceof Bottom ? undefined : data;
  }
}

function infoOf(arc: Vertex): FieldInfo | null {
  return arc.conjuncts.find(({ field }) => field !== null)?.field ?? null;
}

/** Whether an alternative says nothing that another one does not: 1 beside int, [] beside [...string]. */
function isSubsumed(value: Value, index: number, all: readonly Value[]): boolean {
  const isList = (one: Value): boolean => one instanceof Vertex && one.elems !== null;
  if (isList(value)) return all.some((other, i) => i > index && isList(other));
  if (!isScalar(value)) return false;
  return all.some((other) => isType(other) && (kindsOf(other) & kindOf(value)) !== 0);
}

function isType(value: Value): value is TypeValue | Bound | Conjunction | Validator {
  return (
    value instanceof TypeValue || value instanceof Bound || value instanceof Conjunction || value instanceof Validator
  );
}

function literals(values: readonly (Value & Data)[]): OpenApi {
  const [first] = values;
  if (first === undefined) return {};
  const schema = ofKinds(kindOf(first as Parameters<typeof kindOf>[0]));
  return { ...schema, enum: values.map((value) => toJson(value)) };
}

const types: readonly (readonly [number, OpenApi])[] = [
  [K.BOOL, { type: 'boolean' }],
  [K.INT, { type: 'integer' }],
  [K.FLOAT, { type: 'number' }],
  [K.STRING, { type: 'string' }],
  [K.BYTES, { type: 'string', format: 'binary' }],
  [K.LIST, { type: 'array' }],
  [K.STRUCT, { type: 'object' }],
];

function ofKinds(mask: number): OpenApi {
  if (mask === K.TOP) return {};
  const isNumber = (mask & K.NUMBER) === K.NUMBER;
  const schemas = types
    .filter(([kind]) => (mask & kind) !== 0 && !(isNumber && kind === K.INT))
    .map(([, schema]) => schema);
  const nullable = (mask & K.NULL) !== 0 ? { nullable: true } : {};
  const [only] = schemas;
  return schemas.length > 1 ? { oneOf: schemas, ...nullable } : { ...only, ...nullable };
}

function constrained(kinds: number, parts: readonly (Bound | Validator)[]): OpenApi {
  const isPattern = parts.some((part) => part instanceof Bound && part.op.endsWith('~'));
  const schema: Writable = { ...ofKinds(isPattern ? kinds & ~K.BYTES : kinds) };
  for (const part of parts) Object.assign(schema, part instanceof Bound ? ofBound(part) : ofValidator(part));
  return schema;
}

function ofBound({ op, operand }: Bound): OpenApi {
  if (operand instanceof Vertex) return {};
  const value = toJson(operand);
  switch (op) {
    case '>=':
      return { minimum: value };
    case '>':
      return { minimum: value, exclusiveMinimum: true };
    case '<=':
      return { maximum: value };
    case '<':
      return { maximum: value, exclusiveMaximum: true };
    case '=~':
      return { pattern: value };
    case '!=':
      return { not: { enum: [value] } };
    case '!~':
      return { not: { pattern: value } };
  }
}

const lengths: Readonly<Record<string, string>> = {
  'strings.MinRunes': 'minLength',
  'strings.MaxRunes': 'maxLength',
  'list.MinItems': 'minItems',
  'list.MaxItems': 'maxItems',
  'struct.MinFields': 'minProperties',
  'struct.MaxFields': 'maxProperties',
};

function ofValidator({ name, args }: Validator): OpenApi {
  const keyword = lengths[name];
  const [limit] = args;
  return keyword !== undefined && typeof limit === 'number' ? { [keyword]: limit } : {};
}
