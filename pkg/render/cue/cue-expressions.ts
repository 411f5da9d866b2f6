import type { Json, JsonObject } from '../../apis/meta.ts';
import type { ExpressionEngine } from '../engine.ts';
import type { CueCompiler } from './compiler.ts';
import { readable } from './program.ts';
import { splitImports } from './source.ts';
import { tokensOf } from './tokens.ts';

type Result = Awaited<ReturnType<ExpressionEngine['evaluate']>>;

const resultField = '$value';

/** Evaluates single expressions of CUE over top-level fields. */
export class CueExpressions implements ExpressionEngine {
  readonly #compiler: CueCompiler;

  constructor(compiler: CueCompiler) {
    this.#compiler = compiler;
  }

  async evaluate(expression: string, fields: JsonObject): Promise<Result> {
    const program = attempt(() => programOf(expression, fields));
    if (!program.ok) return program;
    const evaluated = await this.#compiler.evaluate(program.value);
    if (!evaluated.ok) return { ok: false, problem: plain(evaluated.error) };
    const { [resultField]: value = null } = evaluated.value as Readonly<Record<string, Json>>;
    return { ok: true, value };
  }

  async check(expression: string): Promise<string | undefined> {
    const result = await this.evaluate(expression, {});
    if (result.ok || /reference "[^"]*" not found|undefined field|incomplete|concrete/.test(result.problem))
      return undefined;
    return result.problem;
  }
}

/** A CUE file with the expression as its one field, and those of the given fields that it mentions. */
function programOf(expression: string, fields: JsonObject): string {
  const { imports, body } = splitImports(expression);
  const words = new Set(tokensOf(body).flatMap(wordsOf));
  const mentioned = Object.entries(fields).filter(([name]) => words.has(name) && /^[A-Za-z_$][\w$]*$/.test(name));
  return [
    ...imports.map((one) => `import ${one}`),
    ...mentioned.map(([name, value]) => `let ${name} = ${JSON.stringify(value)}`),
    `${resultField}: ${body.trim()}`,
    '',
  ].join('\n');
}

/** A string may mention fields in its interpolations. */
const wordsOf = ({ kind, text }: { readonly kind: string; readonly text: string }): readonly string[] =>
  kind === 'string' ? (text.match(/[\p{L}_$][\p{L}\p{Nd}_$]*/gu) ?? []) : [text];

const plain = (error: string): string => readable(error).replaceAll(`${resultField}: `, '');

function attempt(
  read: () => string,
): { readonly ok: true; readonly value: string } | (Result & { readonly ok: false }) {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}
