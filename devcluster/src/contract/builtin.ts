import type { Resource } from '../../../machinery/src/meta.ts';

const builtin = (group: string, kind: string, plural: string, namespaced = true): Resource => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const namespaces = builtin('', 'Namespace', 'namespaces', false);
export const nodes = builtin('', 'Node', 'nodes', false);
export const pods = builtin('', 'Pod', 'pods');
export const services = builtin('', 'Service', 'services');
export const endpoints = builtin('', 'Endpoints', 'endpoints');
export const configMaps = builtin('', 'ConfigMap', 'configmaps');
export const secrets = builtin('', 'Secret', 'secrets');
export const serviceAccounts = builtin('', 'ServiceAccount', 'serviceaccounts');
export const claims = builtin('', 'PersistentVolumeClaim', 'persistentvolumeclaims');
export const volumes = builtin('', 'PersistentVolume', 'persistentvolumes', false);
export const deployments = builtin('apps', 'Deployment', 'deployments');
export const replicaSets = builtin('apps', 'ReplicaSet', 'replicasets');
export const statefulSets = builtin('apps', 'StatefulSet', 'statefulsets');
export const daemonSets = builtin('apps', 'DaemonSet', 'daemonsets');
export const jobs = builtin('batch', 'Job', 'jobs');
export const cronJobs = builtin('batch', 'CronJob', 'cronjobs');
export const ingresses = builtin('networking.k8s.io', 'Ingress', 'ingresses');
export const endpointSlices = builtin('discovery.k8s.io', 'EndpointSlice', 'endpointslices');
export const leases = builtin('coordination.k8s.io', 'Lease', 'leases');
export const budgets = builtin('policy', 'PodDisruptionBudget', 'poddisruptionbudgets');
