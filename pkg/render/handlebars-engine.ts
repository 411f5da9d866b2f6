import type { HandlebarsSchematic } from '../apis/definition.ts';
import type { JsonObject } from '../../machinery/src/meta.ts';
import type { Engine, Health, Rendered, Template, TemplateInput, TemplateObjects, TraitEffect } from './engine.ts';
import type { CelData, CompiledExpression } from './expression.ts';
import { celData, compileExpression } from './expression.ts';
import { judgement } from './judgement.ts';
import type { ParameterCheck } from './parameters.ts';
import { compileParameters } from './parameters.ts';
import { publishedSchema } from './published-schema.ts';
import type { CompiledTemplate } from './template.ts';
import { TemplateCompiler } from './template.ts';
import { readObjects, readTraitEffect } from './template-output.ts';

interface CompiledDefinition {
  readonly render: CompiledTemplate;
  readonly check: ParameterCheck;
  readonly health: CompiledExpression | undefined;
  readonly message: CompiledExpression | undefined;
  readonly details: readonly (readonly [string, CompiledExpression])[];
}

const maxCompiled = 500;

/** Renders definitions with spec.schematic.handlebars. Each is compiled once per content. */
export class HandlebarsEngine implements Engine {
  readonly #compiler = new TemplateCompiler();
  readonly #compiled = new Map<string, CompiledDefinition>();
  readonly #byIdentity = new WeakMap<HandlebarsSchematic, CompiledDefinition>();

  async render(template: Template, input: TemplateInput): Promise<Rendered<TemplateObjects>> {
    return Promise.resolve(this.#run(template, input, readObjects));
  }

  async renderTrait(template: Template, input: TemplateInput): Promise<Rendered<TraitEffect>> {
    return Promise.resolve(this.#run(template, input, (yielded) => readTraitEffect(yielded, input.context)));
  }

  async evaluateHealth(template: Template, input: TemplateInput): Promise<Health | undefined> {
    const schematic = template.schematic?.handlebars;
    if (!schematic || (schematic.health === undefined && schematic.message === undefined && !schematic.details))
      return Promise.resolve(undefined);
    const compiled = attempt(() => this.#compile(schematic));
    if (!compiled.ok) return { healthy: false, message: compiled.problems.join('; ') };
    return healthOf(compiled.value, input);
  }

  async check(template: Template): Promise<readonly string[]> {
    const schematic = template.schematic?.handlebars;
    return Promise.resolve(schematic ? problemsOf(schematic, this.#compiler) : []);
  }

  async parameterSchema(template: Template): Promise<Rendered<JsonObject>> {
    return Promise.resolve({ ok: true, value: publishedSchema(template.schematic?.handlebars?.parameters) });
  }

  declaredParameters(template: Template): Promise<Rendered<JsonObject>> {
    return this.parameterSchema(template);
  }

  #run<T>(template: Template, input: TemplateInput, read: (yielded: unknown) => Rendered<T>): Rendered<T> {
    const schematic = template.schematic?.handlebars;
    if (!schematic) return { ok: false, problems: [`definition "${template.name}" has no Handlebars template`] };
    const compiled = attempt(() => this.#compile(schematic));
    if (!compiled.ok)
      return { ok: false, problems: compiled.problems.map((text) => `definition "${template.name}": ${text}`) };
    const parameter = compiled.value.check(input.parameter);
    if (!parameter.ok) return parameter;
    const yielded = attempt(() => compiled.value.render({ parameter: parameter.value, context: input.context }));
    return yielded.ok ? read(yielded.value) : yielded;
  }

  #compile(schematic: HandlebarsSchematic): CompiledDefinition {
    const known = this.#byIdentity.get(schematic);
    if (known) return known;
    const key = JSON.stringify(schematic);
    const compiled = this.#compiled.get(key) ?? compile(schematic, this.#compiler);
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > maxCompiled && oldest !== undefined) this.#compiled.delete(oldest);
    this.#byIdentity.set(schematic, compiled);
    return compiled;
  }
}

function compile(schematic: HandlebarsSchematic, compiler: TemplateCompiler): CompiledDefinition {
  const { health, message, details = {} } = schematic;
  return {
    render: compiler.compile(schematic.template),
    check: compileParameters(schematic.parameters),
    health: health === undefined ? undefined : compileExpression(health),
    message: message === undefined ? undefined : compileExpression(message),
    details: Object.entries(details).map(([label, source]) => [label, compileExpression(source)]),
  };
}

/** Every part that does not compile, with the name of its field. */
function problemsOf(schematic: HandlebarsSchematic, compiler: TemplateCompiler): readonly string[] {
  const { health, message, details = {} } = schematic;
  const parts: readonly (readonly [string, () => unknown])[] = [
    ['template', () => compiler.compile(schematic.template)],
    ['parameters', () => compileParameters(schematic.parameters)],
    ['health', () => health === undefined || compileExpression(health)],
    ['message', () => message === undefined || compileExpression(message)],
    ...Object.entries(details).map(([label, source]) => [`details.${label}`, () => compileExpression(source)] as const),
  ];
  return parts.flatMap(([field, action]) => {
    const outcome = attempt(action);
    return outcome.ok ? [] : outcome.problems.map((text) => `spec.schematic.handlebars.${field}: ${text}`);
  });
}

function healthOf(compiled: CompiledDefinition, input: TemplateInput): Health {
  const parameter = compiled.check(input.parameter);
  const data = celData({ parameter: parameter.ok ? parameter.value : input.parameter, context: input.context });
  const { health, message: messageOf } = compiled;
  const judged = health ? attempt(() => health(data)) : undefined;
  const message = messageOf && attempt(() => messageOf(data));
  const details = detailsOf(compiled, data);
  return {
    ...judgement(judged, message?.ok === true ? message.value : undefined),
    ...(details && { details }),
  };
}

function detailsOf(compiled: CompiledDefinition, data: CelData): Readonly<Record<string, string>> | undefined {
  const entries = compiled.details.flatMap(([label, expression]) => {
    const outcome = attempt(() => expression(data));
    if (!outcome.ok || label.length >= 32) return [];
    return [[label, typeof outcome.value === 'string' ? outcome.value : JSON.stringify(outcome.value)] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function attempt<T>(action: () => T): Rendered<T> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    const text = (error as { message?: unknown }).message;
    return { ok: false, problems: [typeof text === 'string' ? text : String(error)] };
  }
}
