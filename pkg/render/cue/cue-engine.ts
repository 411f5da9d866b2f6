import type { JsonObject } from '../../apis/meta.ts';
import { isMap } from '../../patch/json.ts';
import type {
  Engine,
  Health,
  Rendered,
  StepEngine,
  Template,
  TemplateInput,
  TemplateObjects,
  TraitEffect,
} from '../engine.ts';
import { judgement } from '../judgement.ts';
import { compileParameters } from '../parameters.ts';
import { readObjects } from '../template-output.ts';
import { unknownUses } from '../actions/registry.ts';
import type { StepActor, StepEnd } from '../step.ts';
import type { CueCompiler, Evaluated } from './compiler.ts';
import { jsonSchemaOf, parameterSchema } from './open-api.ts';
import { isPackage, usesOf } from './packages.ts';
import { markPatches } from './patch-marks.ts';
import {
  parameterProblem,
  programFor,
  programForParameter,
  programForSchema,
  programToCheck,
  readable,
} from './program.ts';
import type { CueSource } from './source.ts';
import { readSource } from './source.ts';
import { StepRun } from './step-run.ts';
import { readMarkedEffect, traitFields } from './trait-patch.ts';

type Fields = Readonly<Record<string, unknown>>;

const maxSources = 1000;
const readTrait = (text: string): CueSource => readSource(markPatches(text));

/** Renders definitions with spec.schematic.cue, and judges health by the CUE of their spec.status. */
export class CueEngine implements Engine, StepEngine {
  readonly #compiler: CueCompiler;
  readonly #sources = new Map<string, Rendered<CueSource>>();

  constructor(compiler: CueCompiler) {
    this.#compiler = compiler;
  }

  async render(template: Template, input: TemplateInput): Promise<Rendered<TemplateObjects>> {
    const source = this.#source(template.schematic?.cue?.template, readSource);
    const yielded = await this.#evaluate(source, input, ['output', 'outputs', 'errs']);
    return yielded.ok ? readObjects(yielded.value) : yielded;
  }

  async renderTrait(template: Template, input: TemplateInput): Promise<Rendered<TraitEffect>> {
    const source = this.#source(template.schematic?.cue?.template, readTrait);
    const yielded = await this.#evaluate(source, input, traitFields);
    return yielded.ok ? readMarkedEffect(yielded.value, input.context) : yielded;
  }

  async evaluateHealth(template: Template, input: TemplateInput): Promise<Health | undefined> {
    const { healthPolicy, customStatus, details } = template.status ?? {};
    if (healthPolicy === undefined && customStatus === undefined && details === undefined) return undefined;
    const parameter = await this.#withDefaults(template, input);
    const withStatus = (status: JsonObject): TemplateInput => ({ parameter, context: { ...input.context, status } });
    const known = (await this.#fieldsOf(details, withStatus({}), undefined)) as JsonObject;
    const judged = await this.#judge(healthPolicy, withStatus({ details: known }));
    const { healthy } = judgement(judged, undefined);
    const { message } = await this.#fieldsOf(customStatus, withStatus({ details: known, healthy }), ['message']);
    const shown = shownDetails(known);
    return { ...judgement(judged, message), ...(Object.keys(shown).length > 0 && { details: shown }) };
  }

  async runStep(template: Template, input: TemplateInput, actor: StepActor): Promise<StepEnd> {
    const wrong = (problems: readonly string[]): StepEnd => ({
      kind: 'failed',
      reason: 'Rendering',
      message: problems.join('; '),
    });
    const source = this.#source(template.schematic?.cue?.template, readSource);
    if (!source.ok) return wrong(source.problems);
    const { imported, uses } = usesOf(source.value);
    const unknown = unknownUses(imported, uses);
    if (unknown.length > 0) return wrong(unknown);
    const problems = await this.#parameterProblems(source.value, input);
    if (problems.length > 0) return wrong(problems);
    const evaluate = (program: string): Promise<Evaluated> => this.#compiler.evaluate(program);
    return new StepRun(source.value, input, evaluate, actor).run();
  }

  async check({ schematic, status = {} }: Template): Promise<readonly string[]> {
    const texts = [
      ['spec.schematic.cue.template', schematic?.cue?.template],
      ['spec.status.healthPolicy', status.healthPolicy],
      ['spec.status.customStatus', status.customStatus],
      ['spec.status.details', status.details],
    ] as const;
    const problems = await Promise.all(
      texts.map(async ([field, text]) => [field, await this.#problemOf(text)] as const),
    );
    return problems.flatMap(([field, problem]) => (problem === undefined ? [] : [`${field}: ${problem}`]));
  }

  /** The fields that any text of CUE yields for an input, as far as it has them. */
  async evaluate(text: string, input: TemplateInput, fields: readonly string[]): Promise<Rendered<Fields>> {
    return this.#evaluate(this.#source(text, readSource), input, fields);
  }

  async parameterSchema({ schematic }: Template): Promise<Rendered<JsonObject>> {
    const source = this.#source(schematic?.cue?.template, readSource);
    if (!source.ok) return source;
    const document = await this.#compiler.evaluate(programForSchema(source.value), 'schema');
    if (!document.ok) return { ok: false, problems: [`spec.schematic.cue.template: ${readable(document.error)}`] };
    return { ok: true, value: parameterSchema(document.value) };
  }

  async #problemOf(text: string | undefined): Promise<string | undefined> {
    if (text === undefined) return undefined;
    const source = this.#source(text, readSource);
    if (!source.ok) return source.problems.join('; ');
    // What imports packages that are not there cannot be compiled; whoever uses it will be told.
    if (source.value.imports.some(isForeign)) return undefined;
    const compiled = await this.#compiler.evaluate(programToCheck(source.value));
    // What depends on values that come later is no problem of the template.
    if (compiled.ok || /incomplete|undefined field/.test(compiled.error)) return undefined;
    return readable(compiled.error);
  }

  /** The fields that a template yields, or why it does not: its own `errs`, wrong parameters, or the first error. */
  async #evaluate(
    source: Rendered<CueSource>,
    input: TemplateInput,
    fields: readonly string[],
  ): Promise<Rendered<Fields>> {
    if (!source.ok) return source;
    const ask = (wanted: readonly string[]) => this.#compiler.evaluate(programFor(source.value, input, wanted));
    const evaluated = await ask(fields);
    if (evaluated.ok) return { ok: true, value: evaluated.value as Fields };
    const errs = await ask(['errs']);
    const own = errs.ok && isMap(errs.value) ? errs.value['errs'] : undefined;
    if (Array.isArray(own) && own.length > 0) return { ok: false, problems: own.map(String) };
    const wrong = await this.#parameterProblems(source.value, input);
    return { ok: false, problems: wrong.length > 0 ? wrong : [`template: ${readable(evaluated.error)}`] };
  }

  /** What is wrong with the properties: all of it where the schema tells, else the first that CUE finds. */
  async #parameterProblems(source: CueSource, input: TemplateInput): Promise<readonly string[]> {
    const evaluated = await this.#compiler.evaluate(programForParameter(source, input));
    if (evaluated.ok || !/^parameter[.:]/.test(readable(evaluated.error))) return [];
    // Open alternatives may stay undecided: that is a matter of who reads them.
    if (evaluated.error.includes('incomplete value "|(')) return [];
    const document = await this.#compiler.evaluate(programForSchema(source), 'schema');
    const check = (schema: JsonObject) => compileParameters(jsonSchemaOf(schema) as JsonObject)(input.parameter);
    const told = document.ok ? attempt(() => check(parameterSchema(document.value))) : document;
    const problems = told.ok && !told.value.ok ? told.value.problems : [];
    return problems.length > 0 ? problems : [parameterProblem(evaluated.error)];
  }

  /** The parameters as the template sees them. */
  async #withDefaults({ schematic }: Template, input: TemplateInput): Promise<JsonObject> {
    const source = this.#source(schematic?.cue?.template, readSource);
    if (!source.ok) return input.parameter;
    const { parameter = {} } = await this.#ask(programForParameter(source.value, input));
    return { ...input.parameter, ...(parameter as JsonObject) };
  }

  /** What a health policy yields as `isHealth`; undefined where there is none. */
  async #judge(policy: string | undefined, input: TemplateInput): Promise<Rendered<unknown> | undefined> {
    if (policy === undefined) return undefined;
    const source = this.#source(policy, readSource);
    if (!source.ok) return source;
    const evaluated = await this.#compiler.evaluate(programFor(source.value, input, ['isHealth']));
    if (!evaluated.ok) return { ok: false, problems: [readable(evaluated.error)] };
    return { ok: true, value: (evaluated.value as Fields)['isHealth'] };
  }

  /** The fields of a status expression; none when it fails. */
  async #fieldsOf(
    text: string | undefined,
    input: TemplateInput,
    fields: readonly string[] | undefined,
  ): Promise<Fields> {
    const source = this.#source(text, readSource);
    if (!source.ok || source.value.body.trim() === '') return {};
    return this.#ask(programFor(source.value, input, fields));
  }

  async #ask(program: string): Promise<Fields> {
    const evaluated = await this.#compiler.evaluate(program);
    return evaluated.ok && isMap(evaluated.value) ? evaluated.value : {};
  }

  #source(text = '', read: (text: string) => CueSource): Rendered<CueSource> {
    const key = `${read.name}\n${text}`;
    const source = this.#sources.get(key) ?? attempt(() => read(text));
    this.#sources.delete(key);
    this.#sources.set(key, source);
    const [oldest] = this.#sources.keys();
    if (this.#sources.size > maxSources && oldest !== undefined) this.#sources.delete(oldest);
    return source;
  }
}

/** Paths of CUE's own packages begin with a plain word; those with a domain are somebody else's. */
const isForeign = (specification: string): boolean =>
  /"(vela\/|[^"/]*\.)/.test(specification) && !isPackage(specification);

/** Labels that begin with $ are for other expressions only. */
function shownDetails(details: JsonObject): Readonly<Record<string, string>> {
  const shown = Object.entries(details).filter(([label]) => !label.startsWith('$') && label.length < 32);
  return Object.fromEntries(
    shown.map(([label, value]) => [label, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function attempt<T>(read: () => T): Rendered<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, problems: [`template: ${(error as Error).message}`] };
  }
}
