/** A Kubernetes API with its controllers and a kubelet in this process; see README.md. */
export { startDevCluster } from './dev-cluster.ts';
export type { DevCluster, DevClusterOptions } from './dev-cluster.ts';
export { removeState } from './persistence.ts';
export type { ClusterApi } from './contract/cluster-api.ts';
