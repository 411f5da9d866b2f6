import type { Component } from '../../../apis/application.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { DispatchStage } from '../../../apis/trait-definition.ts';
import type { Manifest } from '../../../dispatch/manifest.ts';
import { labelValue, ownedManifest } from '../../../dispatch/manifest.ts';
import type { RenderedComponent, TraitToRender } from '../../../render/component.ts';
import { renderComponent } from '../../../render/component.ts';
import { definitionFor } from '../../../revision/definitions.ts';
import type { Capabilities, Prepared, Renderable } from '../stages.ts';
import type { Placement } from './placement.ts';
import { definitionOf, renderContext, RenderProblem } from './placement.ts';
import { referredObjects } from './referred.ts';
import { fetchManifests } from './fetch-manifests.ts';
import type { ReferenceReader } from './referred.ts';

/** The traits of a component with their definitions, as the revision holds them. */
export function traitsOf(component: Component, { revision }: Renderable): readonly TraitToRender[] {
  return (component.traits ?? []).map((trait) => {
    const definition = definitionFor(revision.spec.traitDefinitions, trait.type);
    if (!definition)
      throw new RenderProblem(
        `component "${component.name}": definition of trait "${trait.type}" is not in revision ${revision.metadata.name ?? ''}`,
      );
    return { trait, definition };
  });
}

export const stageOf = ({ definition }: TraitToRender): DispatchStage => definition.spec.stage ?? 'DefaultDispatch';

/** Reads the objects that components refer to, with the rights of the author. */
export const readerOf = ({
  deps: { client, options },
  author,
  signal,
}: Pick<Capabilities, 'deps' | 'author' | 'signal'>): ReferenceReader => ({
  client,
  author,
  scope: options.refObjectsScope,
  fetchText: options.refObjectsFromUrls ? fetchManifests : undefined,
  signal,
});

/** Renders a component with some of its traits; `liveOutput` is the workload that late traits read. */
export async function render(
  prepared: Prepared,
  placement: Placement,
  { traits, liveOutput }: { readonly traits: readonly TraitToRender[]; readonly liveOutput?: KubeObject | undefined },
  capabilities: Capabilities,
): Promise<RenderedComponent> {
  const { component } = placement;
  const { clusterVersion, engines } = capabilities.deps;
  const referred =
    component.type === 'ref-objects'
      ? await referredObjects(component, prepared.app, readerOf(capabilities))
      : undefined;
  const rendered = await renderComponent(
    {
      component,
      definition: definitionOf(component, prepared),
      traits,
      context: renderContext(placement, prepared, { clusterVersion, liveOutput }),
      ...(referred && { referred }),
    },
    engines,
  );
  if (!rendered.ok) throw new RenderProblem(rendered.problems.join('; '));
  return rendered.value;
}

/** Renders a component with all its traits. */
export function renderWhole(
  prepared: Prepared,
  placement: Placement,
  capabilities: Capabilities,
): Promise<RenderedComponent> {
  return render(prepared, placement, { traits: traitsOf(placement.component, prepared) }, capabilities);
}

/** The manifests of one dispatch stage; a workload that a trait manages is left out. */
export function manifestsOf(
  { app, revision }: Renderable,
  placement: Placement,
  rendered: RenderedComponent,
  stage: DispatchStage,
): readonly Manifest[] {
  const placed = (object: KubeObject): KubeObject =>
    placement.isNamespaceNamed
      ? { ...object, metadata: { ...object.metadata, namespace: placement.namespace } }
      : object;
  const origin = {
    app,
    revision: revision.metadata.name ?? '',
    revisionHash: revision.metadata.labels?.[labels.appRevisionHash] ?? '',
    component: placement.component.name,
    componentType: placement.component.type,
    cluster: placement.cluster,
  };
  // the type as the component writes it, with a version: `expose@v1`
  const types = (placement.component.traits ?? []).map(({ type }) => type);
  const typeOf = (trait: string) => types.find((type) => type === trait || type.startsWith(`${trait}@`)) ?? trait;
  const manages = (trait: string) =>
    definitionFor(revision.spec.traitDefinitions, typeOf(trait))?.spec.manageWorkload ?? false;
  const managed = rendered.objects.some((o) => manages(o.trait));
  const workload =
    stage === 'DefaultDispatch' && rendered.workload && !managed
      ? [ownedManifest(placed(rendered.workload), origin)]
      : [];
  const others = rendered.objects
    .filter((o) => o.stage === stage)
    .map((o) =>
      ownedManifest(placed(o.object), {
        ...origin,
        trait: {
          name: labelValue(typeOf(o.trait)),
          resource: o.resource,
          manageWorkload: manages(o.trait),
          isLate: stage === 'PostDispatch',
        },
      }),
    );
  return [...workload, ...others];
}

/** The manifest of an object that a workflow step applies; it belongs to no component. */
export function stepManifest({ app, revision }: Prepared, object: KubeObject, cluster = ''): Manifest {
  return ownedManifest(object, {
    app,
    revision: revision.metadata.name ?? '',
    revisionHash: revision.metadata.labels?.[labels.appRevisionHash] ?? '',
    component: '',
    componentType: '',
    cluster,
  });
}
