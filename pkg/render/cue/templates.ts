import {
  compileAll,
  CueBudgetError,
  CueCompileError,
  CueError,
  CueSyntaxError,
  parseFile,
} from '../../../cue/src/index.ts';
import type { Evaluation, File, Fill, Template } from '../../../cue/src/index.ts';
import type { Rendered } from '../engine.ts';
import { unknownUses } from '../actions/registry.ts';
import { isMap, sortKeys } from '../../../machinery/src/patch/json.ts';
import { actionPackages, usesOf } from './packages.ts';

type Inputs = Parameters<Template['evaluate']>[0];

/** A template of a definition, compiled: it is evaluated with `parameter` and `context`. */
export interface CompiledTemplate {
  /** Starts an evaluation within the limits of the event loop. */
  readonly evaluate: (inputs?: Inputs, fills?: readonly Fill[]) => Evaluation;
  readonly files: readonly File[];
}

const maxTemplates = 1000;

/** What one evaluation may use. KubeVela's definitions use 200 to 2,000 steps; all of these take some tenths of a second. */
export const limits = { steps: 300_000, bytes: 32 * 1024 * 1024 };

/** What one evaluation may use on the event loop, where Leases are renewed too: some milliseconds. */
export const loopSteps = 20_000;

/** Whether an evaluation is too long for the event loop, and not yet known to be too long at all. */
export function exceedsLoop(error: unknown): boolean {
  return error instanceof CueBudgetError && error.limit === 'steps' && error.value === loopSteps;
}

interface TemplatesOptions {
  readonly inputs?: readonly string[];
  readonly listArithmetic?: boolean;
  /** The limit of steps; with `loopSteps`, what exceeds it is thrown. */
  readonly steps?: number;
}

/** Compiles texts of CUE once, and keeps those that were used last. */
export class Templates {
  readonly #inputs: readonly string[];
  readonly #listArithmetic: boolean;
  readonly #steps: number;
  readonly #compiled = new Map<string, Rendered<CompiledTemplate>>();

  /** `inputs` are the names that the texts use and an evaluation gives. */
  constructor({
    inputs = ['parameter', 'context'],
    listArithmetic = true,
    steps = limits.steps,
  }: TemplatesOptions = {}) {
    this.#inputs = inputs;
    this.#steps = steps;
    this.#listArithmetic = listArithmetic;
  }

  /** Several texts are the files of one package. */
  get(...texts: readonly string[]): Rendered<CompiledTemplate> {
    const key = texts.join('\u0000');
    const compiled = this.#compiled.get(key) ?? this.#compile(texts);
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > maxTemplates && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }

  #compile(texts: readonly string[]): Rendered<CompiledTemplate> {
    const files = attempt(() => texts.map((text) => parseFile(templateName, text)));
    if (!files.ok) return files;
    const uses = files.value.map(usesOf);
    const unknown = unknownUses(
      uses.flatMap(({ imported }) => imported),
      uses.flatMap((file) => file.uses),
    );
    if (unknown.length > 0) return { ok: false, problems: unknown };
    const settings = { limits: { ...limits, steps: this.#steps }, listArithmetic: this.#listArithmetic };
    return attempt(() => {
      const template = compileAll(texts, { name: templateName, inputs: this.#inputs, packages: actionPackages });
      return {
        files: files.value,
        evaluate: (inputs, fills = []) => template.evaluate(withSortedParameter(inputs), { ...settings, fills }),
      };
    });
  }
}

/** A loop over parameters goes through them in the order that they have in KubeVela. */
function withSortedParameter(inputs: Inputs): Inputs {
  const parameter = inputs?.['parameter'];
  return isMap(parameter) ? { ...inputs, parameter: sortKeys(parameter) as typeof parameter } : inputs;
}

/** The name in a file's package clause, if it has one; undefined also for a file that does not parse. */
export function packageOf(text: string): string | undefined {
  const parsed = attempt(() => parseFile(templateName, text));
  return parsed.ok ? parsed.value.packageName : undefined;
}

/** The name of a template in positions. */
export const templateName = 'template';

/** What an evaluation yields, or the problem that prevents it. */
export function attempt<T>(evaluate: () => T): Rendered<T> {
  try {
    return { ok: true, value: evaluate() };
  } catch (error) {
    return { ok: false, problems: [problemOf(error)] };
  }
}

/** Most errors of one value that a message names. */
const mostNamed = 3;

/** The errors of CUE in one line, without positions; throws what is none. */
export function problemOf(error: unknown): string {
  if (error instanceof CueError) return withOthers(error);
  if (error instanceof CueCompileError)
    return error.errors.map(({ message, position: { source, offset } }) => atLine(source, offset, message)).join('; ');
  if (error instanceof CueBudgetError && !exceedsLoop(error))
    return error.path === '' ? error.message : `${error.path}: ${error.message}`;
  if (error instanceof CueSyntaxError) return atLine(error.source, error.offset, error.message.split(':\n')[0] ?? '');
  throw error;
}

/** A position is written as name:line:column. */
function atLine(source: CueSyntaxError['source'], offset: number, message: string): string {
  return `line ${source.format(offset).split(':').at(-2) ?? ''}: ${message}`;
}

/** The error with the others of the same value, without those that references repeat. */
function withOthers(error: CueError): string {
  const seen = new Set([reasonOf(error)]);
  const others = error.all.filter((other) => seen.size < seen.add(reasonOf(other)).size);
  const named = [error, ...others.slice(0, mostNamed - 1)].map(withCauses);
  const unnamed = others.length + 1 - named.length;
  return unnamed === 0 ? named.join('; ') : `${named.join('; ')} (and ${unnamed} more)`;
}

/** What is wrong and where it is written, whatever field it was found at. */
const reasonOf = ({ summary, path, positions }: CueError): string =>
  [summary.slice(path.length), ...positions].join(' ');

/** The alternatives of a disjunction that fails say why each one does. */
function withCauses({ summary, causes }: CueError): string {
  return causes.length === 0 ? summary : `${summary}: ${causes.map((cause) => cause.summary).join('; ')}`;
}

/** Whether an error only says that something is not known yet. */
export const isIncomplete = (error: CueError | undefined): boolean =>
  error?.code === 'incomplete' || error?.code === 'cycle';
