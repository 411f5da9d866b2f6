import { newEnvironment } from './environment.ts';
import { badPatternAt, withOwnFunctions } from './own-functions.ts';

interface CheckError {
  readonly name?: string;
  readonly code?: string;
  readonly summary?: string;
  readonly range?: { readonly start: number } | undefined;
}

/** Faults that the checker is as sure of as the Go library. */
const certain = [
  'unknown_variable',
  'no_such_key',
  'no_such_overload',
  'no_matching_overload',
  'invalid_macro_argument',
];

export function isCertain({ name, code = '' }: CheckError): boolean {
  return name === 'ParseError' || certain.includes(code);
}

/** The fault of a literal pattern, with its place. */
export function patternFault(expression: string): string | undefined {
  const start = badPatternAt(expression);
  if (start === undefined) return undefined;
  return `compilation failed: ${placed(expression, { summary: 'invalid matches argument', range: { start } })}`;
}

/** A fault with its place in the expression. */
export function placed(expression: string, error: CheckError): string {
  const start = (error.range?.start ?? 0) + offsetOf(error);
  const before = expression.slice(0, start).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${worded(error)}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

/** The Go library points at the dot before a field, and at the parenthesis behind a function. */
function offsetOf({ code, summary = '' }: CheckError): number {
  if (code === 'no_such_key') return -1;
  return code === 'no_matching_overload' ? (/'(\w+)\(/.exec(summary)?.[1]?.length ?? 0) : 0;
}

function worded({ name, code, summary = '' }: CheckError): string {
  if (name === 'ParseError') return `Syntax error: ${summary}`;
  switch (code) {
    case 'unknown_variable':
      return `undeclared reference to '${summary.replace(/^.*: /, '')}' (in container '')`;
    case 'no_such_key':
      return `undefined field '${summary.replace(/^.*: /, '')}'`;
    case 'invalid_macro_argument':
      return 'invalid argument to has() macro';
    case 'no_matching_overload':
      return /'(\w+)\(/.test(summary)
        ? `undeclared reference to '${/'(\w+)\(/.exec(summary)?.[1] ?? ''}' (in container '')`
        : summary;
    default:
      return summary;
  }
}

/** Checks an expression over variables of open types against the type that it must have. */
export function expressionFault(
  expression: string,
  { variables, types }: { readonly variables: readonly string[]; readonly types: readonly string[] },
): string | undefined {
  const result = newEnvironment(variables).check(withOwnFunctions(expression)) as {
    readonly valid: boolean;
    readonly type?: string;
    readonly error?: CheckError;
  };
  if (!result.valid) {
    const { error } = result;
    return error && isCertain(error) ? `compilation failed: ${placed(expression, error)}` : undefined;
  }
  const badPattern = patternFault(expression);
  if (badPattern !== undefined) return badPattern;
  const type = result.type ?? 'dyn';
  if (type === 'dyn' || types.includes(type) || !/^\w+$/.test(type)) return undefined;
  const wanted = types.length === 1 ? (types[0] ?? '') : `one of [${types.join(' ')}]`;
  return `must evaluate to ${wanted} but got ${type}`;
}
