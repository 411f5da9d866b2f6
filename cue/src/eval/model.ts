// The data of an evaluation: vertices, conjuncts, environments and values. No behaviour but construction.
import type { Decimal } from '../number/decimal.ts';
import type { Source } from '../syntax/source.ts';
import type { Comment, Attribute } from '../syntax/ast.ts';
import { TOP } from './kind.ts';

/** A node of the compiled program. Subclasses are in ir.ts. */
export abstract class Expr {
  abstract readonly op: number;
  declare readonly pos: Position | undefined;

  constructor(pos: Position | undefined) {
    this.pos = pos;
  }
}

export interface Position {
  readonly source: Source;
  readonly offset: number;
}

/** The declaration that a conjunct comes from. */
export interface FieldInfo {
  readonly label: string;
  readonly constraint: number;
  readonly comments: readonly Comment[];
  readonly attributes: readonly Attribute[];
  readonly pos: Position | undefined;
  /** The struct literal that has the declaration. */
  owner?: Expr;
}

export type Scalar = null | boolean | number | bigint | Decimal | string | Uint8Array;
/** Data given to an evaluation: JSON, maps for structs, and CUE's own scalars. */
export type Input =
  Scalar | undefined | readonly Input[] | ReadonlyMap<string, Input> | { readonly [name: string]: Input };
export type Value =
  Scalar | Bottom | TypeValue | Bound | Validator | Conjunction | Disjunction | Vertex | FunctionValue;

export type ErrorCode = 'eval' | 'user' | 'structural' | 'incomplete' | 'cycle';

/** An error as a value. `blockedAt` is the depth of the vertex in evaluation that must be complete first. */
export class Bottom {
  readonly code: ErrorCode;
  readonly #message: string | (() => string);
  readonly positions: readonly Position[];
  readonly blockedAt: number;
  /** The vertex that has the error. */
  vertex: Vertex | undefined;
  readonly causes: readonly Bottom[];
  /** Other errors of the same vertex that were found later. */
  further: readonly Bottom[] = [];

  constructor(
    code: ErrorCode,
    message: string | (() => string),
    details: { positions?: readonly (Position | undefined)[]; blockedAt?: number; causes?: readonly Bottom[] } = {},
  ) {
    this.code = code;
    this.#message = message;
    this.positions = (details.positions ?? []).filter((p) => p !== undefined);
    this.blockedAt = details.blockedAt ?? NOT_BLOCKED;
    this.causes = details.causes ?? [];
    this.vertex = undefined;
  }

  get message(): string {
    return typeof this.#message === 'string' ? this.#message : this.#message();
  }

  /** Whether the value may still become valid. */
  get isIncomplete(): boolean {
    return this.code === 'incomplete' || this.code === 'cycle';
  }

  get isBlocked(): boolean {
    return this.blockedAt !== NOT_BLOCKED;
  }

  /** The error where a value that a cycle leaves unknown is used as an argument. */
  get asArgument(): Bottom {
    if (this.code !== 'cycle' || this.isBlocked) return this;
    return new Bottom('incomplete', 'non-concrete value _', { positions: this.positions });
  }
}

const GRAVITY: Readonly<Record<ErrorCode, number>> = { eval: 0, user: 1, structural: 2, incomplete: 3, cycle: 3 };

/** The error to report of two: the graver one, the first of equals. */
export function graver(first: Bottom | null, second: Bottom): Bottom {
  return first !== null && GRAVITY[first.code] <= GRAVITY[second.code] ? first : second;
}

export const NOT_BLOCKED = -1;

/** All values of some kinds: `int`, `number`, `_`. */
export class TypeValue {
  readonly kinds: number;

  constructor(kinds: number) {
    this.kinds = kinds;
  }
}

export const TOP_VALUE = new TypeValue(TOP);

/** A compiled regular expression. */
export interface TextPattern {
  test(text: string): boolean;
}

export type BoundOp = '<' | '<=' | '>' | '>=' | '!=' | '=~' | '!~';

export class Bound {
  readonly op: BoundOp;
  readonly operand: Scalar | Vertex;
  readonly kinds: number;
  readonly pos: Position | undefined;
  /** The compiled pattern of `=~` and `!~`, once it was needed. */
  pattern: TextPattern | Bottom | undefined = undefined;

  constructor(op: BoundOp, operand: Scalar | Vertex, kinds: number, pos?: Position) {
    this.op = op;
    this.operand = operand;
    this.kinds = kinds;
    this.pos = pos;
  }
}

/** A builtin that validates a value: strings.MinRunes(3). */
export class Validator {
  readonly name: string;
  readonly kinds: number;
  readonly args: readonly Value[];
  readonly pos: Position | undefined;
  /** Undefined when the value is valid. */
  readonly check: (value: Value) => Bottom | undefined;
  /** Whether it applies to values that are not concrete. */
  readonly isStructural: boolean;

  constructor(init: {
    name: string;
    kinds: number;
    args: readonly Value[];
    pos: Position | undefined;
    check: (value: Value) => Bottom | undefined;
    isStructural?: boolean;
  }) {
    this.name = init.name;
    this.kinds = init.kinds;
    this.args = init.args;
    this.pos = init.pos;
    this.check = init.check;
    this.isStructural = init.isStructural ?? false;
  }
}

/** Bounds and validators that hold together, of one type mask. */
export class Conjunction {
  readonly kinds: number;
  readonly parts: readonly (Bound | Validator)[];

  constructor(kinds: number, parts: readonly (Bound | Validator)[]) {
    this.kinds = kinds;
    this.parts = parts;
  }
}

/** Alternatives; the first `defaults` of them are the default. */
export class Disjunction {
  readonly values: readonly Value[];
  readonly defaults: number;
  /** Whether a default was marked, also where all marked ones are gone. */
  readonly hasDefaults: boolean;

  constructor(values: readonly Value[], defaults: number, hasDefaults: boolean) {
    this.values = values;
    this.defaults = defaults;
    this.hasDefaults = hasDefaults;
  }
}

/** A builtin function named without a call. */
export class FunctionValue {
  readonly name: string;
  readonly func: unknown;

  constructor(name: string, func: unknown) {
    this.name = name;
    this.func = func;
  }
}

/** A frame of names: a struct in a vertex, the variables of a clause, or the label of a pattern. */
export class Env {
  declare readonly up: Env | null;
  declare readonly vertex: Vertex;
  /** Key of `for`, label of a pattern. */
  declare readonly key: Value | undefined;
  /** Value of `for`. */
  declare readonly value: Value | undefined;
  declare lets: Map<Expr, Vertex> | undefined;

  constructor(up: Env | null, vertex: Vertex, key?: Value, value?: Value) {
    this.up = up;
    this.vertex = vertex;
    this.key = key;
    this.value = value;
    this.lets = undefined;
  }
}

/** Conjuncts of one closing scope. A closed group admits only fields that it or a group inside it declares. */
export class Group {
  declare readonly parent: Group | null;
  declare closed: boolean;
  /** The level of the struct of the parent group in which it is embedded; it restricts that struct's fields together with it. */
  declare readonly embeddedAt: number;
  /** For close(): the only level at which it restricts. */
  declare readonly level: number;

  constructor(parent: Group | null, closed: boolean, { embeddedAt = -1, level = -1 } = {}) {
    this.parent = parent;
    this.closed = closed;
    this.embeddedAt = embeddedAt;
    this.level = level;
  }
}

/** References followed to reach a conjunct, for finding structural cycles. */
export interface Trail {
  readonly target: Vertex;
  readonly level: number;
  readonly expr: Expr;
  readonly length: number;
  readonly next: Trail | null;
  readonly recursion: number;
}

/** How a declaration may recur: not; through an optional field or pattern; through one that has been gone through before. */
export const NO_RECURSION = 0;
export const OPTIONAL_RECURSION = 1;
export const REPEATED_RECURSION = 2;

export class Conjunct {
  declare readonly expr: Expr;
  declare readonly env: Env;
  declare readonly group: Group | null;
  declare readonly trail: Trail | null;
  declare readonly isCyclic: boolean;
  declare readonly field: FieldInfo | null;

  constructor(
    expr: Expr,
    env: Env,
    group: Group | null,
    trail: Trail | null,
    isCyclic = false,
    field: FieldInfo | null = null,
  ) {
    this.expr = expr;
    this.env = env;
    this.group = group;
    this.trail = trail;
    this.isCyclic = isCyclic;
    this.field = field;
  }
}

/** A comparison with bottom that the clauses of a comprehension made. */
export interface Comparison {
  readonly x: Expr;
  readonly env: Env;
  /** The vertex that was compared; a struct or list was evaluated whole. */
  readonly place: Vertex;
  readonly known: Vertex | null;
}

/** What a comparison with bottom found; it must hold at the end too. */
export interface Check {
  readonly x: Expr;
  readonly env: Env;
  readonly isError: boolean;
}

export const MEMBER = 0;
export const REQUIRED = 1;
export const OPTIONAL = 2;

/** Not evaluated; in evaluation; stopped because a vertex in evaluation was needed; done. */
export const IDLE = 0;
export const RUNNING = 1;
export const SUSPENDED = 2;
export const DONE = 3;

export interface Task {
  readonly conjunct: Conjunct;
  /** What prevents it; null while it was not tried. */
  blocker: Bottom | null;
  /** Adds what the task yields; the error that prevents it otherwise. */
  readonly run: () => Bottom | null;
  readonly isComprehension: boolean;
}

export interface DisjunctionTask {
  readonly key: object;
  readonly occurrence: number;
  readonly disjuncts: readonly { readonly expr: Expr; readonly isDefault: boolean }[];
  readonly hasDefaults: boolean;
  readonly isScalar: boolean;
  readonly conjunct: Conjunct;
}

export interface Pattern {
  readonly filter: Value;
  readonly conjunct: Conjunct;
  readonly hasFrame: boolean;
}

export interface ListPart {
  readonly length: number;
  readonly isOpen: boolean;
  readonly rest: Conjunct | null;
  /** Elements below have the rest's constraint already. */
  applied: number;
}

/** Which alternative of a disjunction an alternative vertex takes; -1: none yet. */
export interface Choice {
  readonly key: object;
  readonly occurrence: number;
  readonly index: number;
}

/** An outcome of a vertex's disjunctions. */
export interface Alternative {
  readonly value: Value;
  readonly mode: number;
  readonly choices: readonly Choice[];
}

/** A struct of which a vertex is made. */
export interface StructPart {
  readonly conjunct: Conjunct;
  /** Labels of its dynamic fields, by declaration. */
  readonly dynamic: Map<object, string>;
  /** The labels of data. */
  readonly labels: readonly string[] | undefined;
}

/** Most lists of a node stay empty: they are this one until something is added. */
const NONE: never[] = [];
Object.freeze(NONE);

/** The list with one more item. */
export function append<T>(list: T[], item: T): T[] {
  if ((list as never[]) === NONE) return [item];
  list.push(item);
  return list;
}

/** What a vertex needs while it is evaluated and is no plain scalar. */
export class Node {
  declare tasks: Task[];
  declare disjunctions: DisjunctionTask[];
  declare patterns: Pattern[];
  /** Groups with `...`: any field is admitted. */
  declare openGroups: (Group | null)[];
  /** Groups with `_`: any field is admitted where no struct of the group says which. */
  declare topGroups: (Group | null)[];
  declare groups: Set<Group> | null;
  declare seen: { readonly target: Vertex; readonly group: Group | null }[];
  declare lists: ListPart[];
  /** Conjuncts that references brought later. */
  declare extra: Conjunct[];
  declare listeners: { readonly vertex: Vertex; readonly derive: (c: Conjunct) => Conjunct }[];
  declare structs: StructPart[];
  declare hasPending: boolean;
  declare validators: { readonly validator: Validator; readonly conjunct: Conjunct }[];
  declare hasCyclic: boolean;
  declare hasNonCyclic: boolean;
  declare mayBeStruct: boolean;
  /** Whether `_` is embedded: the vertex may be anything. */
  declare hasTop: boolean;
  declare choices: readonly Choice[];
  declare alternatives: readonly Alternative[] | null;
  declare occurrences: Map<object, number> | null;
  declare checks: Check[];

  constructor() {
    this.tasks = NONE;
    this.disjunctions = NONE;
    this.patterns = NONE;
    this.openGroups = NONE;
    this.topGroups = NONE;
    this.groups = null;
    this.seen = NONE;
    this.lists = NONE;
    this.extra = NONE;
    this.listeners = NONE;
    this.structs = NONE;
    this.hasPending = false;
    this.validators = NONE;
    this.hasCyclic = false;
    this.hasNonCyclic = false;
    this.mayBeStruct = false;
    this.hasTop = false;
    this.choices = NONE;
    this.alternatives = null;
    this.occurrences = null;
    this.checks = NONE;
  }
}

/** A value in the tree: what was declared for it, and what is known of it. */
export class Vertex {
  declare readonly parent: Vertex | null;
  declare readonly label: string | number;
  declare readonly level: number;
  declare arcType: number;
  declare state: number;
  /** Depth of the evaluation stack while RUNNING. */
  declare depth: number;
  /** Evaluate as if the fields known so far were all. */
  declare isForced: boolean;
  declare conjuncts: Conjunct[];
  declare kinds: number;
  /** The expression that narrowed the kinds, for messages. */
  declare kindSource: Conjunct | null;
  /** A scalar, or the bounds and validators collected. */
  declare base: Scalar | Conjunction | undefined;
  declare baseSource: Conjunct | null;
  declare arcs: Map<string, Vertex> | null;
  /** A comprehension that may still add to this field and cannot be evaluated. */
  declare pending: Bottom | null;
  declare elems: Vertex[] | null;
  declare isStruct: boolean;
  declare error: Bottom | null;
  /** Whether it belongs to a value without a place in the tree: inside an expression, or of a `let`. */
  declare isInline: boolean;
  /** An error that counts only once the whole value is demanded: operators see an inline value before its checks. */
  declare late: Bottom | null;
  /** The vertex that this one is the same as. */
  declare share: Vertex | null;
  /** Outcome of disjunctions. */
  declare result: Value | undefined;
  /** The vertex that this one is an alternative of. */
  declare readonly original: Vertex | null;
  /** How many conjuncts have been processed. */
  declare processed: number;
  declare node: Node | null;
  /** What must be evaluated before this vertex can be; set while SUSPENDED. */
  declare block: Bottom | null;
  declare isFinal: boolean;
  declare isFinalizing: boolean;
  /** After finalization: the first final error below, and the first that is not final. */
  declare childError: Bottom | null;
  declare childIncomplete: Bottom | null;

  // assignments are faster than initializers, and vertices are what an evaluation has most of
  constructor(parent: Vertex | null, label: string | number, arcType = MEMBER, original: Vertex | null = null) {
    this.parent = parent;
    this.label = label;
    this.level = parent === null ? 0 : parent.level + 1;
    this.arcType = arcType;
    this.state = IDLE;
    this.depth = 0;
    this.isForced = false;
    this.conjuncts = [];
    this.kinds = TOP;
    this.kindSource = null;
    this.base = undefined;
    this.baseSource = null;
    this.arcs = null;
    this.pending = null;
    this.elems = null;
    this.isStruct = false;
    this.error = null;
    this.isInline = parent?.isInline === true;
    this.late = null;
    this.share = null;
    this.result = undefined;
    this.original = original;
    this.processed = 0;
    this.node = null;
    this.block = null;
    this.isFinal = false;
    this.isFinalizing = false;
    this.childError = null;
    this.childIncomplete = null;
  }
}
