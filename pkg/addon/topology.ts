import type { AppPolicy, ApplicationSpec } from '../apis/application.ts';
import type { JsonObject } from '../../machinery/src/meta.ts';
import type { Addon } from './addon.ts';
import { isForAllClusters } from './metadata.ts';

/**
 * The policies of an addon with `deployTo.runtimeCluster` in its metadata, which name its clusters: those of the
 * argument `clusters` and `local`, or all. A template in CUE, and one with a topology of its own, says so itself.
 */
export function topologyPolicies(
  { cue, metadata }: Addon,
  { policies = [] }: ApplicationSpec,
  parameter: JsonObject,
): readonly AppPolicy[] {
  if (cue.template !== undefined || !isForAllClusters(metadata)) return [];
  if (policies.some(({ type }) => type === 'topology')) return [];
  const clusters = clustersOf(parameter);
  if (clusters.length === 0)
    return [{ name: 'deploy-addon-to-all-clusters', type: 'topology', properties: { clusterLabelSelector: {} } }];
  const all = clusters.includes('local') ? clusters : [...clusters, 'local'];
  return [{ name: 'deploy-addon-to-specified-clusters', type: 'topology', properties: { clusters: all } }];
}

function clustersOf({ clusters }: JsonObject): readonly string[] {
  const names = Array.isArray(clusters) ? (clusters as readonly unknown[]) : [];
  return names
    .filter((name) => typeof name === 'string')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
