import type { Component } from '../../apis/application.ts';
import { schematicOf } from '../../apis/definition.ts';
import type { ParsedApplication } from '../../appfile/parse.ts';
import { refusalOf } from '../../render/actions/registry.ts';
import type { TraitToRender } from '../../render/component.ts';
import { renderComponent } from '../../render/component.ts';
import type { ClusterVersion, RenderContext } from '../../render/context.ts';
import type { Engines } from '../../render/engine.ts';
import { engineFor } from '../../render/engine.ts';
import { missingParameters } from './missing-parameters.ts';

export interface RenderChecks {
  readonly engines: Engines;
  readonly clusterVersion: ClusterVersion;
  /** Whether every parameter that a component needs must be given: the feature gate EnableCueValidation. */
  readonly requiresParameters: boolean;
}

/** Why components of an Application cannot be rendered, as far as that shows before anything is delivered. */
export async function renderProblems(parsed: ParsedApplication, checks: RenderChecks): Promise<readonly string[]> {
  const problems = await Promise.all(
    parsed.components.map(async (component) => {
      const missing = checks.requiresParameters ? await problemsOfParameters(component, parsed, checks) : [];
      return missing.length > 0 ? missing : problemsOfTemplates(component, parsed, checks);
    }),
  );
  return problems.flat();
}

async function problemsOfParameters(
  component: Component,
  { app, definitions }: ParsedApplication,
  { engines }: RenderChecks,
): Promise<readonly string[]> {
  const definition = definitions.componentDefinitions[component.type];
  const template = { name: component.type, schematic: definition && schematicOf(definition.spec) };
  const engine = engineFor(template, engines);
  const schema = engine.ok ? await engine.value.parameterSchema(template) : engine;
  const missing = schema.ok ? missingParameters(component, schema.value, app) : [];
  return missing.length > 0 ? [`component "${component.name}": missing parameters: ${missing.join(',')}`] : [];
}

async function problemsOfTemplates(
  component: Component,
  parsed: ParsedApplication,
  { engines, clusterVersion }: RenderChecks,
): Promise<readonly string[]> {
  const definition = parsed.definitions.componentDefinitions[component.type];
  if (!definition || isCompletedLater(component, parsed)) return [];
  const { cue, handlebars } = schematicOf(definition.spec) ?? {};
  if (cue?.template.includes('"vela/helm"'))
    return [`component "${component.name}": type "${component.type}": ${refusalOf('helm.render') ?? ''}`];
  if (!cue && !handlebars) return [];
  const context = contextOf(component, parsed, clusterVersion);
  const traits = traitsOf(component, parsed);
  const rendered = await renderComponent({ component, definition, traits, context }, engines);
  return rendered.ok ? [] : rendered.problems;
}

/** Whether a step, a policy or the cluster gives values that the Application does not have yet. */
function isCompletedLater({ type, inputs = [] }: Component, { app, policies }: ParsedApplication): boolean {
  const steps = (app.spec.workflow?.steps ?? []).flatMap((step) => [step, ...(step.subSteps ?? [])]);
  const givesInputs = inputs.length > 0 || steps.some((step) => (step.inputs ?? []).length > 0);
  return type === 'ref-objects' || givesInputs || policies.some((policy) => policy.type === 'override');
}

/** The traits that do not wait for the workload. */
function traitsOf({ traits = [] }: Component, { definitions }: ParsedApplication): readonly TraitToRender[] {
  return traits.flatMap((trait) => {
    const definition = definitions.traitDefinitions[trait.type];
    return definition && definition.spec.stage !== 'PostDispatch' ? [{ trait, definition }] : [];
  });
}

function contextOf({ name }: Component, { app }: ParsedApplication, clusterVersion: ClusterVersion): RenderContext {
  const { metadata, spec } = app;
  return {
    name,
    namespace: metadata.namespace ?? '',
    appName: metadata.name ?? '',
    appRevision: '',
    appRevisionNum: 0,
    appLabels: metadata.labels ?? {},
    appAnnotations: metadata.annotations ?? {},
    cluster: 'local',
    clusterVersion,
    replicaKey: '',
    components: spec.components,
    revision: '',
  };
}
