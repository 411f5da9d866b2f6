import type * as ast from '../syntax/ast.ts';
import * as ir from '../eval/ir.ts';
import type { Expr, FieldInfo } from '../eval/model.ts';
import type { CompileHost, ExprCompiler } from './compile-expr.ts';
import { identifierLabel, regularLabel } from './label.ts';
import { AliasUse, LetEntry, Scope } from './scope.ts';

export interface StructHost extends CompileHost {
  fieldInfo(label: string, field: ast.Field): FieldInfo;
}

/** Compiles struct literals and comprehensions. */
export class StructCompiler {
  readonly #host: StructHost;
  readonly #exprs: ExprCompiler;
  readonly #aliases: AliasUse[] = [];
  readonly #lets: LetEntry[] = [];

  constructor(host: StructHost, exprs: ExprCompiler) {
    this.#host = host;
    this.#exprs = exprs;
  }

  /** The scope is the frame of the struct itself. */
  struct(x: ast.StructExpr, scope: Scope): ir.StructLit {
    for (const decl of x.decls) this.#declare(decl, scope);
    for (const decl of x.decls) if (decl.kind === 'let') this.#let(decl, scope);
    const decls: ir.StructDecl[] = [];
    for (const decl of x.decls) {
      const compiled = this.#decl(decl, scope);
      if (compiled !== undefined) decls.push(compiled);
    }
    return new ir.StructLit(this.#host.position(x.pos), decls);
  }

  #declare(decl: ast.Decl, scope: Scope): void {
    if (decl.kind === 'let') {
      if (scope.names.has(decl.name))
        this.#host.fail(`cannot have both alias and field with name "${decl.name}" in same scope`, decl.pos);
      if (decl.name === '_') this.#host.fail('cannot use _ as alias or let clause', decl.pos);
      scope.names.set(decl.name, new LetEntry(this.#alias(decl.name, decl.pos)));
    } else if (decl.kind === 'field') this.#declareField(decl, scope);
  }

  #declareField({ label, alias, pos }: ast.Field, scope: Scope): void {
    if (label.kind === 'ident' && label.name === '_') this.#host.fail('cannot use _ as label', pos);
    if (label.kind === 'ident') this.#add(scope, label.name, identifierLabel(label.name), pos);
    if (alias === undefined || label.kind === 'pattern') return;
    const use = this.#alias(alias, pos);
    if (alias === '_') this.#host.fail('cannot use _ as alias or let clause', pos);
    if (label.kind === 'ident') this.#add(scope, alias, identifierLabel(label.name), pos, use);
    else if (label.kind === 'string' && typeof label.value === 'string')
      this.#add(scope, alias, regularLabel(label.value), pos, use);
    else if (label.kind === 'dynamic') scope.names.set(alias, { kind: 'dynamic', label: label.x, alias: use });
    else if (label.kind === 'interpolation') scope.names.set(alias, { kind: 'dynamic', label, alias: use });
  }

  #alias(name: string, pos: number): AliasUse {
    const use = new AliasUse(name, pos);
    this.#aliases.push(use);
    return use;
  }

  /** Reports aliases that nothing refers to, and those that refer to themselves. */
  checkAliases(): void {
    for (const entry of this.#lets)
      if (entry.isCyclic()) this.#host.fail('cyclic references in let clause or alias', entry.alias.pos);
    for (const { name, pos, isUsed } of this.#aliases) {
      if (!isUsed) this.#host.fail(`unreferenced alias or let clause ${name}`, pos);
    }
  }

  #add(scope: Scope, name: string, label: string, pos: number, alias?: AliasUse): void {
    if (scope.names.get(name) instanceof LetEntry) {
      this.#host.fail(`cannot have both alias and field with name "${name}" in same scope`, pos);
    }
    scope.names.set(name, alias === undefined ? { kind: 'field', label } : { kind: 'field', label, alias });
  }

  #let(decl: ast.LetDecl, scope: Scope): void {
    const entry = scope.names.get(decl.name);
    if (!(entry instanceof LetEntry)) return;
    // the name is not in scope in its own expression
    scope.names.delete(decl.name);
    entry.complete(this.#exprs.expr(decl.x, new Scope(scope, false, entry)));
    scope.names.set(decl.name, entry);
    this.#lets.push(entry);
  }

  #decl(decl: ast.Decl, scope: Scope): ir.StructDecl | undefined {
    switch (decl.kind) {
      case 'field':
        return this.#field(decl, scope);
      case 'embedding':
        return { kind: 'embedding', value: this.#exprs.expr(decl.x, scope) };
      case 'comprehension':
        return { kind: 'embedding', value: this.comprehension(decl, scope) };
      case 'ellipsis':
        return { kind: 'ellipsis', value: decl.value && this.#exprs.expr(decl.value, scope) };
      case 'let':
        return { kind: 'let', pos: this.#host.position(decl.pos) };
      default:
        return undefined;
    }
  }

  #field(field: ast.Field, scope: Scope): ir.StructDecl {
    const { label } = field;
    switch (label.kind) {
      case 'ident':
        return this.#static(field, identifierLabel(label.name), scope);
      case 'string':
        if (typeof label.value === 'string') return this.#static(field, regularLabel(label.value), scope);
        this.#host.fail('bytes are not allowed as a label', label.pos);
        return this.#static(field, '', scope);
      case 'interpolation':
        return this.#dynamic(field, label, scope);
      case 'dynamic':
        return this.#dynamic(field, label.x, scope);
      case 'pattern':
        return this.#pattern(field, label, scope);
    }
  }

  #static(field: ast.Field, label: string, scope: Scope): ir.StructDecl {
    const info = this.#host.fieldInfo(label, field);
    if (field.value.kind !== 'alias') return { kind: 'field', info, value: this.#exprs.expr(field.value, scope) };
    const inner = new Scope(scope, false);
    const alias = this.#alias(field.value.name, field.value.pos);
    inner.names.set(field.value.name, { kind: 'self', label, alias });
    return { kind: 'field', info, value: this.#exprs.expr(field.value.x, inner) };
  }

  #dynamic(field: ast.Field, label: ast.Expr, scope: Scope): ir.StructDecl {
    const info = this.#host.fieldInfo('', field);
    const { value, hasFrame } = this.#framed(field, undefined, scope);
    return { kind: 'dynamic', label: this.#exprs.expr(label, scope), info, value, hasFrame };
  }

  #pattern(field: ast.Field, label: ast.Label & { kind: 'pattern' }, scope: Scope): ir.StructDecl {
    const { value, hasFrame } = this.#framed(field, label.alias, scope);
    const filter = this.#exprs.expr(label.x, scope);
    if (field.constraint !== '') this.#host.fail('constraint is not allowed on a pattern', field.pos);
    return { kind: 'pattern', filter, value, hasFrame, pos: this.#host.position(field.pos) };
  }

  /** The value of a field with a label that is not static: aliases make a frame of their own. */
  #framed(field: ast.Field, alias: string | undefined, scope: Scope): { value: Expr; hasFrame: boolean } {
    const hasFrame =
      alias !== undefined ||
      field.value.kind === 'alias' ||
      (field.alias !== undefined && field.label.kind === 'pattern');
    const inner = hasFrame ? new Scope(scope, true) : scope;
    if (alias !== undefined) inner.names.set(alias, { kind: 'key' });
    if (field.alias !== undefined && field.label.kind === 'pattern')
      inner.names.set(field.alias, { kind: 'vertex', alias: this.#alias(field.alias, field.pos) });
    if (field.value.kind !== 'alias') return { value: this.#exprs.expr(field.value, inner), hasFrame };
    inner.names.set(field.value.name, { kind: 'vertex', alias: this.#alias(field.value.name, field.value.pos) });
    return { value: this.#exprs.expr(field.value.x, inner), hasFrame };
  }

  comprehension(x: ast.Comprehension, outer: Scope): Expr {
    let scope = outer;
    const clauses: ir.ClauseIr[] = [];
    for (const clause of x.clauses) {
      const pos = this.#host.position(clause.pos);
      switch (clause.kind) {
        case 'if':
          clauses.push({ kind: 'if', condition: this.#exprs.expr(clause.condition, scope), pos });
          break;
        case 'for':
          clauses.push({ kind: 'for', source: this.#exprs.expr(clause.source, scope), pos });
          scope = new Scope(scope, true);
          if (clause.key !== undefined && clause.key !== '_') scope.names.set(clause.key, { kind: 'key' });
          if (clause.value !== '_') scope.names.set(clause.value, { kind: 'value' });
          break;
        case 'let': {
          clauses.push({ kind: 'let', pos });
          scope = new Scope(scope, true);
          const entry = new LetEntry(new AliasUse(clause.name, clause.pos));
          entry.complete(this.#exprs.expr(clause.x, scope));
          scope.names.set(clause.name, entry);
          break;
        }
      }
    }
    const body = this.#host.struct(x.body, scope);
    return new ir.ComprehensionExpr(this.#host.position(x.pos), clauses, body);
  }
}
