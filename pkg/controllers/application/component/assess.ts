import { labelValue } from '../../../dispatch/manifest.ts';
import type { ServiceStatus, TraitStatus } from '../../../apis/application-status.ts';
import type { Trait } from '../../../apis/application.ts';
import { evaluateHealth } from '../../../render/health.ts';
import { definitionFor } from '../../../revision/definitions.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Prepared } from '../stages.ts';
import type { LiveComponent } from './live.ts';
import { definitionOf, renderContext } from './placement.ts';

/** Evaluates the health expressions of definitions. */
export type Evaluator = Pick<ApplicationDeps, 'engines' | 'clusterVersion'>;

/** Assesses the health of a component and its traits from their live objects. */
export async function assess(prepared: Prepared, live: LiveComponent, evaluator: Evaluator): Promise<ServiceStatus> {
  const { component, namespace, cluster } = live.placement;
  const definition = definitionOf(component, prepared);
  const workload = await workloadHealth(prepared, live, evaluator);
  const traits = await Promise.all(
    (component.traits ?? []).map((trait) => traitStatus(prepared, trait, live, evaluator)),
  );
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

async function workloadHealth(prepared: Prepared, live: LiveComponent, evaluator: Evaluator): Promise<WorkloadHealth> {
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
      definition: definitionOf(component, prepared),
      parameter: component.properties ?? {},
      context: renderContext(placement, prepared, evaluator),
      workload,
      outputs,
    },
    evaluator.engines,
  );
}

async function traitStatus(
  prepared: Prepared,
  trait: Trait,
  live: LiveComponent,
  evaluator: Evaluator,
): Promise<TraitStatus> {
  const definition = definitionFor(prepared.revision.spec.traitDefinitions, trait.type);
  const stage = definition?.spec.stage ?? 'DefaultDispatch';
  const tooEarly =
    live.stage === 'DefaultDispatch'
      ? stage === 'PostDispatch'
      : live.stage === 'PreDispatch' && stage !== 'PreDispatch';
  if (!definition || tooEarly) {
    return {
      type: labelValue(trait.type),
      healthy: false,
      pending: true,
      message: '⏳ Waiting for component to be healthy',
    };
  }
  // objects that were delivered by earlier versions carry the name without its version
  const names = [labelValue(trait.type), definition.metadata.name];
  const outputs = Object.entries(live.outputs).filter(([key]) => names.includes(live.traitOf.get(key)));
  const health = await evaluateHealth(
    {
      of: 'trait',
      definition,
      parameter: trait.properties ?? {},
      context: renderContext(live.placement, prepared, evaluator),
      workload: live.workload,
      outputs: Object.fromEntries(outputs),
    },
    evaluator.engines,
  );
  const { healthy, message, details } = health;
  return { type: labelValue(trait.type), healthy, ...(message && { message }), ...(details && { details }) };
}
