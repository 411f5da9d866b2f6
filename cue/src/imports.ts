import { builtinPackage } from './builtin/registry.ts';
import type { BuiltinPackage } from './builtin/api.ts';
import { compileFile, type Imports } from './compile/compile.ts';
import { identifierLabel } from './compile/label.ts';
import * as ir from './eval/ir.ts';
import type { Expr, Position } from './eval/model.ts';

/** The builtin packages and those that the caller gives as CUE texts. */
export class PackageImports implements Imports {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #compiled: Map<string, Expr>;

  constructor(texts: ReadonlyMap<string, string>, compiled: Map<string, Expr>) {
    this.#texts = texts;
    this.#compiled = compiled;
  }

  has(path: string): boolean {
    return this.#texts.has(path) || builtinPackage(path) !== undefined;
  }

  whole(path: string, position: Position): Expr | undefined {
    if (!this.#texts.has(path)) return undefined;
    this.#compile(path);
    return new ir.ImportRef(position, path);
  }

  member(path: string, name: string, position: Position): Expr | undefined {
    if (this.#texts.has(path)) {
      this.#compile(path);
      return new ir.Selector(position, new ir.ImportRef(position, path), identifierLabel(name));
    }
    const found = builtinPackage(path);
    return found === undefined ? undefined : this.#builtinMember(found, name, position);
  }

  #compile(path: string): void {
    const text = this.#texts.get(path);
    if (text === undefined || this.#compiled.has(path)) return;
    // the name is taken before the text is compiled, so that packages may import each other
    this.#compiled.set(path, new ir.BottomLit(undefined));
    this.#compiled.set(path, compileFile(path, text, { imports: this }).root);
  }

  #builtinMember(found: BuiltinPackage, name: string, position: Position): Expr | undefined {
    const short = found.path.slice(found.path.lastIndexOf('/') + 1);
    const func = own(found.functions, name);
    if (func !== undefined) return new ir.BuiltinExpr(position, `${short}.${name}`, func);
    const constant = own(found.constants ?? {}, name);
    if (constant !== undefined) return new ir.DataExpr(constant);
    if (own(found.definitions ?? {}, name) === undefined) return undefined;
    this.#definitions(found);
    return new ir.Selector(position, new ir.ImportRef(position, found.path), identifierLabel(name));
  }

  /** The CUE parts of a builtin package as one file. */
  #definitions(found: BuiltinPackage): void {
    if (this.#compiled.has(found.path)) return;
    const text = Object.entries(found.definitions ?? {}).map(([name, expr]) => `${name}: ${expr}`).join('\n'); // prettier-ignore
    this.#compiled.set(found.path, compileFile(found.path, text, { imports: this }).root);
  }
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
