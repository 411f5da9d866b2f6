import { compileFile } from './compile/compile.ts';
import { CueBudgetError, DEFAULT_LIMITS, type Limits } from './eval/budget.ts';
import { Engine } from './eval/engine.ts';
import * as ir from './eval/ir.ts';
import type { Expr, Input } from './eval/model.ts';
import { Evaluation } from './evaluation.ts';
import { PackageImports } from './imports.ts';
import type { File } from './syntax/ast.ts';
import { parseFile } from './syntax/parser.ts';

export interface CompileSettings {
  /** The name of the text in positions; `-` otherwise. */
  readonly name?: string;
  /** Top-level names that the text may use without declaring them: they are given at evaluation. */
  readonly inputs?: readonly string[];
  /** Packages that the text may import beside the builtin ones: CUE texts by import path. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** A value to be unified at a path, such as the result of an action. */
export interface Fill {
  readonly path: readonly (string | number)[];
  readonly value: Input;
}

export interface EvaluateSettings {
  readonly limits?: Partial<Limits>;
  readonly fills?: readonly Fill[];
  /** `+` adds lists and `*` repeats one, as in CUE before 0.11; otherwise both are errors. */
  readonly listArithmetic?: boolean;
}

/** A compiled text. It holds no state of evaluations and may be shared. */
export class Template {
  readonly #roots: readonly Expr[];
  readonly #packages: ReadonlyMap<string, Expr>;

  constructor(roots: readonly Expr[], packages: ReadonlyMap<string, Expr>) {
    this.#roots = roots;
    this.#packages = packages;
  }

  /** Starts an evaluation with top-level fields given. Nothing is evaluated before it is asked for. */
  evaluate(inputs: Readonly<Record<string, Input>> = {}, settings: EvaluateSettings = {}): Evaluation {
    const { limits, listArithmetic = false } = settings;
    const engine = new Engine({ ...DEFAULT_LIMITS, ...limits }, { imports: this.#packages, listArithmetic });
    const exprs: Expr[] = [...this.#roots];
    if (Object.keys(inputs).length > 0) exprs.push(new ir.DataExpr(inputs));
    for (const { path, value } of settings.fills ?? []) exprs.push(new ir.FillExpr(path, value));
    return new Evaluation(engine, engine.root(exprs));
  }
}

/**
 * Compiles a text. Throws CueSyntaxError or CueCompileError with all positions, and CueBudgetError where expressions are
 * nested too deeply.
 */
export function compile(source: string, settings: CompileSettings = {}): Template {
  return compileAll([source], settings);
}

/**
 * Compiles the files of one package: each has imports of its own, and all see the top-level fields of the others.
 * Throws CueSyntaxError or CueCompileError with all positions, and CueBudgetError where expressions are nested too deeply.
 */
export function compileAll(sources: readonly string[], settings: CompileSettings = {}): Template {
  try {
    return compileTexts(sources, settings);
  } catch (error) {
    if (error instanceof RangeError) throw new CueBudgetError('depth', DEFAULT_LIMITS.depth);
    throw error;
  }
}

function compileTexts(sources: readonly string[], settings: CompileSettings): Template {
  const compiled = new Map<string, Expr>();
  const imports = new PackageImports(new Map(Object.entries(settings.packages ?? {})), compiled);
  const name = settings.name ?? '-';
  const declared = sources.length > 1 ? sources.flatMap((source) => declaredNames(parseFile(name, source))) : [];
  const inputs = [...new Set([...(settings.inputs ?? []), ...declared])];
  return new Template(
    sources.map((source) => compileFile(name, source, { imports, inputs }).root),
    compiled,
  );
}

function declaredNames(file: File): readonly string[] {
  return file.decls.flatMap((decl) => (decl.kind === 'field' && decl.label.kind === 'ident' ? [decl.label.name] : []));
}
