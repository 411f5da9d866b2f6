import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { Delivered } from '../../../dispatch/keeper.ts';
import { objectKey } from '../../../dispatch/manifest.ts';
import { assess } from '../component/assess.ts';
import { refreshLateTraits } from '../component/deliver.ts';
import { liveOf } from '../component/live.ts';
import { deliveredPlacements, placementKey } from '../component/place.ts';
import type { Placement } from '../component/placement.ts';
import type { ApplicationCapabilities, Planned } from '../stages.ts';

/** Applies again what is missing or was edited, and assesses every component from its live objects. */
export async function keepState(
  planned: Planned,
  services: readonly ServiceStatus[],
  capabilities: ApplicationCapabilities,
): Promise<readonly ServiceStatus[]> {
  const { keeper, deps, signal } = capabilities;
  const delivered = deps.options.applyOnce ? await keeper.readState(signal) : await keeper.keepState(signal);
  // replicas of one component at one place are one service
  const placements = new Map(
    deliveredPlacements(planned.plan, planned.parsed, services).map((p) => [
      placementKey(p.component.name, p.namespace),
      p,
    ]),
  );
  const assessed = await Promise.all(
    [...placements.values()].map((placement) => {
      const key = placementKey(placement.component.name, placement.namespace);
      const own = delivered.filter((d) => belongsTo(d, key, planned));
      const before = services.find((s) => s.name === placement.component.name && s.namespace === placement.namespace);
      return reassess(planned, placement, { own, before }, capabilities);
    }),
  );
  return assessed.filter((service) => service !== undefined);
}

/** The last assessment holds while the objects of a component are unchanged; before its delivery a component has none. */
async function reassess(
  planned: Planned,
  placement: Placement,
  { own, before }: { readonly own: readonly Delivered[]; readonly before: ServiceStatus | undefined },
  capabilities: ApplicationCapabilities,
): Promise<ServiceStatus | undefined> {
  const { keeper, deps, signal } = capabilities;
  if (own.length === 0 || (before && own.every((d) => d.unchanged))) return before;
  const read = await Promise.all(own.map(async (d) => (d.unchanged ? keeper.observe(d.manifest, signal) : d)));
  const live = liveOf(placement, read, undefined);
  const late = await refreshLateTraits(planned, live, capabilities);
  if (late.length === 0) return assess(planned, live, deps);
  const refreshed = new Set(late.map(({ manifest }) => objectKey(manifest.object)));
  const others = read.filter(({ manifest }) => !refreshed.has(objectKey(manifest.object)));
  return assess(planned, liveOf(placement, [...others, ...late], undefined), deps);
}

/** An object belongs to the placement of its namespace; where the template chose one itself, to any of its component. */
export function belongsTo({ manifest }: Delivered, key: string, { app }: Planned): boolean {
  const own = app.metadata.namespace ?? '';
  const { component, object } = manifest;
  const namespace = object.metadata.namespace ?? own;
  return (
    placementKey(component, namespace) === key ||
    (key.endsWith(`/${component}`) && key === placementKey(component, own))
  );
}
