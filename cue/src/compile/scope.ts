import type * as ast from '../syntax/ast.ts';
import { BottomLit, type LetRef } from '../eval/ir.ts';
import type { Expr } from '../eval/model.ts';

/** What a name stands for in a frame. */
export type Entry =
  | { readonly kind: 'field'; readonly label: string; readonly alias?: AliasUse }
  | { readonly kind: 'key' | 'value' | 'vertex'; readonly alias?: AliasUse }
  /** The field's own value: `X` in `a: X={…}`. */
  | { readonly kind: 'self'; readonly label: string; readonly alias?: AliasUse }
  | { readonly kind: 'dynamic'; readonly label: ast.Expr; readonly alias: AliasUse }
  | LetEntry;

/** Whether a name that only an alias declares is used. */
export class AliasUse {
  readonly name: string;
  readonly pos: number;
  isUsed = false;

  constructor(name: string, pos: number) {
    this.name = name;
    this.pos = pos;
  }
}

export class LetEntry {
  readonly kind = 'let';
  expr: Expr = new BottomLit(undefined);
  readonly alias: AliasUse;
  /** The other `let` clauses that its expression refers to. */
  readonly uses = new Set<LetEntry>();
  readonly #refs: LetRef[] = [];

  constructor(alias: AliasUse) {
    this.alias = alias;
  }

  addRef(ref: LetRef): void {
    this.#refs.push(ref);
  }

  /** Gives the compiled expression to all references, also those inside it. */
  complete(expr: Expr): void {
    this.expr = expr;
    for (const ref of this.#refs) ref.expr = expr;
  }

  /** Whether its expression leads back to it. */
  isCyclic(): boolean {
    const seen = new Set<LetEntry>();
    const leadsHere = (entry: LetEntry): boolean => {
      for (const used of entry.uses) {
        if (used === this) return true;
        if (seen.has(used)) continue;
        seen.add(used);
        if (leadsHere(used)) return true;
      }
      return false;
    };
    return leadsHere(this);
  }
}

/** Names in scope. A frame has an environment at run time; the other scopes only add names to the frame above. */
export class Scope {
  readonly parent: Scope | null;
  readonly isFrame: boolean;
  readonly names = new Map<string, Entry>();
  /** The `let` clause that has the expression of the scope. */
  readonly owner: LetEntry | undefined;

  constructor(parent: Scope | null, isFrame: boolean, owner?: LetEntry) {
    this.parent = parent;
    this.isFrame = isFrame;
    this.owner = owner;
  }

  /** The entry of a name and the number of frames between here and there. */
  find(name: string): { entry: Entry; up: number } | undefined {
    let up = 0;
    for (let scope: Scope | null = this.self(); scope !== null; scope = scope.parent) {
      const entry = scope.names.get(name);
      if (entry !== undefined) {
        if (entry.alias !== undefined) entry.alias.isUsed = true;
        if (entry instanceof LetEntry) this.#noteUse(entry, scope);
        return { entry, up };
      }
      if (scope.isFrame) up++;
    }
    return undefined;
  }

  #noteUse(entry: LetEntry, declared: Scope): void {
    for (let scope: Scope | null = this.self(); scope !== null && scope !== declared; scope = scope.parent)
      scope.owner?.uses.add(entry);
  }

  private self(): this {
    return this;
  }

  /** The number of frames above this scope's innermost frame. */
  rootDistance(): number {
    let count = -1;
    for (let scope: Scope | null = this.self(); scope !== null; scope = scope.parent) if (scope.isFrame) count++;
    return count;
  }
}
