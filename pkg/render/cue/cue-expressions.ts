import { builtinPackage, CueError, parseFile } from '../../../cue/src/index.ts';
import type { Json, JsonObject } from '../../../machinery/src/meta.ts';
import type { ExpressionEngine } from '../engine.ts';
import { attempt, isIncomplete, Templates } from './templates.ts';

type Result = Awaited<ReturnType<ExpressionEngine['evaluate']>>;

/** An expression is evaluated on the event loop. */
const maxSteps = 25_000;
const resultField = '$value';

/** Evaluates single expressions of CUE over top-level fields. */
export class CueExpressions implements ExpressionEngine {
  /** Compiled expressions by the names that they may use. */
  readonly #byInputs = new Map<string, Templates>();

  evaluate(expression: string, fields: JsonObject): Promise<Result> {
    return Promise.resolve(this.#evaluate(expression, fields));
  }

  check(expression: string): Promise<string | undefined> {
    const file = attempt(() => parseFile('expression', expression));
    if (!file.ok) return Promise.resolve(file.problems.join('; '));
    const unknown = file.value.imports.filter(({ path }) => !builtinPackage(path));
    return Promise.resolve(
      unknown.length > 0 ? unknown.map(({ path }) => `there is no package "${path}"`).join('; ') : undefined,
    );
  }

  #evaluate(expression: string, fields: JsonObject): Result {
    const program = attempt(() => programOf(expression));
    const compiled = program.ok ? this.#templates(fields).get(program.value) : program;
    if (!compiled.ok) return { ok: false, problem: textOf(compiled.problems, expression), isFinal: !program.ok };
    let isFinal = true;
    const value = attempt(() => {
      try {
        return compiled.value.evaluate(fields).lookup(resultField)?.json();
      } catch (error) {
        isFinal = !(error instanceof CueError && isMissing(error));
        throw error;
      }
    });
    if (value.ok) return { ok: true, value: (value.value ?? null) as Json };
    return { ok: false, problem: textOf(value.problems, expression), isFinal };
  }

  #templates(fields: JsonObject): Templates {
    const names = Object.keys(fields).sort();
    const key = JSON.stringify(names);
    const templates = this.#byInputs.get(key) ?? new Templates({ inputs: names, steps: maxSteps });
    if (this.#byInputs.size > 100) this.#byInputs.clear();
    this.#byInputs.set(key, templates);
    return templates;
  }
}

/** Problems in one line; the line of an expression that has one only is that of the program around it. */
function textOf(problems: readonly string[], expression: string): string {
  const text = problems.join('; ').replaceAll(`${resultField}: `, '');
  return expression.trim().includes('\n') ? text : text.replaceAll(/\bline \d+: /g, '');
}

/** Whether an error says that a field is not there. */
const isMissing = (error: CueError): boolean => isIncomplete(error) || error.summary.includes('undefined field');

/** A CUE file with the expression as its one field. Throws a CueSyntaxError. */
function programOf(expression: string): string {
  const { decls } = parseFile('expression', expression);
  const [first, ...others] = decls;
  const start = first?.pos ?? expression.length;
  const [head, body] = [expression.slice(0, start), expression.slice(start)];
  const isStruct = others.length > 0 || first?.kind !== 'embedding';
  return `${head}\n${resultField}: ${isStruct ? `{\n${body}\n}` : `(\n${body.trimEnd()}\n)`}\n`;
}
