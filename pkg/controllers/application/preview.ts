import type { Application } from '../../apis/application.ts';
import type { Policy } from '../../apis/policy.ts';
import type { Workflow } from '../../apis/workflow.ts';
import type { DefinitionSource } from '../../appfile/definition-lookup.ts';
import { namedPolicies, parseApplication } from '../../appfile/parse.ts';
import type { Manifest } from '../../dispatch/manifest.ts';
import { renderComponent } from '../../render/component.ts';
import type { ClusterVersion } from '../../render/context.ts';
import type { Engines, Rendered } from '../../render/engine.ts';
import { newRevision, revisionSpec } from '../../revision/content.ts';
import { definedStepTypes, planWorkflow, replaceableSteps } from '../../workflow/generate.ts';
import { allPlacements } from './component/place.ts';
import type { Placement } from './component/placement.ts';
import { definitionOf, renderContext } from './component/placement.ts';
import { referredObjects } from './component/referred.ts';
import type { ReferenceReader } from './component/referred.ts';
import { manifestsOf, traitsOf } from './component/render.ts';
import { noActor } from './policies/actor.ts';
import { policiesWithObjects, renderPolicyObjects } from './policies/resources.ts';
import { selectPolicies } from './policies/select.ts';
import type { Transformed } from './policies/transform.ts';
import { transformApplication } from './policies/transform.ts';
import type { Renderable } from './stages.ts';

/** What a preview is made from. */
export interface PreviewSource {
  readonly definitions: DefinitionSource;
  readonly engines: Engines;
  readonly clusterVersion: ClusterVersion;
  readonly systemNamespace: string;
  /** The number of the revision that the manifests name. */
  readonly revisionNumber: number;
  /** The Workflow that the Application refers to. */
  readonly workflow?: Workflow | undefined;
  /** The Policies that its deploy steps name. */
  readonly policies?: readonly Policy[] | undefined;
  /** Reads the objects that components of type ref-objects refer to; without it, such a component is a problem. */
  readonly references?: ReferenceReader | undefined;
}

/** What would be delivered of one component at one place. */
export interface PreviewedComponent {
  readonly component: string;
  readonly namespace: string;
  readonly manifests: readonly Manifest[];
}

const stages = ['PreDispatch', 'DefaultDispatch', 'PostDispatch'] as const;

/**
 * Renders what the workflow of an Application would deliver, without a cluster and without writing anything: every
 * component of its deploy and apply-component steps, with the overrides of their policies, and the objects of policies, by the functions that the
 * controller renders with. Inputs of components have no value here, and PostDispatch traits see no live workload. All
 * problems of the Application are returned together.
 */
export async function previewApplication(
  written: Application,
  source: PreviewSource,
): Promise<Rendered<readonly PreviewedComponent[]>> {
  const { definitions, systemNamespace, workflow, revisionNumber } = source;
  const transformed = await withPolicies(written, source);
  if (!transformed.ok) return transformed;
  const { app, custom } = transformed.value;
  const { components, workflow: own, policies = [] } = app.spec;
  const steps = { workflow: own, referred: workflow, components, policies: namedPolicies(policies) };
  const parsing = parseApplication(app, {
    definitions,
    systemNamespace,
    stepTypes: definedStepTypes(steps),
    optionalStepTypes: replaceableSteps,
    external: source.policies ?? [],
  });
  if (!parsing.ok) return parsing;
  const { parsed } = parsing;
  const definedSteps = Object.keys(parsed.definitions.workflowStepDefinitions);
  const planning = planWorkflow({ ...steps, components: parsed.components, definedSteps });
  if (!planning.ok) return planning;
  const spec = revisionSpec({ app, ...parsed.definitions, workflow, policies: source.policies });
  const renderable = { app, custom, revision: newRevision(app, spec, revisionNumber) };
  const previews: PreviewedComponent[] = [];
  const problems: string[] = [];
  for (const one of policiesWithObjects({ parsed })) {
    const manifests = await renderPolicyObjects(one, renderable, source);
    const { name } = one.policy;
    if (manifests.ok)
      previews.push({ component: name, namespace: app.metadata.namespace ?? '', manifests: manifests.value });
    else problems.push(...manifests.problems);
  }
  for (const placement of allPlacements(planning.plan, parsed)) {
    const preview = await previewComponent(placement, renderable, source);
    if (preview.ok) previews.push(preview.value);
    else problems.push(...preview.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: previews };
}

/** The Application as its policies of scope Application change it, where the controller executes them. */
async function withPolicies(
  app: Application,
  { definitions, systemNamespace, engines, clusterVersion }: PreviewSource,
): Promise<Rendered<Pick<Transformed, 'app' | 'custom'>>> {
  const gates = { applicationScoped: true, global: true };
  const { policies, problems } = selectPolicies({ app, definitions, systemNamespace, gates, stored: undefined });
  if (problems.length > 0) return { ok: false, problems };
  return transformApplication(app, policies, { engines, clusterVersion, actor: noActor });
}

async function previewComponent(
  placement: Placement,
  renderable: Renderable,
  { engines, clusterVersion, references }: PreviewSource,
): Promise<Rendered<PreviewedComponent>> {
  const { component, namespace } = placement;
  const isReference = component.type === 'ref-objects';
  if (isReference && !references)
    return { ok: false, problems: [`component "${component.name}" refers to objects of a cluster`] };
  const rendered = await renderComponent(
    {
      component,
      definition: definitionOf(component, renderable),
      traits: traitsOf(component, renderable),
      context: renderContext(placement, renderable, { clusterVersion }),
      ...(isReference && references && { referred: await referredObjects(component, renderable.app, references) }),
    },
    engines,
  );
  if (!rendered.ok) return rendered;
  const manifests = stages.flatMap((stage) => manifestsOf(renderable, placement, rendered.value, stage));
  return { ok: true, value: { component: component.name, namespace, manifests } };
}
