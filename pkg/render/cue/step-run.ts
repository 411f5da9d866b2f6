import { CueError } from '../../../cue/src/index.ts';
import type { CueNode, Evaluation, Fill } from '../../../cue/src/index.ts';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import type { TemplateInput } from '../engine.ts';
import { findAction, misplacedFields } from '../actions/registry.ts';
import type { FoundAction as NamedAction } from '../actions/registry.ts';
import type { Action, StepActor, StepEnd } from '../step.ts';
import { attempt, isIncomplete, problemOf, templateName } from './templates.ts';
import type { CompiledTemplate } from './templates.ts';

/** Names of fields and indexes of lists. */
type Path = readonly (string | number)[];

interface FoundAction extends Action {
  readonly path: Path;
  /** The fields of the action before it was performed. */
  readonly value: JsonObject;
}

/** An end before the template has come to its own. */
type Unfinished = Exclude<StepEnd, { readonly kind: 'succeeded' }>;

const wrong = (message: string): Unfinished & { readonly kind: 'failed' } => ({
  kind: 'failed',
  reason: 'Execute',
  message,
});

const maxActions = 200;
const given = new Set(['parameter', 'context']);

export interface StepTemplate extends Pick<CompiledTemplate, 'evaluate'> {
  /** The top-level fields that mention actions: an error in another one matters to nothing. */
  readonly acting: ReadonlySet<string>;
}

/** One attempt to execute a step. What actions return is filled into the template, which is then evaluated again. */
export class StepRun {
  readonly #start: CompiledTemplate['evaluate'];
  readonly #acting: ReadonlySet<string>;
  readonly #input: TemplateInput;
  readonly #actor: StepActor;
  readonly #fills: Fill[] = [];
  #evaluation: Evaluation;
  readonly #performed = new Set<string>();
  /** What the step waits for although its template goes on. */
  readonly #waitsFor: string[] = [];
  /** Why fields and parameters of actions have no value, in the order of the template. */
  readonly #unknown: string[] = [];
  #message = '';

  constructor({ evaluate, acting }: StepTemplate, input: TemplateInput, actor: StepActor) {
    this.#start = evaluate;
    this.#acting = acting;
    this.#input = input;
    this.#actor = actor;
    this.#evaluation = this.#evaluate();
  }

  /** What the performed actions returned, as it is filled into the template. */
  get fills(): readonly Fill[] {
    return this.#fills;
  }

  async run(): Promise<StepEnd> {
    const end = await this.#visitAll();
    if (!end) return { kind: 'succeeded', produced: this.#produced(), message: this.#message };
    if (!this.#actor.needsFields || end.kind === 'suspended') return end;
    return { ...end, produced: this.#produced() };
  }

  async #visitAll(): Promise<Unfinished | undefined> {
    const end = await this.#visitFields([]);
    const [unknown] = this.#unknown;
    // what waits for a field that never gets a value waits for ever
    if (unknown !== undefined && (!end || end.kind === 'waiting')) return { ...wrong(unknown), isUnknown: true };
    if (end) return end;
    return this.#waitsFor.length > 0 ? { kind: 'waiting', message: this.#waitsFor.join('; ') } : undefined;
  }

  /** Visits the fields of a struct one by one; what an action returns may bring more. */
  async #visitFields(path: Path): Promise<Unfinished | undefined> {
    const visited = new Set<string>();
    for (;;) {
      const next = this.#names(path, true).find((name) => !visited.has(name));
      if (next === undefined) return undefined;
      visited.add(next);
      const end = await this.#visit([...path, next]);
      if (end) return end;
    }
  }

  /** Performs the actions at and below a path; undefined when all are done. */
  async #visit(path: Path): Promise<Unfinished | undefined> {
    const node = this.#at(path);
    if (!node) return undefined;
    const action = actionOf(node);
    if (typeof action === 'string') return wrong(`${path.join('.')}: ${action}`);
    if (action) return this.#act(path, action, node);
    if (node.error && !isIncomplete(node.error) && !hasFields(node)) {
      if (this.#acting.has(String(path[0]))) this.#unknown.push(problemOf(node.error));
      return undefined;
    }
    if (node.kinds.includes('struct')) return this.#visitFields(path);
    return node.kinds.includes('list') ? this.#visitElements(path, node.elements().length) : undefined;
  }

  async #visitElements(path: Path, count: number): Promise<Unfinished | undefined> {
    for (let i = 0; i < count; i += 1) {
      const end = await this.#visit([...path, i]);
      if (end) return end;
    }
    return undefined;
  }

  async #act(path: Path, { name, isFlat }: NamedAction, node: CueNode): Promise<Unfinished | undefined> {
    const value = valueOf(node);
    if (!value.ok) {
      if (name === 'builtin.wait' && value.isIncomplete) return { kind: 'waiting', message: '' };
      this.#unknown.push(value.problem);
      return undefined;
    }
    if (this.#performed.size >= maxActions) return wrong(`has more than ${maxActions} actions`);
    this.#performed.add(path.join('.'));
    const { $do: _, $flat: __, $params = {}, ...rest } = value.value;
    const params = (isFlat ? rest : $params) as JsonObject;
    const [misplaced] = isFlat ? [] : misplacedFields(name, params, Object.keys(rest));
    if (misplaced !== undefined) return wrong(`${path.join('.')}: ${misplaced}`);
    return this.#perform({ path, label: path.join('.'), value: value.value, isFlat, name, params });
  }

  async #perform(found: FoundAction): Promise<Unfinished | undefined> {
    const { name, params, label, isFlat } = found;
    const result = await this.#actor.perform({ name, params, label, isFlat });
    switch (result.kind) {
      case 'returned':
        if (result.message !== undefined) this.#message = result.message;
        if (result.waitsFor !== undefined) this.#waitsFor.push(result.waitsFor);
        this.#fill(found, result.returns);
        return undefined;
      case 'failed':
        return { reason: 'Execute', ...result };
      case 'suspended':
        return { ...result, label };
      default:
        return result;
    }
  }

  #fill({ path, isFlat, value }: FoundAction, returns: JsonObject): void {
    const filled = isFlat ? missingIn(returns, value) : returns;
    this.#fills.push({ path: isFlat ? path : [...path, '$returns'], value: filled as JsonObject });
    this.#evaluation = this.#evaluate();
  }

  #evaluate(): Evaluation {
    const { parameter, context } = this.#input;
    return this.#start({ parameter, context }, this.#fills);
  }

  /** What the fields of the template are, as far as they are known. */
  #produced(): JsonObject {
    const fields = this.#names([], false).map((name) => [name, attempt(() => this.#at([name])?.json())] as const);
    return Object.fromEntries(
      fields.flatMap(([name, value]) => (value.ok && value.value !== undefined ? [[name, value.value]] : [])),
    );
  }

  #at(path: Path): CueNode | undefined {
    return this.#evaluation.lookup(...path);
  }

  /** The names of the fields at a path in the order in which the template has them, with or without hidden ones. */
  #names(path: Path, withHidden: boolean): readonly string[] {
    const node = path.length === 0 ? this.#evaluation.root : this.#at(path);
    const fields = node?.fields(withHidden).filter(isVisited) ?? [];
    const placed = fields
      .filter(({ name }) => path.length > 0 || !given.has(name))
      .map((field) => ({ name: field.name, at: placeOf(field) }));
    return placed.sort((a, b) => a.at - b.at).map(({ name }) => name);
  }
}

/** Actions are performed in hidden fields too, but not in definitions, which are there to be used elsewhere. */
const isVisited = ({ isOptional, isRequired, isDefinition }: CueNode): boolean =>
  !isOptional && !isRequired && !isDefinition;

function placeOf({ declaredAt }: CueNode): number {
  return declaredAt?.name === templateName ? declaredAt.offset : Number.MAX_SAFE_INTEGER;
}

/** The action that a value is; a text where it names one that does not exist. */
function actionOf(node: CueNode): NamedAction | string | undefined {
  const name = textAt(node, '$do');
  if (name !== undefined) return { name, isFlat: node.lookup('$flat') !== undefined };
  // how the packages of KubeVela name an action, which a template may do by itself
  const own = textAt(node, '#do');
  return own === undefined ? undefined : findAction(textAt(node, '#provider') ?? '', own);
}

function textAt(node: CueNode, field: string): string | undefined {
  const found = attempt(() => node.lookup(field)?.json());
  return found.ok && typeof found.value === 'string' ? found.value : undefined;
}

function hasFields(node: CueNode): boolean {
  return node.fields().length > 0;
}

type Known =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly problem: string; readonly isIncomplete: boolean };

function valueOf(node: CueNode): Known {
  try {
    return { ok: true, value: node.json() as JsonObject };
  } catch (error) {
    return { ok: false, problem: problemOf(error), isIncomplete: error instanceof CueError && isIncomplete(error) };
  }
}

/** What an object has more than another one; what both have stays as it is there. */
function missingIn(more: unknown, there: unknown): unknown {
  if (!isMap(more) || !isMap(there)) return more;
  const entries = Object.entries(more).flatMap(([key, value]) => {
    if (!Object.hasOwn(there, key)) return [[key, value] as const];
    return isMap(value) && isMap(there[key]) ? [[key, missingIn(value, there[key])] as const] : [];
  });
  return Object.fromEntries(entries);
}
