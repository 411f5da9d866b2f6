import type { BuiltinContext } from '../builtin/api.ts';
import { Budget, type Limits } from './budget.ts';
import { callPackage, evaluateCall } from './call.ts';
import { processConjunct } from './conjunct.ts';
import { evaluateExpr } from './evaluate.ts';
import { expandVertex } from './expand.ts';
import { finalizeVertex } from './finalize.ts';
import * as ir from './ir.ts';
import { lookupField } from './lookup.ts';
import type { Callee, Machine } from './machine.ts';
import {
  Conjunct,
  Env,
  Vertex,
  type Bottom,
  type Comparison,
  type Expr,
  type Scalar,
  type Trail,
  type Value,
} from './model.ts';
import { concreteValue, valueOfVertex } from './value-of.ts';

export interface EngineSettings {
  /** Packages that are CUE texts, by import path. */
  readonly imports?: ReadonlyMap<string, Expr>;
  readonly listArithmetic?: boolean;
}

/** One evaluation: its budget and its vertices. Nothing is shared between evaluations. */
export class Engine implements Machine {
  readonly budget: Budget;
  readonly builtinContext: BuiltinContext;
  depth = 0;
  trail: Trail | null = null;
  readonly running: Vertex[] = [];
  comparisons: Comparison[] | null = null;
  assumed: ReadonlySet<Vertex> | null = null;
  readonly locks = new Map<Env, readonly Vertex[]>();
  missing: { readonly holder: Vertex; readonly label: string }[] | null = null;
  readonly hasListArithmetic: boolean;
  readonly #imports: ReadonlyMap<string, Expr>;
  readonly #roots = new Map<string, Vertex>();

  constructor(limits: Limits, { imports = new Map<string, Expr>(), listArithmetic = false }: EngineSettings = {}) {
    this.hasListArithmetic = listArithmetic;
    const budget = new Budget(limits);
    this.budget = budget;
    this.builtinContext = {
      step: (count) => {
        budget.step(count);
      },
      bytes: (count) => {
        budget.allocate(count);
      },
    };
    this.#imports = imports;
  }

  /** A tree with the given conjuncts at its root. */
  root(exprs: readonly Expr[]): Vertex {
    const v = new Vertex(null, '');
    for (const expr of exprs) v.conjuncts.push(new Conjunct(expr, new Env(null, v), null, null));
    return v;
  }

  /** A vertex that holds a value in the place of another one. */
  hold(value: Value, place: Vertex): Vertex {
    const v = new Vertex(place.parent, place.label);
    v.conjuncts.push(new Conjunct(new ir.ValueExpr(undefined, value), new Env(null, v), null, null));
    return v;
  }

  expand(v: Vertex): void {
    expandVertex(this, v);
  }

  process(v: Vertex, c: Conjunct): void {
    processConjunct(this, v, c);
  }

  evaluate(expr: Expr, env: Env): Value {
    return evaluateExpr(this, expr, env);
  }

  valueOf(value: Value): Value {
    return value instanceof Vertex ? valueOfVertex(this, value) : value;
  }

  concrete(value: Value): Scalar | Vertex | Bottom {
    return concreteValue(this, value);
  }

  lookup(v: Vertex, label: string, expr: Expr | null): Value {
    return lookupField(this, v, label, expr);
  }

  finalize(v: Vertex): void {
    finalizeVertex(this, v);
  }

  call(expr: Expr, env: Env): Value {
    return evaluateCall(this, expr, env);
  }

  apply(callee: Callee, args: readonly Value[]): Value {
    return callPackage(this, callee, args);
  }

  importRoot(path: string): Vertex {
    const existing = this.#roots.get(path);
    if (existing !== undefined) return existing;
    const expr = this.#imports.get(path);
    const v = this.root(expr === undefined ? [] : [expr]);
    this.#roots.set(path, v);
    return v;
  }
}
