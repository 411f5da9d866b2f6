import type { CueNode, Evaluation, Fill, OpenApiOptions } from '../../../cue/src/index.ts';
import { CueBudgetError, CueError, parseFile } from '../../../cue/src/index.ts';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import type {
  Engine,
  Health,
  PolicyEngine,
  Rendered,
  StepEngine,
  Template,
  TemplateInput,
  TemplateObjects,
  TraitEffect,
} from '../engine.ts';
import { policyFields } from '../engine.ts';
import { judgement } from '../judgement.ts';
import { compileParameters } from '../parameters.ts';
import type { StepActor, StepEnd } from '../step.ts';
import { readObjects } from '../template-output.ts';
import { jsonSchemaOf, publishedSchema } from './open-api.ts';
import { actingFields } from './packages.ts';
import { markedValue, markOf, markPrefix } from './patch-marks.ts';
import { StepRun } from './step-run.ts';
import type { CompiledTemplate } from './templates.ts';
import { attempt, exceedsLoop, isIncomplete, problemOf, templateName, Templates } from './templates.ts';
import { readMarkedEffect } from './trait-patch.ts';

type Fields = Readonly<Record<string, unknown>>;

const given = ['parameter', 'context'];

export interface CueEngineOptions {
  /** `+` adds lists and `*` repeats one, as in the CUE that older definitions are written for. Default true. */
  readonly listArithmetic?: boolean;
  /** The limit of steps of one evaluation. */
  readonly steps?: number;
}

/** Renders definitions with spec.schematic.cue, and judges health by the CUE of their spec.status. */
export class CueEngine implements Engine, StepEngine, PolicyEngine {
  readonly #templates: Templates;

  constructor(options: CueEngineOptions = {}) {
    this.#templates = new Templates(options);
  }

  render(template: Template, input: TemplateInput): Promise<Rendered<TemplateObjects>> {
    const fields = this.#fields([textOf(template)], input, ['output', 'outputs', 'errs']);
    return Promise.resolve(fields.ok ? readObjects(fields.value) : fields);
  }

  renderTrait(template: Template, input: TemplateInput): Promise<Rendered<TraitEffect>> {
    return Promise.resolve(this.#renderTrait(template, input));
  }

  evaluateHealth(template: Template, input: TemplateInput): Promise<Health | undefined> {
    return Promise.resolve(this.#health(template, input));
  }

  /** Wrong parameters matter only to what depends on them, as in KubeVela. */
  async runStep(template: Template, input: TemplateInput, actor: StepActor): Promise<StepEnd> {
    const compiled = this.#compile([textOf(template)]);
    if (!compiled.ok) return { kind: 'failed', reason: 'Execute', message: compiled.problems.join('; ') };
    const { evaluate, files } = compiled.value;
    const end = await this.#run({ evaluate, acting: actingFields(files) }, input, actor);
    const problems = parameterProblems(compiled.value, input);
    if (problems.length === 0) return end;
    if (end.kind === 'succeeded') return { ...end, ignored: problems };
    return end.kind === 'failed' && end.isUnknown ? { ...end, message: problems.join('; ') } : end;
  }

  async renderPolicy(template: Template, input: TemplateInput, actor: StepActor): Promise<Rendered<JsonObject>> {
    const text = textOf(template);
    const compiled = this.#compile([text]);
    if (!compiled.ok) return compiled;
    const { evaluate, files } = compiled.value;
    const acting = actingFields(files);
    if (acting.size === 0) return this.#fields([text], input, policyFields) as Rendered<JsonObject>;
    const run = new StepRun({ evaluate, acting }, input, actor);
    const end = await run.run();
    if (end.kind !== 'succeeded') return { ok: false, problems: [end.message] };
    return this.#fields([text], input, policyFields, run.fills) as Rendered<JsonObject>;
  }

  /** What the evaluation must not use ends the step. */
  async #run(...[template, input, actor]: ConstructorParameters<typeof StepRun>): Promise<StepEnd> {
    try {
      return await new StepRun(template, input, actor).run();
    } catch (error) {
      if (!(error instanceof CueBudgetError) || exceedsLoop(error)) throw error;
      return { kind: 'failed', reason: 'Execute', message: problemOf(error) };
    }
  }

  check({ schematic, status = {} }: Template): Promise<readonly string[]> {
    const texts = [
      ['spec.schematic.cue.template', schematic?.cue?.template],
      ['spec.status.healthPolicy', status.healthPolicy],
      ['spec.status.customStatus', status.customStatus],
      ['spec.status.details', status.details],
    ] as const;
    const problems = texts.flatMap(([field, text]) =>
      text === undefined ? [] : this.#problemsOf(text).map((problem) => `${field}: ${problem}`),
    );
    return Promise.resolve(problems);
  }

  /** The fields that the files of a package yield for an input, as far as they have them. */
  evaluate(texts: readonly string[], input: TemplateInput, fields: readonly string[]): Rendered<Fields> {
    return this.#fields(texts, input, fields);
  }

  parameterSchema(template: Template): Promise<Rendered<JsonObject>> {
    return Promise.resolve(this.#schema(template, {}));
  }

  declaredParameters(template: Template): Promise<Rendered<JsonObject>> {
    return Promise.resolve(this.#schema(template, { forUsers: true }));
  }

  #schema(template: Template, options: OpenApiOptions): Rendered<JsonObject> {
    const compiled = this.#compile([textOf(template)]);
    if (compiled.ok) return attempt(() => schemaOf(compiled.value, options));
    return { ok: false, problems: compiled.problems.map((problem) => `spec.schematic.cue.template: ${problem}`) };
  }

  #compile(texts: readonly string[]): Rendered<CompiledTemplate> {
    return this.#templates.get(...texts);
  }

  #renderTrait(template: Template, input: TemplateInput): Rendered<TraitEffect> {
    const fields = this.#fields([textOf(template)], input, ['outputs', 'errs', 'patch', 'patchOutputs']);
    return fields.ok ? readMarkedEffect(fields.value, input.context) : fields;
  }

  /** The fields that a template yields, or why it does not: its own `errs`, wrong parameters, or the first error. */
  #fields(...[texts, input, wanted, fills = []]: FieldsToRead): Rendered<Fields> {
    const compiled = this.#compile(texts);
    if (!compiled.ok) return { ok: false, problems: compiled.problems.map((problem) => `template: ${problem}`) };
    const evaluation = start(compiled.value, input, fills);
    const fields = attempt(() => {
      // an error in a field that nothing asks for is an error all the same, as a wrong parameter is
      const { error } = evaluation.root;
      if (error && !isIncomplete(error)) throw error;
      return fieldsOf(evaluation, wanted);
    });
    if (fields.ok) return fields;
    const errs = attempt(() => evaluation.lookup('errs')?.json());
    if (errs.ok && Array.isArray(errs.value) && errs.value.length > 0)
      return { ok: false, problems: errs.value.map(String) };
    const wrong = parameterProblems(compiled.value, input);
    if (wrong.length > 0) return { ok: false, problems: wrong };
    return { ok: false, problems: fields.problems.map((problem) => `template: ${problem}`) };
  }

  #health(template: Template, input: TemplateInput): Health | undefined {
    const { healthPolicy, customStatus, details } = template.status ?? {};
    if (healthPolicy === undefined && customStatus === undefined && details === undefined) return undefined;
    const parameter = this.#withDefaults(template, input);
    const withStatus = (status: JsonObject): TemplateInput => ({ parameter, context: { ...input.context, status } });
    const known = this.#knownFields(details, withStatus({}));
    const judged = this.#judge(healthPolicy, withStatus({ details: known }));
    const { healthy } = judgement(judged, undefined);
    const { message } = this.#knownFields(customStatus, withStatus({ details: known, healthy }), ['message']);
    const shown = shownDetails(known);
    return { ...judgement(judged, message), ...(Object.keys(shown).length > 0 && { details: shown }) };
  }

  /** The parameters as the template sees them. */
  #withDefaults(template: Template, input: TemplateInput): JsonObject {
    const text = template.schematic?.cue?.template;
    const compiled = text === undefined ? undefined : this.#compile([text]);
    if (!compiled?.ok) return input.parameter;
    const parameter = attempt(() => start(compiled.value, input).lookup('parameter')?.json());
    return { ...input.parameter, ...(parameter.ok && (parameter.value as JsonObject | undefined)) };
  }

  /** What a health policy yields as `isHealth`; undefined where there is none. */
  #judge(policy: string | undefined, input: TemplateInput): Rendered<unknown> | undefined {
    if (policy === undefined) return undefined;
    const compiled = this.#compile([policy]);
    if (!compiled.ok) return compiled;
    return attempt(() => startWhole(compiled.value, input).lookup('isHealth')?.json());
  }

  /** The fields of a status expression that have a value; all of them without `wanted`. None where the text itself fails. */
  #knownFields(text: string | undefined, input: TemplateInput, wanted?: readonly string[]): JsonObject {
    if (text === undefined || text.trim() === '') return {};
    const compiled = this.#compile([text]);
    if (!compiled.ok) return {};
    const evaluation = attempt(() => startWhole(compiled.value, input));
    if (!evaluation.ok) return {};
    const nodes = evaluation.value.root
      .fields()
      .filter(({ name }) => (wanted ? wanted.includes(name) : !given.includes(name)));
    return Object.fromEntries(
      nodes.flatMap((node) => {
        const value = attempt(() => node.json());
        return value.ok ? [[node.name, value.value]] : [];
      }),
    );
  }

  /** What depends on values that come later is no problem of a text. */
  #problemsOf(text: string): readonly string[] {
    const compiled = this.#compile([text]);
    if (!compiled.ok) return importsForeign(text) ? [] : compiled.problems;
    const evaluation = attempt(() => compiled.value.evaluate().root.error);
    if (!evaluation.ok) return evaluation.problems;
    return evaluation.value && !isIncomplete(evaluation.value) ? [problemOf(evaluation.value)] : [];
  }
}

/** Whether a text imports packages that neither CUE nor KubeVela has: whatever uses it reports that. */
function importsForeign(text: string): boolean {
  const file = attempt(() => parseFile(templateName, text));
  return file.ok && file.value.imports.some(({ path }) => path.split('/')[0]?.includes('.') === true);
}

const textOf = ({ schematic }: Template): string => schematic?.cue?.template ?? '';

type FieldsToRead = readonly [
  texts: readonly string[],
  input: TemplateInput,
  wanted: readonly string[],
  fills?: readonly Fill[],
];

function start(
  { evaluate }: CompiledTemplate,
  { parameter, context }: TemplateInput,
  fills: readonly Fill[] = [],
): Evaluation {
  return evaluate({ parameter, context }, fills);
}

/** An evaluation of a text that has no error as a whole: a condition that cannot be decided is one. Throws a CueError. */
function startWhole(compiled: CompiledTemplate, input: TemplateInput): Evaluation {
  const evaluation = start(compiled, input);
  const { error } = evaluation.root;
  if (error) throw error;
  return evaluation;
}

/** Fields of which each is an object of its own: conditions that cannot be decided add none. */
const maps = ['outputs', 'patchOutputs'];

function valueOf(node: CueNode): unknown {
  const read = (part: CueNode): unknown => (node.name.startsWith('patch') ? markedValue(part) : part.json());
  if (maps.includes(node.name) && isIncomplete(node.error))
    return Object.fromEntries(node.fields().map((field) => [field.name, read(field)]));
  return read(node);
}

function fieldsOf(evaluation: Evaluation, wanted: readonly string[]): Fields {
  const nodes = wanted.flatMap((name) => evaluation.lookup(name) ?? []);
  return Object.fromEntries(
    nodes.flatMap((node) => {
      const mark = node.name === 'patch' ? markOf(node) : undefined;
      return [[node.name, valueOf(node)], ...(mark ? [[markPrefix + node.name, mark]] : [])];
    }),
  ) as Fields;
}

function schemaOf({ evaluate }: CompiledTemplate, options: OpenApiOptions): JsonObject {
  const schema = evaluate().lookup('parameter')?.openApi(options);
  return schema ? publishedSchema(schema) : { type: 'object' };
}

/** What is wrong with the properties: all of it where the schema shows it, else the first that CUE finds. */
function parameterProblems(compiled: CompiledTemplate, input: TemplateInput): readonly string[] {
  const node = attempt(() => start(compiled, input).lookup('parameter'));
  if (!node.ok) return node.problems;
  try {
    node.value?.json();
    return [];
  } catch (error) {
    // an undecided alternative matters only to what reads it
    if (error instanceof CueError && error.message.includes('unresolved disjunction')) return [];
    const found = problemOf(error);
    if (!found.startsWith('parameter')) return [];
    const checked = attempt(() =>
      compileParameters(jsonSchemaOf(schemaOf(compiled, {})) as JsonObject)(input.parameter),
    );
    const all = checked.ok && !checked.value.ok ? checked.value.problems : [];
    return all.length > 0 ? all : [parameterProblem(found)];
  }
}

/** What is wrong with the parameters, as the properties of an Application have it. */
function parameterProblem(problem: string): string {
  return problem
    .replace(/^parameter(?=[.:])/, 'properties')
    .replace(/\.(\d+)(?=[.:])/g, '[$1]')
    .replace(/: incomplete value (.*)$/, ': is required ($1)')
    .replace(/: field is required but not present$/, ': is required');
}

/** Labels that begin with $ are for other expressions only. */
function shownDetails(details: JsonObject): Readonly<Record<string, string>> {
  const shown = Object.entries(details).filter(([label]) => !label.startsWith('$') && label.length < 32);
  return Object.fromEntries(
    shown.map(([label, value]) => [label, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
