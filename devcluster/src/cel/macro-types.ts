/** The parts of cel-js that macros work with; the library does not publish their types. */

export interface Node {
  readonly args: unknown;
  setMeta(key: string, value: unknown): unknown;
}

export interface Scope {
  forkWithVariable(name: string, type: unknown): Scope;
  reuse(outer: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}

export interface Checker {
  check(node: Node, scope: Scope): unknown;
  getType(name: string): unknown;
}

export interface Evaluator {
  run(node: Node, scope: Scope): unknown;
}

export interface Call {
  readonly ast: Node;
  readonly args: readonly Node[];
  readonly receiver: Node;
}
