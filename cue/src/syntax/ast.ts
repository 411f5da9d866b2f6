// The syntax tree. Positions are offsets into the source text.

export interface Comment {
  readonly text: string;
  readonly pos: number;
}

export interface Attribute {
  readonly name: string;
  readonly body: string;
  readonly pos: number;
}

export interface IdentExpr {
  readonly kind: 'ident';
  readonly name: string;
  readonly pos: number;
}

/** null, true, false, a number. */
export interface LiteralExpr {
  readonly kind: 'literal';
  readonly value: null | boolean | number | bigint | { readonly float: string };
  readonly pos: number;
}

export interface StringExpr {
  readonly kind: 'string';
  readonly value: string | Uint8Array;
  readonly pos: number;
}

/** A string or bytes with expressions: one more text than expressions. */
export interface InterpolationExpr {
  readonly kind: 'interpolation';
  readonly texts: readonly (string | Uint8Array)[];
  readonly exprs: readonly Expr[];
  readonly isBytes: boolean;
  readonly pos: number;
}

export interface BottomExpr {
  readonly kind: 'bottom';
  readonly pos: number;
}

export interface StructExpr {
  readonly kind: 'struct';
  readonly decls: readonly Decl[];
  readonly pos: number;
  readonly end: number;
  /** Written without braces, as the rest of `a: b: c`. */
  readonly isShorthand?: boolean;
}

export interface ListExpr {
  readonly kind: 'list';
  readonly elements: readonly ListElement[];
  readonly ellipsis?: { readonly value: Expr | undefined; readonly pos: number };
  readonly pos: number;
}

export interface ListElement {
  readonly value: Expr | Comprehension;
  readonly comments: readonly Comment[];
}

export interface SelectorExpr {
  readonly kind: 'selector';
  readonly x: Expr;
  readonly label: IdentExpr | StringExpr;
  readonly pos: number;
}

export interface IndexExpr {
  readonly kind: 'index';
  readonly x: Expr;
  readonly index: Expr;
  readonly pos: number;
}

export interface SliceExpr {
  readonly kind: 'slice';
  readonly x: Expr;
  readonly low: Expr | undefined;
  readonly high: Expr | undefined;
  readonly pos: number;
}

export interface CallExpr {
  readonly kind: 'call';
  readonly fun: Expr;
  readonly args: readonly Expr[];
  readonly pos: number;
}

export type UnaryOp = '+' | '-' | '!' | '*' | '<' | '<=' | '>' | '>=' | '!=' | '=~' | '!~' | '==';

export interface UnaryExpr {
  readonly kind: 'unary';
  readonly op: UnaryOp;
  readonly x: Expr;
  readonly pos: number;
}

export type BinaryOp =
  | '|'
  | '&'
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '=~'
  | '!~'
  | '+'
  | '-'
  | '*'
  | '/'
  | 'div'
  | 'mod'
  | 'quo'
  | 'rem';

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly x: Expr;
  readonly y: Expr;
  readonly pos: number;
  readonly opPos: number;
}

export interface ParenExpr {
  readonly kind: 'paren';
  readonly x: Expr;
  readonly pos: number;
}

/** `X=expr` as a field's value or in a pattern label. */
export interface AliasExpr {
  readonly kind: 'alias';
  readonly name: string;
  readonly x: Expr;
  readonly pos: number;
}

export type Expr =
  | IdentExpr
  | LiteralExpr
  | StringExpr
  | InterpolationExpr
  | BottomExpr
  | StructExpr
  | ListExpr
  | SelectorExpr
  | IndexExpr
  | SliceExpr
  | CallExpr
  | UnaryExpr
  | BinaryExpr
  | ParenExpr
  | AliasExpr;

export type Label =
  | IdentExpr
  | StringExpr
  | InterpolationExpr
  | { readonly kind: 'dynamic'; readonly x: Expr; readonly pos: number }
  | { readonly kind: 'pattern'; readonly x: Expr; readonly alias: string | undefined; readonly pos: number };

export type Constraint = '' | '?' | '!';

export interface Field {
  readonly kind: 'field';
  readonly label: Label;
  /** `X=label: value` */
  readonly alias: string | undefined;
  readonly constraint: Constraint;
  readonly value: Expr;
  readonly attributes: readonly Attribute[];
  readonly comments: readonly Comment[];
  readonly pos: number;
}

export interface Embedding {
  readonly kind: 'embedding';
  readonly x: Expr;
  readonly comments: readonly Comment[];
  readonly pos: number;
}

export interface Ellipsis {
  readonly kind: 'ellipsis';
  readonly value: Expr | undefined;
  readonly pos: number;
}

export interface LetDecl {
  readonly kind: 'let';
  readonly name: string;
  readonly x: Expr;
  readonly pos: number;
}

export type Clause =
  | {
      readonly kind: 'for';
      readonly key: string | undefined;
      readonly value: string;
      readonly source: Expr;
      readonly pos: number;
    }
  | { readonly kind: 'if'; readonly condition: Expr; readonly pos: number }
  | { readonly kind: 'let'; readonly name: string; readonly x: Expr; readonly pos: number };

export interface Comprehension {
  readonly kind: 'comprehension';
  readonly clauses: readonly Clause[];
  readonly body: StructExpr;
  readonly comments: readonly Comment[];
  readonly pos: number;
}

export interface AttributeDecl {
  readonly kind: 'attribute';
  readonly attribute: Attribute;
  readonly pos: number;
}

export type Decl = Field | Embedding | Ellipsis | LetDecl | Comprehension | AttributeDecl;

export interface Import {
  readonly name: string | undefined;
  readonly path: string;
  readonly pos: number;
}

export interface File {
  readonly name: string;
  readonly source: string;
  readonly packageName: string | undefined;
  readonly imports: readonly Import[];
  readonly decls: readonly Decl[];
  readonly comments: readonly Comment[];
}
