import type { ApplicationPhase, ServiceStatus } from '../../../apis/application-status.ts';
import { assess } from '../component/assess.ts';
import { deliverLateTraits } from '../component/deliver.ts';
import { liveOf } from '../component/live.ts';
import { deliveredPlacements, placementKey } from '../component/place.ts';
import type { Placement } from '../component/placement.ts';
import type { ApplicationCapabilities, Planned } from '../stages.ts';
import { messageOf, ReconcileFailure } from '../status/failure.ts';
import type { StatusRecorder } from '../status/status-recorder.ts';
import { belongsTo } from './keep-state.ts';

/**
 * Delivers the traits of the last stage of components with a healthy workload, where they are not delivered yet: the workflow
 * does not wait for them. A failure is the condition `Synced`, and the phase stays. Returns whether anything was delivered.
 */
export async function applyLateTraits(
  planned: Planned,
  recorder: StatusRecorder,
  phase: ApplicationPhase,
  capabilities: ApplicationCapabilities,
): Promise<boolean> {
  const { services = [] } = recorder.status;
  const pending = services.filter(isPending);
  if (pending.length === 0) return false;
  const keys = new Set(pending.map(({ name, namespace }) => placementKey(name, namespace)));
  const keyOf = ({ component, namespace }: Placement): string => placementKey(component.name, namespace);
  const placements = deliveredPlacements(planned.plan, planned.parsed, services).filter((p) => keys.has(keyOf(p)));
  const assessed = new Map<string, ServiceStatus>();
  for (const placement of placements) {
    const service = await applyToComponent(planned, placement, phase, capabilities);
    if (service) assessed.set(keyOf(placement), service);
  }
  const merged = services.map((service) => assessed.get(placementKey(service.name, service.namespace)) ?? service);
  recorder.record({ kind: 'servicesAssessed', services: merged });
  return assessed.size > 0;
}

const isPending = ({ healthy, workloadHealthy = healthy, traits = [] }: ServiceStatus): boolean =>
  workloadHealthy && traits.some((trait) => trait.pending);

/** The state of a component after its traits were delivered; undefined where its workload is gone. */
async function applyToComponent(
  planned: Planned,
  placement: Placement,
  phase: ApplicationPhase,
  capabilities: ApplicationCapabilities,
): Promise<ServiceStatus | undefined> {
  const { keeper, deps, signal } = capabilities;
  const key = placementKey(placement.component.name, placement.namespace);
  const own = await keeper.readState(signal, (manifest) => belongsTo({ manifest, live: undefined }, key, planned));
  const live = liveOf(placement, own, 'DefaultDispatch');
  if (live.hasWorkload && !live.workload) return undefined;
  try {
    const late = await deliverLateTraits(planned, live, capabilities);
    return await assess(planned, liveOf(placement, [...own, ...late], undefined), deps);
  } catch (error) {
    const about = { condition: 'Synced', phase, event: 'FailedApply' } as const;
    const failure = ReconcileFailure.of(about, error);
    if (!(failure instanceof ReconcileFailure)) throw failure;
    const { name } = placement.component;
    throw new ReconcileFailure(
      about,
      `failed to dispatch PostDispatch traits for component ${name}: ${messageOf(error)}`,
    );
  }
}
