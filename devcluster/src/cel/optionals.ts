import { Optional, type Environment } from '@marcbachmann/cel-js';
import type { Call, Checker, Evaluator, Scope } from './macro-types.ts';

/** `optMap` and `optFlatMap`: what an expression makes of a value that is there; nothing of one that is not. */
export function registerOptionals(environment: Environment): void {
  environment
    .registerFunction('OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>', (_: unknown, value: unknown) =>
      isZero(value) ? Optional.none() : Optional.of(value),
    )
    .registerFunction(
      'optional.optMap(ast, ast): optional<dyn>',
      mapper((value) => Optional.of(value)),
    )
    .registerFunction(
      'optional.optFlatMap(ast, ast): optional<dyn>',
      mapper((value) => value),
    );
}

/** Whether a value is the one that its type begins with: 0, an empty text, an empty list or map, null. */
function isZero(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  const plain: unknown = value?.valueOf();
  if (typeof plain === 'number' || typeof plain === 'bigint') return plain == 0;
  if (value instanceof Map) return value.size === 0;
  return (
    typeof value === 'object' && Object.keys(value).length === 0 && !(value instanceof Optional && value.hasValue())
  );
}

function mapper(wrap: (value: unknown) => unknown) {
  return ({ ast, args, receiver }: Call) => {
    const [variable, expression] = args;
    if (typeof variable?.args !== 'string' || !expression)
      throw new Error('optMap() needs a variable and an expression');
    const name = variable.args;
    let inner: Scope | undefined;
    return {
      typeCheck(checker: Checker, _macro: unknown, scope: Scope): unknown {
        checker.check(receiver, scope);
        inner = scope.forkWithVariable(name, checker.getType('dyn'));
        checker.check(expression, inner);
        ast.setMeta('async', false);
        return checker.getType('optional');
      },
      evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope): unknown {
        const found = evaluator.run(receiver, scope) as Optional;
        if (!found.hasValue() || !inner) return Optional.none();
        return wrap(evaluator.run(expression, inner.reuse(scope).setIterValue(found.value(), evaluator)));
      },
    };
  };
}
