// The compiled program: expressions and declarations with resolved names.
import type { BinaryOp, UnaryOp } from '../syntax/ast.ts';
import { LIST, STRUCT } from './kind.ts';
import {
  Bound,
  Expr,
  OPTIONAL,
  type Bottom,
  type TextPattern,
  TypeValue,
  type FieldInfo,
  type Input,
  type Position,
  type Scalar,
  type Value,
} from './model.ts';

export const OP = {
  LITERAL: 0, VALUE: 1, STRUCT: 2, LIST: 3, FIELD_REF: 4, LET_REF: 5, LOOP_REF: 6, LABEL_REF: 7, DYNAMIC_REF: 8, VERTEX_REF: 9,
  SELECTOR: 10, INDEX: 11, SLICE: 12, CALL: 13, UNARY: 14, BINARY: 15, AND: 16, DISJUNCTION: 17, INTERPOLATION: 18,
  COMPREHENSION: 19, BOTTOM: 20, IMPORT_REF: 21, BUILTIN: 22, DATA: 23, BOUND: 24, CLOSE: 25, FILL: 26,
} as const; // prettier-ignore

/** A scalar. */
export class Literal extends Expr {
  readonly op = OP.LITERAL;
  readonly value: Scalar;

  constructor(pos: Position | undefined, value: Scalar) {
    super(pos);
    this.value = value;
  }
}

/** A value that was computed: a type, a bound, a vertex. */
export class ValueExpr extends Expr {
  readonly op = OP.VALUE;
  readonly value: Value;
  /** Whether the value is no struct or list. */
  readonly isScalar: boolean;

  constructor(pos: Position | undefined, value: Value) {
    super(pos);
    this.value = value;
    const isType = value instanceof TypeValue || value instanceof Bound;
    this.isScalar = isType && (value.kinds & (LIST | STRUCT)) === 0;
  }
}

/** Data from outside. */
export class DataExpr extends Expr {
  declare readonly op: number;
  declare readonly data: Input;

  constructor(data: Input) {
    super(undefined);
    this.op = OP.DATA;
    this.data = data;
  }
}

export interface FieldDecl {
  readonly kind: 'field';
  readonly info: FieldInfo;
  readonly value: Expr;
}
export interface DynamicDecl {
  readonly kind: 'dynamic';
  readonly label: Expr;
  readonly info: FieldInfo;
  readonly value: Expr;
  /** Whether the value sees a frame with the label and the vertex. */
  readonly hasFrame: boolean;
}
export interface PatternDecl {
  readonly kind: 'pattern';
  readonly filter: Expr;
  readonly value: Expr;
  readonly hasFrame: boolean;
  readonly pos: Position;
}
export interface EllipsisDecl {
  readonly kind: 'ellipsis';
  readonly value: Expr | undefined;
}
export interface EmbeddingDecl {
  readonly kind: 'embedding';
  readonly value: Expr;
}
/** The clause itself is found by name; its place counts for the order of fields. */
export interface LetDecl {
  readonly kind: 'let';
  readonly pos: Position;
}
export type StructDecl = LetDecl | FieldDecl | DynamicDecl | PatternDecl | EllipsisDecl | EmbeddingDecl;

export class StructLit extends Expr {
  readonly op = OP.STRUCT;
  readonly decls: readonly StructDecl[];
  /** Whether something other than regular fields decides what the struct is. */
  readonly hasEmbeddings: boolean;
  /** Whether a regular field makes it a struct in any case. */
  readonly hasRegularFields: boolean;
  readonly hasDynamicFields: boolean;
  /** Whether it is the body of a comprehension. */
  isBody = false;
  /** Whether it is an alternative of a disjunction. */
  isAlternative = false;

  /** Labels of fields in order, where none is computed. */
  readonly labels: readonly string[];
  /** Position of a `let` clause behind all fields. */
  readonly lastLet: Position | undefined;
  readonly hasPatterns: boolean;

  constructor(pos: Position | undefined, decls: readonly StructDecl[]) {
    super(pos);
    this.decls = decls;
    for (const d of decls) if ('info' in d) d.info.owner = this;
    this.labels = decls.flatMap((d) => (d.kind === 'field' ? d.info.label : []));
    const last = decls.findLast((d) => d.kind === 'field' || d.kind === 'let');
    this.lastLet = last?.kind === 'let' ? last.pos : undefined;
    this.hasPatterns = decls.some((d) => d.kind === 'pattern');
    this.hasDynamicFields = decls.some((d) => d.kind === 'dynamic');
    this.hasEmbeddings = decls.some((d) => d.kind === 'embedding');
    this.hasRegularFields = decls.some((d) =>
      d.kind === 'field' ? d.info.label.charCodeAt(0) !== 0 && d.info.constraint !== OPTIONAL : d.kind === 'dynamic',
    );
  }
}

export class ListLit extends Expr {
  readonly op = OP.LIST;
  readonly elements: readonly Expr[];
  readonly infos: readonly (FieldInfo | null)[];
  readonly isOpen: boolean;
  readonly rest: Expr | undefined;
  readonly hasComprehensions: boolean;

  constructor(
    pos: Position | undefined,
    elements: readonly { expr: Expr; info: FieldInfo | null }[],
    isOpen: boolean,
    rest: Expr | undefined,
  ) {
    super(pos);
    this.elements = elements.map((e) => e.expr);
    this.infos = elements.map((e) => e.info);
    this.isOpen = isOpen;
    this.rest = rest;
    this.hasComprehensions = this.elements.some((e) => e instanceof ComprehensionExpr);
  }
}

/** A field of an enclosing struct. */
export class FieldRef extends Expr {
  readonly op = OP.FIELD_REF;
  readonly up: number;
  readonly label: string;

  constructor(pos: Position | undefined, up: number, label: string) {
    super(pos);
    this.up = up;
    this.label = label;
  }
}

/** A `let` of an enclosing frame. */
export class LetRef extends Expr {
  readonly op = OP.LET_REF;
  readonly up: number;
  readonly name: string;
  expr: Expr;

  constructor(pos: Position | undefined, up: number, name: string, expr: Expr) {
    super(pos);
    this.up = up;
    this.name = name;
    this.expr = expr;
  }
}

/** The key or value of a `for` clause, or the label of a pattern. */
export class LoopRef extends Expr {
  readonly op = OP.LOOP_REF;
  readonly up: number;
  readonly isKey: boolean;
  readonly name: string;

  constructor(pos: Position | undefined, up: number, isKey: boolean, name: string) {
    super(pos);
    this.up = up;
    this.isKey = isKey;
    this.name = name;
  }
}

/** The vertex of a frame: what `X` is in `[string]: X={…}`. */
export class VertexRef extends Expr {
  readonly op = OP.VERTEX_REF;
  readonly up: number;

  constructor(pos: Position | undefined, up: number) {
    super(pos);
    this.up = up;
  }
}

/** A field with a computed label: `X` in `X=(label): value`. */
export class DynamicRef extends Expr {
  readonly op = OP.DYNAMIC_REF;
  readonly up: number;
  readonly label: Expr;

  constructor(pos: Position | undefined, up: number, label: Expr) {
    super(pos);
    this.up = up;
    this.label = label;
  }
}

export class Selector extends Expr {
  readonly op = OP.SELECTOR;
  readonly x: Expr;
  readonly label: string;

  constructor(pos: Position | undefined, x: Expr, label: string) {
    super(pos);
    this.x = x;
    this.label = label;
  }
}

export class Index extends Expr {
  readonly op = OP.INDEX;
  readonly x: Expr;
  readonly index: Expr;

  constructor(pos: Position | undefined, x: Expr, index: Expr) {
    super(pos);
    this.x = x;
    this.index = index;
  }
}

export class Slice extends Expr {
  readonly op = OP.SLICE;
  readonly x: Expr;
  readonly low: Expr | undefined;
  readonly high: Expr | undefined;

  constructor(pos: Position | undefined, x: Expr, low: Expr | undefined, high: Expr | undefined) {
    super(pos);
    this.x = x;
    this.low = low;
    this.high = high;
  }
}

export class Call extends Expr {
  readonly op = OP.CALL;
  readonly fun: Expr;
  readonly args: readonly Expr[];

  constructor(pos: Position | undefined, fun: Expr, args: readonly Expr[]) {
    super(pos);
    this.fun = fun;
    this.args = args;
  }
}

/** A function of the language or of an imported package. */
export class BuiltinExpr extends Expr {
  readonly op = OP.BUILTIN;
  readonly name: string;
  readonly func: unknown;

  constructor(pos: Position | undefined, name: string, func: unknown) {
    super(pos);
    this.name = name;
    this.func = func;
  }
}

export class Unary extends Expr {
  readonly op = OP.UNARY;
  readonly operator: UnaryOp;
  readonly x: Expr;

  constructor(pos: Position | undefined, operator: UnaryOp, x: Expr) {
    super(pos);
    this.operator = operator;
    this.x = x;
  }
}

/** `<5`, `=~"^a"` with an operand that must be evaluated. */
export class BoundExpr extends Expr {
  readonly op = OP.BOUND;
  readonly operator: '<' | '<=' | '>' | '>=' | '!=' | '=~' | '!~';
  readonly x: Expr;

  constructor(pos: Position | undefined, operator: BoundExpr['operator'], x: Expr) {
    super(pos);
    this.operator = operator;
    this.x = x;
  }
}

export class Binary extends Expr {
  readonly op = OP.BINARY;
  readonly operator: BinaryOp;
  readonly x: Expr;
  readonly y: Expr;
  readonly opPos: Position | undefined;
  /** The compiled pattern of `=~` and `!~` with a literal, once it was needed. */
  pattern: TextPattern | Bottom | undefined = undefined;

  constructor(pos: Position | undefined, operator: BinaryOp, operands: readonly [Expr, Expr], opPos?: Position) {
    super(pos);
    this.operator = operator;
    [this.x, this.y] = operands;
    this.opPos = opPos;
  }
}

export class And extends Expr {
  readonly op = OP.AND;
  readonly x: Expr;
  readonly y: Expr;

  constructor(pos: Position | undefined, x: Expr, y: Expr) {
    super(pos);
    this.x = x;
    this.y = y;
  }
}

export interface Disjunct {
  readonly expr: Expr;
  readonly isDefault: boolean;
}

export class DisjunctionExpr extends Expr {
  readonly op = OP.DISJUNCTION;
  readonly disjuncts: readonly Disjunct[];
  readonly hasDefaults: boolean;
  /** Whether all disjuncts are scalars and types. */
  readonly isScalar: boolean;
  /** Identifies the disjunction where its expression is made anew at each evaluation. */
  readonly key: object;

  constructor(pos: Position | undefined, disjuncts: readonly Disjunct[], key?: object) {
    super(pos);
    this.key = key ?? this;
    this.disjuncts = disjuncts;
    for (const { expr } of disjuncts) if (expr instanceof StructLit) expr.isAlternative = true;
    this.hasDefaults = disjuncts.some((d) => d.isDefault);
    this.isScalar = disjuncts.every(({ expr }) => isScalarExpr(expr));
  }
}

function isScalarExpr(expr: Expr): boolean {
  return expr instanceof Literal || (expr instanceof ValueExpr && expr.isScalar);
}

export class Interpolation extends Expr {
  readonly op = OP.INTERPOLATION;
  readonly texts: readonly (string | Uint8Array)[];
  readonly exprs: readonly Expr[];
  readonly isBytes: boolean;

  constructor(
    pos: Position | undefined,
    texts: readonly (string | Uint8Array)[],
    exprs: readonly Expr[],
    isBytes: boolean,
  ) {
    super(pos);
    this.texts = texts;
    this.exprs = exprs;
    this.isBytes = isBytes;
  }
}

/** Each `for` and `let` clause is a frame. */
export type ClauseIr =
  | { readonly kind: 'for'; readonly source: Expr; readonly pos: Position }
  | { readonly kind: 'if'; readonly condition: Expr; readonly pos: Position }
  | { readonly kind: 'let'; readonly pos: Position };

export class ComprehensionExpr extends Expr {
  readonly op = OP.COMPREHENSION;
  readonly clauses: readonly ClauseIr[];
  readonly body: Expr;

  constructor(pos: Position | undefined, clauses: readonly ClauseIr[], body: Expr) {
    super(pos);
    this.clauses = clauses;
    this.body = body;
    if (body instanceof StructLit) body.isBody = true;
  }
}

export class BottomLit extends Expr {
  readonly op = OP.BOTTOM;
  readonly message: string;

  constructor(pos: Position | undefined, message = 'explicit error (_|_ literal) in source') {
    super(pos);
    this.message = message;
  }
}

/** An imported package that is written in CUE. */
export class ImportRef extends Expr {
  readonly op = OP.IMPORT_REF;
  readonly path: string;

  constructor(pos: Position | undefined, path: string) {
    super(pos);
    this.path = path;
  }
}

/** The argument of close(). */
export class CloseExpr extends Expr {
  readonly op = OP.CLOSE;
  readonly x: Expr;

  constructor(pos: Position | undefined, x: Expr) {
    super(pos);
    this.x = x;
  }
}

/** Data to be unified at a path. */
export class FillExpr extends Expr {
  readonly op = OP.FILL;
  readonly path: readonly (string | number)[];
  readonly data: Input;

  constructor(path: readonly (string | number)[], data: Input) {
    super(undefined);
    this.path = path;
    this.data = data;
  }
}
