import type { ServiceStatus, TraitStatus } from '../../../apis/application-status.ts';
import type { Trait } from '../../../apis/application.ts';
import type { KubeObject } from '../../../apis/meta.ts';
import { evaluateHealth } from '../../../render/health.ts';
import type { Placement } from './placement.ts';
import { definitionOf, renderContext } from './placement.ts';
import type { Session } from '../session.ts';

/** The live objects of a component at one place. */
export interface LiveComponent {
  readonly placement: Placement;
  readonly workload: KubeObject | undefined;
  /** False for components that yield no workload, or leave it to a trait. */
  readonly hasWorkload: boolean;
  /** Live objects by their key in `outputs`. */
  readonly outputs: Readonly<Record<string, KubeObject>>;
  /** Which trait each output is from. */
  readonly traitOf: ReadonlyMap<string, string>;
  /** How many objects a policy leaves missing. */
  readonly missing: number;
  /** How far delivery has come; undefined when everything was delivered. */
  readonly stage: 'PreDispatch' | 'DefaultDispatch' | undefined;
}

/** Judges a component and its traits by their live objects. */
export async function serviceStatus(live: LiveComponent, session: Session): Promise<ServiceStatus> {
  const { component, namespace, cluster } = live.placement;
  const definition = definitionOf(component, session);
  const workload = await workloadHealth(live, session);
  const traits = await Promise.all((component.traits ?? []).map((trait) => traitStatus(trait, live, session)));
  const workloadHealthy = workload.healthy;
  const message = workload.message ? workload.message : (traits.find((t) => t.message && !t.pending)?.message ?? '');
  const kind = definition.spec.workload.definition;
  return {
    name: component.name,
    namespace,
    ...(cluster !== undefined && cluster !== '' && { cluster }),
    ...(kind && { workloadDefinition: { apiVersion: kind.apiVersion, kind: kind.kind } }),
    healthy: workloadHealthy && traits.every((t) => t.healthy || t.pending),
    workloadHealthy,
    ...(message && { message }),
    ...(workload.details && { details: workload.details }),
    ...(traits.length > 0 && { traits }),
  };
}

interface WorkloadHealth {
  readonly healthy: boolean;
  readonly message: string;
  readonly details?: Readonly<Record<string, string>>;
}

async function workloadHealth(live: LiveComponent, session: Session): Promise<WorkloadHealth> {
  const { placement, workload, outputs } = live;
  if (live.stage === 'PreDispatch') return { healthy: false, message: '' };
  if (!live.hasWorkload) return { healthy: true, message: '' };
  if (workload?.metadata.deletionTimestamp !== undefined) {
    return { healthy: false, message: `${workload.kind} ${workload.metadata.name ?? ''} is being deleted` };
  }
  const { component } = placement;
  return evaluateHealth(
    {
      of: 'component',
      definition: definitionOf(component, session),
      parameter: component.properties ?? {},
      context: renderContext(placement, session),
      workload,
      outputs,
    },
    session.deps.engines,
  );
}

async function traitStatus(trait: Trait, live: LiveComponent, session: Session): Promise<TraitStatus> {
  const definition = session.revision.spec.traitDefinitions?.[trait.type];
  const stage = definition?.spec.stage ?? 'DefaultDispatch';
  const tooEarly =
    live.stage === 'DefaultDispatch'
      ? stage === 'PostDispatch'
      : live.stage === 'PreDispatch' && stage !== 'PreDispatch';
  if (!definition || tooEarly) {
    return { type: trait.type, healthy: false, pending: true, message: '⏳ Waiting for component to be healthy' };
  }
  const outputs = Object.entries(live.outputs).filter(([key]) => live.traitOf.get(key) === definition.metadata.name);
  const health = await evaluateHealth(
    {
      of: 'trait',
      definition,
      parameter: trait.properties ?? {},
      context: renderContext(live.placement, session),
      workload: live.workload,
      outputs: Object.fromEntries(outputs),
    },
    session.deps.engines,
  );
  const { healthy, message, details } = health;
  return { type: trait.type, healthy, ...(message && { message }), ...(details && { details }) };
}
