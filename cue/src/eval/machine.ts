import type { BuiltinContext, BuiltinFunction } from '../builtin/api.ts';
import type { Budget } from './budget.ts';
import type { Bottom, Comparison, Conjunct, Env, Expr, Position, Scalar, Trail, Value, Vertex } from './model.ts';

/** A function of a builtin package, as a call names it. */
export interface Callee {
  readonly name: string;
  readonly func: BuiltinFunction;
  readonly pos: Position | undefined;
}

/** The evaluator as its parts see each other. */
export interface Machine {
  readonly budget: Budget;
  /** Whether `+` adds lists and `*` repeats one. */
  readonly hasListArithmetic: boolean;
  readonly builtinContext: BuiltinContext;
  /** Depth of the evaluation stack. */
  depth: number;
  /** References followed by the conjunct in evaluation. */
  trail: Trail | null;
  /** The vertices in evaluation, each needed by the one before it. */
  readonly running: Vertex[];
  /** Comparisons with bottom made so far by the clauses in evaluation. */
  comparisons: Comparison[] | null;
  /** Structs to which the comprehension in evaluation would add: a comparison takes them for errors. */
  assumed: ReadonlySet<Vertex> | null;
  /** By the frame of a comprehension's body: what its clauses have evaluated whole, so that the body adds nothing to it. */
  readonly locks: Map<Env, readonly Vertex[]>;
  /** Fields that the clauses in evaluation found to be absent. */
  missing: { readonly holder: Vertex; readonly label: string }[] | null;
  /** Makes the arcs and the value of a vertex known, as far as that is possible now. */
  expand(v: Vertex): void;
  /** Processes one conjunct of a vertex in evaluation. */
  process(v: Vertex, c: Conjunct): void;
  evaluate(expr: Expr, env: Env): Value;
  /** The value with vertices replaced by what they are: a scalar, a struct or list, a type, an error. */
  valueOf(value: Value): Value;
  /** As valueOf, with the default taken; an error where the value is not concrete. */
  concrete(value: Value): Scalar | Vertex | Bottom;
  lookup(v: Vertex, label: string, expr: Expr | null): Value;
  /** Evaluates a vertex and all below it. */
  finalize(v: Vertex): void;
  call(expr: Expr, env: Env): Value;
  /** Calls a function with values. */
  apply(callee: Callee, args: readonly Value[]): Value;
  /** The package that an import names, as a vertex. */
  importRoot(path: string): Vertex;
}
