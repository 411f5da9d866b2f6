import type { Resource } from '../../../../machinery/src/meta.ts';
import * as cluster from './cluster.ts';
import * as certificates from './certificates.ts';
import * as config from './config.ts';
import * as flowControl from './flow-control.ts';
import * as network from './network.ts';
import * as pods from './pods.ts';
import type { Printer } from './printer.ts';
import * as storage from './storage-and-devices.ts';
import * as workloads from './workloads.ts';

const registration = 'admissionregistration.k8s.io';
const rbac = 'rbac.authorization.k8s.io';

const printers: ReadonlyMap<string, Printer> = new Map<string, Printer>([
  ['/pods', pods.pod],
  ['/podtemplates', pods.podTemplate],
  ['/replicationcontrollers', workloads.replicationController],
  ['/services', network.service],
  ['/endpoints', network.endpoints],
  ['/configmaps', config.configMap],
  ['/secrets', config.secret],
  ['/namespaces', config.namespace],
  ['/serviceaccounts', config.nameAndAge],
  ['/nodes', cluster.node],
  ['/events', config.event],
  ['events.k8s.io/events', config.newEvent],
  ['/persistentvolumes', cluster.persistentVolume],
  ['/persistentvolumeclaims', cluster.persistentVolumeClaim],
  ['/resourcequotas', cluster.resourceQuota],
  ['apps/deployments', workloads.deployment],
  ['apps/replicasets', workloads.replicaSet],
  ['apps/statefulsets', workloads.statefulSet],
  ['apps/daemonsets', workloads.daemonSet],
  ['apps/controllerrevisions', workloads.controllerRevision],
  ['batch/jobs', workloads.job],
  ['batch/cronjobs', workloads.cronJob],
  ['autoscaling/horizontalpodautoscalers', cluster.autoscaler],
  ['policy/poddisruptionbudgets', cluster.podDisruptionBudget],
  ['networking.k8s.io/ingresses', network.ingress],
  ['networking.k8s.io/ingressclasses', network.ingressClass],
  ['networking.k8s.io/networkpolicies', network.networkPolicy],
  ['discovery.k8s.io/endpointslices', network.endpointSlice],
  ['coordination.k8s.io/leases', config.lease],
  ['storage.k8s.io/storageclasses', cluster.storageClass],
  ['storage.k8s.io/volumeattributesclasses', storage.volumeAttributesClass],
  ['storage.k8s.io/volumeattachments', storage.volumeAttachment],
  ['storage.k8s.io/csinodes', storage.csiNode],
  ['storage.k8s.io/csidrivers', storage.csiDriver],
  ['storage.k8s.io/csistoragecapacities', storage.csiStorageCapacity],
  ['resource.k8s.io/deviceclasses', storage.deviceClass],
  ['resource.k8s.io/resourceclaims', storage.resourceClaim],
  ['resource.k8s.io/resourceclaimtemplates', storage.deviceClass],
  ['resource.k8s.io/resourceslices', storage.resourceSlice],
  ['networking.k8s.io/servicecidrs', storage.serviceCidr],
  ['networking.k8s.io/ipaddresses', storage.ipAddress],
  ['certificates.k8s.io/certificatesigningrequests', certificates.certificateSigningRequest],
  ['scheduling.k8s.io/priorityclasses', config.priorityClass],
  ['node.k8s.io/runtimeclasses', config.runtimeClass],
  ['flowcontrol.apiserver.k8s.io/flowschemas', flowControl.flowSchema],
  ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', flowControl.priorityLevel],
  ['apiregistration.k8s.io/apiservices', cluster.apiService],
  [`${rbac}/rolebindings`, config.roleBinding],
  [`${rbac}/clusterrolebindings`, config.roleBinding],
  [`${registration}/mutatingwebhookconfigurations`, config.webhooks],
  [`${registration}/validatingwebhookconfigurations`, config.webhooks],
  [`${registration}/validatingadmissionpolicies`, config.admissionPolicy('Validations', 'validations')],
  [`${registration}/mutatingadmissionpolicies`, config.admissionPolicy('Mutations', 'mutations')],
  [`${registration}/validatingadmissionpolicybindings`, config.admissionPolicyBinding],
  [`${registration}/mutatingadmissionpolicybindings`, config.admissionPolicyBinding],
]);

/** The table of a built-in kind; name and creation time for kinds without one. */
export function printerFor(resource: Pick<Resource, 'group' | 'plural'>): Printer {
  return printers.get(`${resource.group}/${resource.plural}`) ?? config.createdAt;
}
