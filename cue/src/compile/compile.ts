import type * as ast from '../syntax/ast.ts';
import { Source } from '../syntax/source.ts';
import { parseFile } from '../syntax/parser.ts';
import * as ir from '../eval/ir.ts';
import { MEMBER, OPTIONAL, REQUIRED, type Expr, type FieldInfo, type Position } from '../eval/model.ts';
import { ExprCompiler, type CompileHost } from './compile-expr.ts';
import { StructCompiler } from './compile-struct.ts';
import { identifierLabel } from './label.ts';
import { Scope } from './scope.ts';

/** An error found before evaluation. */
export interface CompileError {
  readonly message: string;
  readonly position: Position;
}

export class CueCompileError extends Error {
  readonly errors: readonly CompileError[];

  constructor(errors: readonly CompileError[]) {
    super(errors.map((e) => `${e.message}:\n    ${e.position.source.format(e.position.offset)}`).join('\n'));
    this.name = 'CueCompileError';
    this.errors = errors;
  }
}

/** How the compiler finds what a file imports. */
export interface Imports {
  /** The value of a member of a package; `undefined` where the package has no such member. */
  member(path: string, name: string, position: Position): Expr | undefined;
  /** The package as a whole, where it is CUE; undefined for packages of functions. */
  whole(path: string, position: Position): Expr | undefined;
  has(path: string): boolean;
}

export interface CompileOptions {
  readonly imports: Imports;
  /** Top-level names that are given at evaluation: `parameter`, `context`. */
  readonly inputs?: readonly string[];
}

export interface CompiledFile {
  readonly file: ast.File;
  readonly root: ir.StructLit;
}

/** Compiles the text of a file. Throws CueSyntaxError or CueCompileError. */
export function compileFile(name: string, text: string, options: CompileOptions): CompiledFile {
  const file = parseFile(name, text);
  return { file, root: new FileCompiler(file, new Source(name, text), options).compile() };
}

const CONSTRAINTS: Readonly<Record<string, number>> = { '': MEMBER, '?': OPTIONAL, '!': REQUIRED };

class FileCompiler implements CompileHost {
  readonly #file: ast.File;
  readonly #source: Source;
  readonly #options: CompileOptions;
  readonly #errors: CompileError[] = [];
  readonly #exprs: ExprCompiler;
  readonly #structs: StructCompiler;
  readonly #imports = new Map<string, { path: string; pos: number; isUsed: boolean }>();

  constructor(file: ast.File, source: Source, options: CompileOptions) {
    this.#file = file;
    this.#source = source;
    this.#options = options;
    this.#exprs = new ExprCompiler(this);
    this.#structs = new StructCompiler(this, this.#exprs);
  }

  compile(): ir.StructLit {
    for (const item of this.#file.imports) this.#import(item);
    const scope = new Scope(null, true);
    for (const name of this.#options.inputs ?? [])
      scope.names.set(name, { kind: 'field', label: identifierLabel(name) });
    const root = this.#structs.struct({ kind: 'struct', decls: this.#file.decls, pos: 0, end: 0 }, scope);
    this.#structs.checkAliases();
    for (const { path, pos, isUsed } of this.#imports.values()) {
      if (!isUsed) this.fail(`imported and not used: ${JSON.stringify(path)}`, pos);
    }
    if (this.#errors.length > 0) throw new CueCompileError(this.#errors);
    return root;
  }

  #import({ path, name, pos }: ast.Import): void {
    const colon = path.lastIndexOf(':');
    const plain = colon < 0 ? path : path.slice(0, colon);
    if (!this.#options.imports.has(plain)) this.fail(`builtin package ${JSON.stringify(plain)} undefined`, pos);
    const short = colon < 0 ? plain.slice(plain.lastIndexOf('/') + 1) : path.slice(colon + 1);
    this.#imports.set(name ?? short, { path: plain, pos, isUsed: false });
  }

  position(offset: number): Position {
    return { source: this.#source, offset };
  }

  fail(message: string, offset: number): Expr {
    this.#errors.push({ message, position: this.position(offset) });
    return new ir.BottomLit(this.position(offset), message);
  }

  struct(x: ast.StructExpr, scope: Scope): Expr {
    return this.#structs.struct(x, new Scope(scope, true));
  }

  comprehension(x: ast.Comprehension, scope: Scope): Expr {
    return this.#structs.comprehension(x, scope);
  }

  fieldInfo(label: string, field: ast.Field): FieldInfo {
    return {
      label,
      constraint: CONSTRAINTS[field.constraint] ?? MEMBER,
      comments: field.comments,
      attributes: field.attributes,
      pos: this.position(field.pos),
    };
  }

  elementInfo(comments: readonly ast.Comment[], offset: number): FieldInfo | null {
    if (comments.length === 0) return null;
    return { label: '', constraint: MEMBER, comments, attributes: [], pos: this.position(offset) };
  }

  outer(name: string, _scope: Scope, offset: number): Expr | undefined {
    const item = this.#imports.get(name);
    if (item === undefined) return undefined;
    item.isUsed = true;
    return this.#options.imports.whole(item.path, this.position(offset));
  }

  member(packageName: string, member: string, offset: number): Expr | undefined {
    const item = this.#imports.get(packageName);
    if (item === undefined) return undefined;
    item.isUsed = true;
    if (!this.#options.imports.has(item.path)) return new ir.BottomLit(this.position(offset));
    const position = this.position(offset);
    const found = this.#options.imports.member(item.path, member, position);
    if (found !== undefined) return found;
    return new ir.Selector(position, new ir.StructLit(position, []), identifierLabel(member));
  }
}
