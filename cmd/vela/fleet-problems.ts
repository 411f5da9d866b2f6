import { ApiError } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { fleetName, fleetResource } from '../../pkg/apis/fleet.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { Condition, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';

/** What keeps the controllers from working on an Application, as its Shard and the Fleet show it. */
export async function fleetProblems(client: KubeClient, { metadata }: Application): Promise<readonly string[]> {
  const shard = metadata.labels?.[labels.scheduledShardId];
  if (shard === undefined) return [];
  const conditions = [
    ...(await conditionsOf(client, shardResource, shard)),
    ...(await conditionsOf(client, fleetResource, fleetName)),
  ];
  return conditions
    .filter(({ type, status }) => ['HolderAccepted', 'FencesEnforced'].includes(type) && status === 'False')
    .map(({ type, message = '' }) => `${type} is False: ${message}`);
}

/** None where the object is not there, or not to be read by this user. */
async function conditionsOf(client: KubeClient, resource: Resource, name: string): Promise<readonly Condition[]> {
  try {
    const found = await client.get<KubeObject>(resource, { name });
    return ((found['status'] ?? {}) as { readonly conditions?: readonly Condition[] }).conditions ?? [];
  } catch (error) {
    if (error instanceof ApiError && [403, 404].includes(error.code)) return [];
    throw error;
  }
}
