import type { Schematic, StatusExpressions } from '../apis/definition.ts';
import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import type { StepActor, StepEnd } from './step.ts';

/** An outcome with every problem at once. Problems name the component or trait and the field. */
export type Rendered<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] };

/** What a definition gives to an engine. `name` is for messages. */
export interface Template {
  readonly name: string;
  readonly schematic: Schematic | undefined;
  readonly status?: StatusExpressions | undefined;
}

/** What templates and expressions see: `parameter` and `context`. */
export interface TemplateInput {
  readonly parameter: JsonObject;
  readonly context: JsonObject;
}

/** The objects that a component or a policy yields. */
export interface TemplateObjects {
  readonly output: KubeObject | undefined;
  readonly outputs: Readonly<Record<string, KubeObject>>;
}

/** What a trait leaves behind: the workload and the auxiliaries of its context, changed, and its own objects. */
export interface TraitEffect {
  readonly output: KubeObject | undefined;
  /** Auxiliaries that the trait changed, by outputs key. */
  readonly patchedOutputs: Readonly<Record<string, KubeObject>>;
  readonly outputs: Readonly<Record<string, KubeObject>>;
}

export interface Health {
  readonly healthy: boolean;
  readonly message: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** One template language. Asynchronous, because an engine may live in another thread. */
export interface Engine {
  render(template: Template, input: TemplateInput): Promise<Rendered<TemplateObjects>>;
  renderTrait(template: Template, input: TemplateInput): Promise<Rendered<TraitEffect>>;
  /** Undefined when the definition carries no expressions of this engine. An expression that fails means unhealthy. */
  evaluateHealth(template: Template, input: TemplateInput): Promise<Health | undefined>;
  /** The problems of the definition itself: template, schema and expressions that do not compile. */
  check(template: Template): Promise<readonly string[]>;
  /** The schema of the parameters as KubeVela publishes it: OpenAPI v3, without references. */
  parameterSchema(template: Template): Promise<Rendered<JsonObject>>;
  /** The same for checks of what users write: with parameters that a template has only beside certain values of others. */
  declaredParameters(template: Template): Promise<Rendered<JsonObject>>;
}

/** Executes templates of workflow steps. */
export interface StepEngine {
  /**
   * Evaluates a template and performs its actions in the order in which they are written; what one returns, those behind
   * it may use. The first that waits or fails ends the attempt, and the next attempt begins anew: actions bear to be
   * repeated. What `perform` throws comes through.
   */
  runStep(template: Template, input: TemplateInput, actor: StepActor): Promise<StepEnd>;
}

/** The fields of a policy that changes Applications, as its template yields them. */
export const policyFields = ['output', 'enabled', 'config'] as const;

/** Renders policies that change Applications. */
export interface PolicyEngine {
  /** The fields of the template that have a value, after the actions that it asks for are performed. */
  renderPolicy(template: Template, input: TemplateInput, actor: StepActor): Promise<Rendered<JsonObject>>;
}

/** Evaluates single expressions: `if` and `valueFrom` of workflow steps. */
export interface ExpressionEngine {
  /** The value of an expression over top-level fields. The text may begin with imports. */
  evaluate(
    expression: string,
    fields: JsonObject,
  ): Promise<
    | { readonly ok: true; readonly value: Json }
    | { readonly ok: false; readonly problem: string; readonly isFinal: boolean }
  >;
  /** Why an expression cannot be evaluated over any fields; undefined when it may be. */
  check(expression: string): Promise<string | undefined>;
}

/** The engines of this process, by the key of the schematic that each evaluates. */
export interface Engines {
  readonly handlebars: Engine;
  readonly cue: Engine & StepEngine & PolicyEngine;
  readonly expressions: ExpressionEngine;
}

/** The engine that evaluates a definition, or why there is none. */
export function engineFor(template: Template, engines: Engines): Rendered<Engine> {
  const { name, schematic } = template;
  const given: Readonly<Record<string, unknown>> = { ...schematic };
  const languages = Object.entries(given).flatMap(([language, template]) => (template ? [language] : []));
  if (languages.length > 1)
    return problem(
      `definition "${name}" has ${languages.length} templates (spec.schematic.${languages.join(', ')}); leave one of them`,
    );
  if (schematic?.handlebars) return { ok: true, value: engines.handlebars };
  if (schematic?.cue) return { ok: true, value: engines.cue };
  if (schematic?.terraform) return problem(`definition "${name}" uses Terraform, which this version does not evaluate`);
  return problem(`definition "${name}" has no template; give it spec.schematic.cue or spec.schematic.handlebars`);
}

function problem(text: string): Rendered<never> {
  return { ok: false, problems: [text] };
}
