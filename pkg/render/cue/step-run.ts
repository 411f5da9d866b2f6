import type { JsonObject } from '../../apis/meta.ts';
import { isMap } from '../../patch/json.ts';
import type { TemplateInput } from '../engine.ts';
import type { Action, StepActor, StepEnd } from '../step.ts';
import type { Evaluated } from './compiler.ts';
import type { TopLevel } from './declarations.ts';
import { closureOf, declarationsOf, topLevelOf } from './declarations.ts';
import { isPackage, packageText } from './packages.ts';
import { importedName, programForPath, readable } from './program.ts';
import type { CueSource } from './source.ts';
import { tokensOf } from './tokens.ts';

type Path = readonly string[];
type Fields = Readonly<Record<string, unknown>>;

interface FoundAction extends Action {
  readonly path: Path;
  readonly value: Fields;
}

/** An end before the template has come to its own. */
type Unfinished = Exclude<StepEnd, { readonly kind: 'succeeded' }>;

const wrong = (message: string): Unfinished => ({ kind: 'failed', reason: 'Rendering', message });

const maxActions = 200;

/** One attempt to execute a step. What actions return is written into the template, which is then evaluated again. */
export class StepRun {
  readonly #source: CueSource;
  readonly #input: TemplateInput;
  readonly #evaluate: (program: string) => Promise<Evaluated>;
  readonly #actor: StepActor;
  /** What the step waits for although its template goes on. */
  readonly #waitsFor: string[] = [];
  /** Where each label first stands in the template: CUE does not keep the order of conditional fields. */
  readonly #places = new Map<string, number>();
  readonly #imports: readonly string[];
  readonly #declarations: readonly TopLevel[];
  /** The packages, and what actions returned, by the field that they belong to. */
  readonly #packages: readonly string[];
  readonly #returned: { readonly field: string; readonly text: string }[] = [];
  readonly #done = new Set<string>();
  /** Of actions whose parameters are not known. */
  readonly #unknown: string[] = [];
  #message = '';

  constructor(
    source: CueSource,
    input: TemplateInput,
    evaluate: (program: string) => Promise<Evaluated>,
    actor: StepActor,
  ) {
    this.#source = source;
    this.#input = input;
    this.#evaluate = evaluate;
    this.#actor = actor;
    const tokens = tokensOf(source.body);
    this.#imports = source.imports.filter((one) => !isPackage(one));
    this.#packages = source.imports.flatMap((one) => packageText(one) ?? []);
    this.#declarations = topLevelOf(source.body, tokens);
    for (const { labels, start } of declarationsOf(source.body, tokens))
      for (const { text } of labels) if (!this.#places.has(bare(text))) this.#places.set(bare(text), start);
  }

  async run(): Promise<StepEnd> {
    const checked = await this.#ask([], 'keys');
    if (!checked.ok && !isIncomplete(checked.error)) return wrong(readable(checked.error));
    const visited = new Set<string>();
    const end = await this.#visitAll(visited);
    if (!end) return { kind: 'succeeded', produced: await this.#produced([...visited]), message: this.#message };
    if (!this.#actor.needsFields || end.kind === 'suspended') return end;
    return { ...end, produced: await this.#produced(await this.#names()) };
  }

  async #visitAll(visited: Set<string>): Promise<Unfinished | undefined> {
    for (;;) {
      // looked up again each time: what an action returned may have brought more
      const next = this.#inOrder(await this.#names()).find((name) => !visited.has(name));
      if (next === undefined) break;
      visited.add(next);
      const end = await this.#visit([next]);
      if (end) return end;
    }
    const [unknown] = this.#unknown;
    if (unknown !== undefined) return wrong(unknown);
    return this.#waitsFor.length > 0 ? { kind: 'waiting', message: this.#waitsFor.join('; ') } : undefined;
  }

  /** The fields that are written at the top, and those that conditions and loops there bring at present. */
  async #names(): Promise<readonly string[]> {
    const written = this.#declarations.map(({ name }) => name).filter((name) => name !== '' && !/^[_#(]/.test(name));
    const brought = this.#declarations.some(({ name }) => name === '') ? await this.#ask([], 'brought') : undefined;
    const names = [...written.map(bare), ...(brought?.ok ? (brought.value as readonly string[]) : [])];
    return [...new Set(names)].filter((name) => !this.#isGiven(name));
  }

  /** Performs the actions at and below a path; undefined when all are done. */
  async #visit(path: Path): Promise<Unfinished | undefined> {
    for (;;) {
      const evaluated = await this.#ask(path, 'value');
      if (!evaluated.ok) return this.#visitParts(path, readable(evaluated.error));
      const found = this.#nextAction(evaluated.value, path);
      if (!found) return undefined;
      if (this.#done.size >= maxActions) return wrong(`has more than ${maxActions} actions`);
      const end = await this.#execute(found);
      if (end) return end;
      this.#done.add(JSON.stringify(found.path));
    }
  }

  /** A struct that is not known as a whole may have parts that are. */
  async #visitParts(path: Path, error: string): Promise<Unfinished | undefined> {
    const action = await this.#ask([...path, '$do'], 'value');
    if (action.ok) {
      if (action.value === 'builtin.wait' && isIncomplete(error)) return { kind: 'waiting', message: '' };
      if (!this.#done.has(JSON.stringify(path))) this.#unknown.push(error);
      return undefined;
    }
    const keys = await this.#ask(path, 'keys');
    if (!keys.ok) {
      if (!isIncomplete(error) && this.#mayAct(path)) this.#unknown.push(error);
      return undefined;
    }
    for (const key of this.#inOrder(keys.value as readonly string[])) {
      const end = await this.#visit([...path, key]);
      if (end) return end;
    }
    return undefined;
  }

  #nextAction(value: unknown, path: Path): FoundAction | undefined {
    if (!isMap(value)) return undefined;
    if (typeof value['$do'] === 'string') {
      if (this.#done.has(JSON.stringify(path))) return undefined;
      const isFlat = value['$flat'] === true;
      const { $do: name, $flat: _, $params = {}, ...rest } = value;
      return { path, label: path.join('.'), value, isFlat, name, params: (isFlat ? rest : $params) as JsonObject };
    }
    for (const key of this.#inOrder(Object.keys(value))) {
      const found = this.#nextAction(value[key], [...path, key]);
      if (found) return found;
    }
    return undefined;
  }

  async #execute(found: FoundAction): Promise<Unfinished | undefined> {
    const { name, params, label, isFlat } = found;
    const result = await this.#actor.perform({ name, params, label, isFlat });
    switch (result.kind) {
      case 'returned':
        if (result.message !== undefined) this.#message = result.message;
        if (result.waitsFor !== undefined) this.#waitsFor.push(result.waitsFor);
        this.#note(found, result.returns);
        return undefined;
      case 'failed':
        return { reason: 'Execute', ...result };
      case 'suspended':
        return { ...result, label };
      default:
        return result;
    }
  }

  #note({ path, isFlat, value }: FoundAction, returns: JsonObject): void {
    const at = path.map((key) => `${JSON.stringify(key)}: `).join('');
    const told = isFlat ? missingIn(returns, value) : { $returns: returns };
    this.#returned.push({ field: path[0] ?? '', text: at + JSON.stringify(told) });
  }

  /** What the fields of the template are, as far as they are known. */
  async #produced(names: readonly string[]): Promise<JsonObject> {
    const values = await Promise.all(names.map(async (name) => [name, await this.#ask([name], 'value')] as const));
    return Object.fromEntries(values.flatMap(([name, told]) => (told.ok ? [[name, told.value]] : []))) as JsonObject;
  }

  #isGiven(name: string): boolean {
    return name === 'parameter' || name === 'context' || this.#packages.some((text) => text.startsWith(`${name}:`));
  }

  /** Whether what a field says mentions a package of actions. */
  #mayAct([field]: Path): boolean {
    const own = this.#declarations.filter(({ name }) => bare(name) === field);
    return own.some(({ words }) =>
      [...words].some((word) => this.#isGiven(word) && word !== 'context' && word !== 'parameter'),
    );
  }

  #inOrder(names: readonly string[]): readonly string[] {
    return [...names].sort((a, b) => (this.#places.get(a) ?? 0) - (this.#places.get(b) ?? 0));
  }

  /** Evaluates with what a field needs alone: what another one cannot be says nothing about it. */
  async #ask(path: Path, wanted: 'value' | 'keys' | 'brought'): Promise<Evaluated> {
    const unnamed = this.#declarations.filter(({ name }) => name === '');
    const evaluated = await this.#askWith(unnamed, path, wanted);
    // a condition at the top that cannot be decided yet hides everything
    const isHidden = !evaluated.ok && isIncomplete(evaluated.error) && unnamed.length > 0 && path.length > 0;
    return isHidden ? this.#askWith([], path, wanted) : evaluated;
  }

  async #askWith(unnamed: readonly TopLevel[], path: Path, wanted: 'value' | 'keys' | 'brought'): Promise<Evaluated> {
    const [field] = path;
    const all = wanted === 'keys' && field === undefined;
    const wantedNames = [...(field === undefined ? [] : [field]), ...unnamed.flatMap(wordsOf)];
    const needed = all ? this.#declarations : closureOf(wantedNames, this.#declarations);
    const names = new Set(needed.map(({ name }) => bare(name)));
    const returned = this.#returned.filter(({ field: of }) => names.has(of) || of === field);
    const used = new Set([...needed, ...unnamed].flatMap(wordsOf));
    const body = [
      ...[...needed, ...unnamed].map(({ text }) => text),
      ...this.#packages,
      ...returned.map(({ text }) => text),
    ].join('\n');
    const source = { ...this.#source, imports: this.#imports.filter((one) => used.has(importedName(one))), body };
    const evaluated = await this.#evaluate(
      programForPath(source, this.#input, { path, wanted: wanted === 'value' ? 'value' : 'keys' }),
    );
    return evaluated.ok ? { ok: true, value: (evaluated.value as Fields)['result'] } : evaluated;
  }
}

const wordsOf = ({ words }: TopLevel): readonly string[] => [...words];

/** Whether an error only says that something is not known yet. */
const isIncomplete = (error: string): boolean =>
  /incomplete|undefined field|cannot reference optional field|not concrete|non-concrete/.test(error);

const bare = (label: string): string => label.replace(/^"(.*)"$/, '$1');

/** What an object has more than another one; what both have stays as it is there. */
function missingIn(more: unknown, there: unknown): unknown {
  if (!isMap(more) || !isMap(there)) return more;
  const entries = Object.entries(more).flatMap(([key, value]) => {
    if (!Object.hasOwn(there, key)) return [[key, value] as const];
    return isMap(value) && isMap(there[key]) ? [[key, missingIn(value, there[key])] as const] : [];
  });
  return Object.fromEntries(entries);
}
