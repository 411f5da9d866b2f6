import type { Environment } from '@marcbachmann/cel-js';
import { compareValues } from './order.ts';
import type { Call, Checker, Evaluator, Scope } from './macro-types.ts';

/** The items of a list with their indexes, or of a map with their keys, and the expressions over them. */
interface Run {
  readonly entries: readonly (readonly [key: unknown, value: unknown])[];
  readonly expressions: readonly ((key: unknown, value: unknown) => unknown)[];
}

/** Macros over expressions with a variable for the index or key and one for the value, and `sortBy`. */
export function registerComprehensions(environment: Environment): void {
  const two = (signature: string, compute: (run: Run) => unknown): void => {
    environment.registerFunction(signature, macro(2, compute));
  };
  two('list.all(ast, ast, ast): bool', (run) => quantify(run, false));
  two('list.exists(ast, ast, ast): bool', (run) => quantify(run, true));
  two('list.existsOne(ast, ast, ast): bool', countsOne);
  two('list.exists_one(ast, ast, ast): bool', countsOne);
  two('list.transformList(ast, ast, ast): list<dyn>', transformList);
  two('list.transformList(ast, ast, ast, ast): list<dyn>', transformList);
  two('list.transformMap(ast, ast, ast): map<dyn, dyn>', transformMap);
  two('list.transformMap(ast, ast, ast, ast): map<dyn, dyn>', transformMap);
  two('list.transformMapEntry(ast, ast, ast): map<dyn, dyn>', transformMapEntry);
  two('list.transformMapEntry(ast, ast, ast, ast): map<dyn, dyn>', transformMapEntry);
  environment.registerFunction('list.sortBy(ast, ast): list<dyn>', macro(1, sortBy));
}

/** One item that decides hides the errors of others. */
function quantify({ entries, expressions: [predicate] }: Run, decisive: boolean): boolean {
  let failure: { readonly error: unknown } | undefined;
  for (const [key, value] of entries) {
    try {
      if (predicate?.(key, value) === decisive) return decisive;
    } catch (error) {
      failure = { error };
    }
  }
  if (failure) throw failure.error;
  return !decisive;
}

function countsOne({ entries, expressions: [predicate] }: Run): boolean {
  return entries.filter(([key, value]) => predicate?.(key, value) === true).length === 1;
}

/** The entries that the filter lets through, if there is one, with what the last expression makes of each. */
function transformed({ entries, expressions }: Run): [key: unknown, result: unknown][] {
  const [filter, transform] = expressions.length === 2 ? expressions : [undefined, expressions[0]];
  return entries
    .filter(([key, value]) => filter === undefined || filter(key, value) === true)
    .map(([key, value]) => [key, transform?.(key, value)]);
}

function transformList(run: Run): unknown[] {
  return transformed(run).map(([, result]) => result);
}

function transformMap(run: Run): Map<unknown, unknown> {
  return new Map(transformed(run));
}

function transformMapEntry(run: Run): Map<unknown, unknown> {
  const result = new Map<unknown, unknown>();
  for (const [, map] of transformed(run)) {
    for (const [key, value] of entriesOf(map)) {
      if (result.has(key)) throw new Error(`insert failed: key ${String(key)} already exists`);
      result.set(key, value);
    }
  }
  return result;
}

function sortBy({ entries, expressions: [expression] }: Run): unknown[] {
  return entries
    .map(([, value]) => ({ value, by: expression?.(value, undefined) }))
    .sort((a, b) => compareValues(a.by, b.by))
    .map(({ value }) => value);
}

function entriesOf(collection: unknown): (readonly [unknown, unknown])[] {
  if (Array.isArray(collection)) return (collection as unknown[]).map((item, i) => [BigInt(i), item]);
  if (collection instanceof Map) return [...(collection as Map<unknown, unknown>)];
  if (typeof collection === 'object' && collection !== null) return Object.entries(collection);
  throw new Error('no such overload');
}

function macro(variables: 1 | 2, compute: (run: Run) => unknown) {
  return ({ ast, args, receiver }: Call) => {
    const names = args.slice(0, variables).map((node) => {
      if (typeof node.args !== 'string') throw new Error('argument must be a simple name');
      return node.args;
    });
    const expressions = args.slice(variables);
    const scopes: Scope[] = [];
    return {
      typeCheck(checker: Checker, own: { readonly returnType?: unknown }, scope: Scope): unknown {
        checker.check(receiver, scope);
        let inner = scope;
        for (const name of names) {
          inner = inner.forkWithVariable(name, checker.getType('dyn'));
          scopes.push(inner);
        }
        for (const expression of expressions) checker.check(expression, inner);
        ast.setMeta('async', false);
        return own.returnType ?? checker.getType('dyn');
      },
      evaluate(evaluator: Evaluator, _own: unknown, scope: Scope): unknown {
        const bind = (...values: readonly unknown[]) =>
          scopes.reduce((outer, inner, i) => inner.reuse(outer).setIterValue(values[i], evaluator), scope);
        return compute({
          entries: entriesOf(evaluator.run(receiver, scope)),
          expressions: expressions.map((node) => (key, value) => evaluator.run(node, bind(key, value))),
        });
      },
    };
  };
}
