import { deliverComponent } from '../../component/deliver.ts';
import type { EnvironmentResult } from '../../component/environment.ts';
import { placeEnvironment } from '../../component/environment.ts';
import type { Placement } from '../../component/placement.ts';
import { definitionFor } from '../../../../revision/definitions.ts';
import { mapBounded } from '../../../../dispatch/bounded.ts';
import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import type { ActionContext, Perform, Performers } from './context.ts';
import { returned, textParam, wrongTemplate } from './params.ts';

const parallelComponents = 5;

/** Delivers the components of one environment to its namespace, and waits until they are healthy. */
const applyEnvironment: Perform = async (params, context, { label }) => {
  const placed = place(params, context);
  if (!placed.ok) return wrongTemplate(`${label}: ${placed.problem}`);
  const { prepared, capabilities, services } = context;
  const deliver = async (placement: Placement): Promise<boolean> => {
    const delivered = await deliverComponent(prepared, placement, capabilities);
    services.push(delivered.service);
    return delivered.waitingFor === undefined;
  };
  const parallelism = params['parallel'] === true ? parallelComponents : 1;
  const healthy = await mapBounded(placed.placements, parallelism, deliver);
  const result = returned({});
  return healthy.every(Boolean) ? result : { ...result, waitsFor: 'wait healthy' };
};

const terraform = 'Terraform components are not evaluated; run Terraform outside and refer to its results';
const terraformWorkload = 'configurations.terraform.core.oam.dev';

/** Delivers cloud resources of an environment; components of other kinds are for other steps. */
const applyCloudResources: Perform = (params, context, { label }) => {
  const placed = place(params, context);
  if (!placed.ok) return wrongTemplate(`${label}: ${placed.problem}`);
  const { componentDefinitions } = context.prepared.revision.spec;
  const cloud = placed.components.find(
    ({ type }) => definitionFor(componentDefinitions, type)?.spec.workload.type === terraformWorkload,
  );
  return cloud ? wrongTemplate(`${label}: component "${cloud.name}": ${terraform}`) : returned({});
};

function place(params: JsonObject, { prepared, environments }: ActionContext): EnvironmentResult {
  const placed = placeEnvironment(textParam(params, 'policy'), textParam(params, 'env'), prepared);
  if (placed.ok) environments.push(placed.environment);
  return placed;
}

/** Actions on the environments of env-binding policies. */
export const environmentActions: Performers = {
  'multicluster.apply-environment': applyEnvironment,
  'terraform.apply-environment': applyCloudResources,
};
