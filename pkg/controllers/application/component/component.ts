import type { Component } from '../../../apis/application.ts';
import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { JsonObject, KubeObject } from '../../../apis/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { DispatchStage } from '../../../apis/trait-definition.ts';
import type { Delivered } from '../../../dispatch/keeper.ts';
import type { Manifest } from '../../../dispatch/manifest.ts';
import { ownedManifest } from '../../../dispatch/manifest.ts';
import type { RenderedComponent, TraitToRender } from '../../../render/component.ts';
import { renderComponent } from '../../../render/component.ts';
import type { Placement } from './placement.ts';
import { definitionOf, renderContext, RenderProblem } from './placement.ts';
import { referredObjects } from './referred.ts';
import type { LiveComponent } from './service-health.ts';
import { serviceStatus } from './service-health.ts';
import type { Session } from '../session.ts';

export interface ComponentOutcome {
  readonly service: ServiceStatus;
  /** What outputs of the component are read from. */
  readonly produced: JsonObject;
  /** Why it is not ready yet; undefined when it is. */
  readonly waitingFor: string | undefined;
}

/**
 * Renders a component and delivers it stage by stage: what goes before the workload, the workload, and what may come
 * only once that is healthy.
 */
export async function deliverComponent(placement: Placement, session: Session): Promise<ComponentOutcome> {
  const { clock, metrics } = session.deps;
  const began = clock.monotonic();
  try {
    return await deliver(placement, session);
  } finally {
    metrics.applyComponentSeconds.observe((clock.monotonic() - began) / 1000);
  }
}

async function deliver(placement: Placement, session: Session): Promise<ComponentOutcome> {
  const early = traitsOf(placement.component, session).filter((t) => stageOf(t) !== 'PostDispatch');
  const rendered = await render(placement, early, session);
  const before = await dispatchStage('PreDispatch', { placement, rendered }, session);
  if (before.length > 0) {
    const live = liveOf(placement, before, 'PreDispatch');
    const service = await serviceStatus(live, session);
    const waiting = service.traits?.some((t) => !t.healthy && !t.pending);
    if (waiting) return outcome({ ...service, healthy: false }, live, 'waiting for previous stage healthy');
  }
  const main = await dispatchStage('DefaultDispatch', { placement, rendered }, session);
  return afterWorkload(placement, [...before, ...main], session);
}

async function afterWorkload(
  placement: Placement,
  delivered: readonly Delivered[],
  session: Session,
): Promise<ComponentOutcome> {
  const live = liveOf(placement, delivered, 'DefaultDispatch');
  const service = await serviceStatus(live, session);
  const traits = traitsOf(placement.component, session);
  const late = traits.filter((t) => stageOf(t) === 'PostDispatch');
  if (late.length === 0 || !service.workloadHealthy) return outcome(service, live, notReady(service));
  const rendered = await render(placement, traits, session, live.workload);
  const after = await dispatchStage('PostDispatch', { placement, rendered }, session);
  const whole = liveOf(placement, [...delivered, ...after], undefined);
  const full = await serviceStatus(whole, session);
  return outcome(full, whole, notReady(full));
}

/**
 * Renders the traits of the last stage anew and delivers them: they may show the state of the workload. Nothing is done
 * while the workload is missing or the component has no such trait.
 */
export async function refreshLateTraits(
  placement: Placement,
  live: LiveComponent,
  session: Session,
): Promise<readonly Delivered[]> {
  const traits = traitsOf(placement.component, session);
  if (!live.workload || session.deps.options.applyOnce) return [];
  if (!traits.some((trait) => stageOf(trait) === 'PostDispatch')) return [];
  const rendered = await render(placement, traits, session, live.workload);
  return dispatchStage('PostDispatch', { placement, rendered }, session);
}

const notReady = ({ healthy, message = '', name }: ServiceStatus): string | undefined => {
  if (healthy) return undefined;
  return message === '' ? `${name} is not healthy` : message;
};

function outcome(service: ServiceStatus, live: LiveComponent, waitingFor: string | undefined): ComponentOutcome {
  const produced = { ...(live.workload && { output: live.workload }), outputs: live.outputs } as unknown as JsonObject;
  return { service, produced, waitingFor };
}

const stageOf = ({ definition }: TraitToRender): DispatchStage => definition.spec.stage ?? 'DefaultDispatch';

function traitsOf(component: Component, { revision }: Session): readonly TraitToRender[] {
  return (component.traits ?? []).map((trait) => {
    const definition = revision.spec.traitDefinitions?.[trait.type];
    if (!definition)
      throw new RenderProblem(
        `component "${component.name}": definition of trait "${trait.type}" is not in revision ${revision.metadata.name ?? ''}`,
      );
    return { trait, definition };
  });
}

async function render(
  placement: Placement,
  traits: readonly TraitToRender[],
  session: Session,
  liveOutput?: KubeObject,
): Promise<RenderedComponent> {
  const { component } = placement;
  const referred = component.type === 'ref-objects' ? await referredObjects(component, session) : undefined;
  const rendered = await renderComponent(
    {
      component,
      definition: definitionOf(component, session),
      traits,
      context: renderContext(placement, session, liveOutput),
      ...(referred && { referred }),
    },
    session.deps.engines,
  );
  if (!rendered.ok) throw new RenderProblem(rendered.problems.join('; '));
  return rendered.value;
}

/** The objects of a component, without delivering them. */
export function renderOnly(placement: Placement, session: Session): Promise<RenderedComponent> {
  return render(placement, traitsOf(placement.component, session), session);
}

async function dispatchStage(
  stage: DispatchStage,
  { placement, rendered }: { readonly placement: Placement; readonly rendered: RenderedComponent },
  session: Session,
): Promise<readonly Delivered[]> {
  const manifests = manifestsOf(stage, placement, rendered, session);
  return manifests.length > 0 ? session.keeper.dispatch(manifests, session.signal) : [];
}

function manifestsOf(
  stage: DispatchStage,
  placement: Placement,
  rendered: RenderedComponent,
  session: Session,
): readonly Manifest[] {
  const { app, revision } = session;
  const origin = {
    app,
    revision: revision.metadata.name ?? '',
    revisionHash: revision.metadata.labels?.[labels.appRevisionHash] ?? '',
    component: placement.component.name,
    componentType: placement.component.type,
    cluster: placement.cluster,
  };
  const manages = (trait: string) => revision.spec.traitDefinitions?.[trait]?.spec.manageWorkload ?? false;
  const managed = rendered.objects.some((o) => manages(o.trait));
  const workload =
    stage === 'DefaultDispatch' && rendered.workload && !managed ? [ownedManifest(rendered.workload, origin)] : [];
  const others = rendered.objects
    .filter((o) => o.stage === stage)
    .map((o) =>
      ownedManifest(o.object, {
        ...origin,
        trait: { name: o.trait, resource: o.resource, manageWorkload: manages(o.trait) },
      }),
    );
  return [...workload, ...others];
}

/** Sorts delivered objects by what their labels say they are. */
export function liveOf(
  placement: Placement,
  delivered: readonly Delivered[],
  stage: 'PreDispatch' | 'DefaultDispatch' | undefined,
): LiveComponent {
  const isWorkload = (d: Delivered) => d.manifest.object.metadata.labels?.[labels.resourceType] === 'WORKLOAD';
  const traits = delivered.filter((d) => !isWorkload(d));
  const entries = traits.flatMap((d) => {
    const label = d.manifest.object.metadata.labels ?? {};
    return d.live
      ? [[label[labels.traitResource] ?? '', { trait: label[labels.traitType] ?? '', object: d.live }] as const]
      : [];
  });
  return {
    placement,
    workload: delivered.find(isWorkload)?.live,
    hasWorkload: delivered.some(isWorkload),
    outputs: Object.fromEntries(entries.map(([key, { object }]) => [key, object])),
    traitOf: new Map(entries.map(([key, { trait }]) => [key, trait])),
    missing: delivered.filter((d) => !d.live).length,
    stage,
  };
}
