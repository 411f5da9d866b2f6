import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import type { Component } from '../../../apis/application.ts';
import type { Delivered } from '../../../dispatch/keeper.ts';
import type { Manifest } from '../../../dispatch/manifest.ts';
import type { Capabilities, Prepared } from '../stages.ts';
import { assess } from './assess.ts';
import { earlyManifests } from './early.ts';
import type { LiveComponent } from './live.ts';
import { liveOf } from './live.ts';
import type { Placement } from './placement.ts';
import { manifestsOf, render, stageOf, traitsOf } from './render.ts';

/** The state of a component after it was delivered. */
export interface ComponentOutcome {
  readonly service: ServiceStatus;
  /** The live objects, for the outputs of the component. */
  readonly produced: JsonObject;
  /** Why it is not ready yet; undefined when it is. */
  readonly waitingFor: string | undefined;
}

/**
 * Renders, dispatches and assesses a component in three stages: objects before the workload, the workload, and objects
 * that need a healthy workload.
 */
export async function deliverComponent(
  prepared: Prepared,
  placement: Placement,
  capabilities: Capabilities,
): Promise<ComponentOutcome> {
  const { clock, metrics } = capabilities.deps;
  const began = clock.monotonic();
  try {
    return await deliver(prepared, placement, capabilities);
  } finally {
    metrics.applyComponentSeconds.observe((clock.monotonic() - began) / 1000);
  }
}

async function deliver(
  prepared: Prepared,
  placement: Placement,
  capabilities: Capabilities,
): Promise<ComponentOutcome> {
  const manifests = await earlyManifests(prepared, placement, capabilities);
  const before = await dispatch(manifests.preDispatch, capabilities);
  if (before.length > 0) {
    const live = liveOf(placement, before, 'PreDispatch');
    const service = await assess(prepared, live, capabilities.deps);
    const waiting = service.traits?.some((t) => !t.healthy && !t.pending);
    if (waiting) return outcomeOf({ ...service, healthy: false }, live, 'waiting for previous stage healthy');
  }
  const main = await dispatch(manifests.defaultDispatch, capabilities);
  return afterWorkload(prepared, placement, [...before, ...main], capabilities);
}

async function afterWorkload(
  prepared: Prepared,
  placement: Placement,
  delivered: readonly Delivered[],
  capabilities: Capabilities,
): Promise<ComponentOutcome> {
  const live = liveOf(placement, delivered, 'DefaultDispatch');
  const service = await assess(prepared, live, capabilities.deps);
  const isLate = traitsOf(placement.component, prepared).some((t) => stageOf(t) === 'PostDispatch');
  // where nothing waits for what these traits yield, they come after the steps
  if (!isLate || !service.workloadHealthy || !areOutputsUsed(placement.component, prepared))
    return outcomeOf(service, live, notReady(service));
  const after = await deliverLateTraits(prepared, live, capabilities);
  const whole = liveOf(placement, [...delivered, ...after], undefined);
  const full = await assess(prepared, whole, capabilities.deps);
  return outcomeOf(full, whole, notReady(full));
}

/** Whether another component, or a step, takes what the objects of a component yield. */
function areOutputsUsed({ name, outputs = [] }: Component, { app, parsed }: Prepared): boolean {
  const names = outputs.filter(({ valueFrom }) => valueFrom.includes('outputs')).map((output) => output.name);
  const steps = (app.spec.workflow?.steps ?? []).flatMap((step) => [step, ...(step.subSteps ?? [])]);
  const others: readonly { readonly inputs?: readonly { readonly from: string }[] }[] = [
    ...parsed.components.filter((component) => component.name !== name),
    ...steps,
  ];
  return others.some(({ inputs = [] }) => inputs.some(({ from }) => names.includes(from)));
}

/**
 * Renders the traits of the last stage again and dispatches them: they may show the state of the workload. Does nothing
 * while the workload is missing or the component has no such trait.
 */
export async function refreshLateTraits(
  prepared: Prepared,
  live: LiveComponent,
  capabilities: Capabilities,
): Promise<readonly Delivered[]> {
  if (!live.workload || capabilities.deps.options.applyOnce) return [];
  if (!traitsOf(live.placement.component, prepared).some((trait) => stageOf(trait) === 'PostDispatch')) return [];
  return deliverLateTraits(prepared, live, capabilities);
}

/** Renders and dispatches the traits of the last stage. */
export async function deliverLateTraits(
  prepared: Prepared,
  { placement, workload: liveOutput }: LiveComponent,
  capabilities: Capabilities,
): Promise<readonly Delivered[]> {
  const traits = traitsOf(placement.component, prepared);
  const rendered = await render(prepared, placement, { traits, liveOutput }, capabilities);
  return dispatch(manifestsOf(prepared, placement, rendered, 'PostDispatch'), capabilities);
}

/** Applies manifests; no request where there are none. */
async function dispatch(
  manifests: readonly Manifest[],
  { keeper, signal }: Capabilities,
): Promise<readonly Delivered[]> {
  return manifests.length > 0 ? keeper.dispatch(manifests, signal) : [];
}

const notReady = ({ healthy, message = '', name }: ServiceStatus): string | undefined => {
  if (healthy) return undefined;
  return message === '' ? `${name} is not healthy` : message;
};

function outcomeOf(service: ServiceStatus, live: LiveComponent, waitingFor: string | undefined): ComponentOutcome {
  const produced = { ...(live.workload && { output: live.workload }), outputs: live.outputs } as unknown as JsonObject;
  return { service, produced, waitingFor };
}
