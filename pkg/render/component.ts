import { schematicOf } from '../apis/definition.ts';
import type { Component, Trait } from '../apis/application.ts';
import type { ComponentDefinition } from '../apis/component-definition.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import type { TraitDefinition } from '../apis/trait-definition.ts';
import type { RenderContext } from './context.ts';
import { contextData } from './context.ts';
import type { Engines, Rendered, TemplateObjects, TraitEffect } from './engine.ts';
import { engineFor } from './engine.ts';
import { nameAuxiliary, nameWorkload, referToWorkload } from './naming.ts';
import type { RenderedObject } from './rendered-object.ts';

/** The trait name of objects that a component itself yields beside its workload. */
export const auxiliaryWorkload = 'AuxiliaryWorkload';

export interface TraitToRender {
  readonly trait: Trait;
  readonly definition: TraitDefinition;
}

export interface ComponentToRender {
  readonly component: Component;
  readonly definition: ComponentDefinition;
  /** In the order of the Application; leave out those that are to come later. */
  readonly traits: readonly TraitToRender[];
  readonly context: RenderContext;
  /** The objects that a ref-objects component refers to, as they are in the cluster; they replace `objects`. */
  readonly referred?: readonly KubeObject[];
}

export interface RenderedComponent {
  /** Undefined when the template yields an empty object, as k8s-objects without objects does. */
  readonly workload: KubeObject | undefined;
  readonly objects: readonly RenderedObject[];
}

/**
 * Renders a component with its traits into objects that have a name and a namespace, but no labels of ownership yet.
 *
 * The namespace of a kind that is cluster-scoped but not built into Kubernetes is set too: a reader that knows the scope of
 * kinds removes it. Problems of the component's parameters and of every trait's are reported together where possible;
 * traits see the workload only once the component rendered.
 */
export async function renderComponent(
  input: ComponentToRender,
  engines: Engines,
): Promise<Rendered<RenderedComponent>> {
  const { component, context } = input;
  const where = `component "${component.name}"`;
  const base = await renderBase(input, engines);
  if (!base.ok) return { ok: false, problems: base.problems.map((text) => `${where}: ${text}`) };

  let workload = base.value.output && nameWorkload(base.value.output, component.name, context.namespace);
  let objects: readonly RenderedObject[] = Object.entries(base.value.outputs).map(([resource, object]) => ({
    object,
    trait: auxiliaryWorkload,
    resource,
    stage: 'DefaultDispatch',
  }));
  const problems: string[] = [];
  for (const { trait, definition: traitDefinition } of input.traits) {
    const effect = await renderTrait(
      { trait, definition: traitDefinition },
      traitContext(input, workload, objects),
      engines,
    );
    if (!effect.ok) {
      problems.push(...effect.problems.map((text) => `trait "${trait.type}" of ${where}: ${text}`));
      continue;
    }
    workload = effect.value.output && withoutLiveStatus(effect.value.output, context);
    objects = merge(objects, effect.value, traitDefinition);
  }
  if (problems.length > 0) return { ok: false, problems };
  const named = objects.map((entry) => ({
    ...entry,
    object: nameAuxiliary(entry.object, component.name, entry.trait, context.namespace),
  }));
  return { ok: true, value: { workload, objects: referToWorkload(named, workload, referencePaths(input)) } };
}

const empty: JsonObject = {};

async function renderBase(input: ComponentToRender, engines: Engines): Promise<Rendered<TemplateObjects>> {
  const { component, definition, context, referred } = input;
  const template = templateOf(definition);
  const engine = engineFor(template, engines);
  if (!engine.ok) return engine;
  const properties = component.properties ?? empty;
  const parameter = referred ? ({ ...properties, objects: referred } as unknown as JsonObject) : properties;
  const live = context.liveOutput && { output: context.liveOutput as unknown as JsonObject };
  return engine.value.render(template, { parameter, context: { ...contextData(context), ...live } });
}

function renderTrait(
  { trait, definition }: TraitToRender,
  context: JsonObject,
  engines: Engines,
): Promise<Rendered<TraitEffect>> {
  const template = templateOf(definition);
  const engine = engineFor(template, engines);
  if (!engine.ok) return Promise.resolve(engine);
  return engine.value.renderTrait(template, { parameter: trait.properties ?? empty, context });
}

function templateOf(definition: ComponentDefinition | TraitDefinition) {
  return {
    name: definition.metadata.name ?? '',
    schematic: schematicOf(definition.spec),
    status: definition.spec.status,
  };
}

function traitContext(
  input: ComponentToRender,
  workload: KubeObject | undefined,
  objects: readonly RenderedObject[],
): JsonObject {
  const status = input.context.liveOutput?.['status'];
  return {
    ...contextData(input.context),
    componentType: input.component.type,
    ...(workload && { output: { ...workload, ...(status !== undefined && { status }) } }),
    outputs: Object.fromEntries(objects.map(({ resource, object }) => [resource, object])),
  } as unknown as JsonObject;
}

/** The status of the live object is there for templates to read, not to be applied. */
function withoutLiveStatus(workload: KubeObject, { liveOutput }: RenderContext): KubeObject {
  if (liveOutput?.['status'] === undefined) return workload;
  return Object.fromEntries(Object.entries(workload).filter(([field]) => field !== 'status')) as unknown as KubeObject;
}

function merge(
  objects: readonly RenderedObject[],
  effect: TraitEffect,
  definition: TraitDefinition,
): readonly RenderedObject[] {
  const changed = objects.map((entry) => ({ ...entry, object: effect.patchedOutputs[entry.resource] ?? entry.object }));
  const stage = definition.spec.stage ?? 'DefaultDispatch';
  const trait = definition.metadata.name ?? '';
  return [
    ...changed,
    ...Object.entries(effect.outputs).map(([resource, object]) => ({ object, trait, resource, stage })),
  ];
}

function referencePaths(input: ComponentToRender): ReadonlyMap<string, string> {
  return new Map(
    input.traits.flatMap(({ definition }) =>
      definition.spec.workloadRefPath ? [[definition.metadata.name ?? '', definition.spec.workloadRefPath]] : [],
    ),
  );
}
