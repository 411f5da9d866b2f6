import type { Resource } from '../../../machinery/src/meta.ts';
import { mutatingPolicy, policyBinding, validatingPolicy, webhookConfiguration } from './admission-registration.ts';
import { autoscaler, oldAutoscaler } from './autoscaling.ts';
import { cronJob, job } from './batch.ts';
import { configMap, secret } from './config.ts';
import { event, lease, limitRange, namespace, newEvent, node, priorityClass } from './core.ts';
import { resourceQuota, runtimeClass, serviceAccount } from './core.ts';
import { certificateRequest, flowSchema, generationOnly, priorityLevel } from './machinery.ts';
import { ingress, ingressClass } from './ingress.ts';
import { networkPolicy } from './network-policy.ts';
import { pod } from './pod.ts';
import { podDisruptionBudget } from './policy.ts';
import { role, roleBinding } from './rbac.ts';
import { endpoints, endpointSlice, service } from './service.ts';
import { definitionStrategy } from '../schema/crd-strategy.ts';
import type { KindStrategy } from '../contract/strategy.ts';
import { writeFacts } from './write-facts.ts';
import { csiDriver, persistentVolume, persistentVolumeClaim, storageClass } from './volumes.ts';
import { controllerRevision } from './controller-revision.ts';
import { daemonSet, deployment, podTemplate, replicaSet, replicationController, statefulSet } from './workloads.ts';

const customDefinition: KindStrategy = {
  ...definitionStrategy,
  hasGeneration: true,
  updateNeedsVersion: true,
  returnsDeleted: true,
};

/** `group/plural`, or `group/version/plural` where versions differ. */
const strategies: ReadonlyMap<string, KindStrategy> = new Map<string, KindStrategy>([
  ['/pods', pod],
  ['/podtemplates', podTemplate],
  ['/replicationcontrollers', replicationController],
  ['/services', service],
  ['/endpoints', endpoints],
  ['/configmaps', configMap],
  ['/secrets', secret],
  ['/namespaces', namespace],
  ['/serviceaccounts', serviceAccount],
  ['/persistentvolumes', persistentVolume],
  ['/persistentvolumeclaims', persistentVolumeClaim],
  ['/nodes', node],
  ['/events', event],
  ['/resourcequotas', resourceQuota],
  ['/limitranges', limitRange],
  ['apps/deployments', deployment],
  ['apps/replicasets', replicaSet],
  ['apps/statefulsets', statefulSet],
  ['apps/daemonsets', daemonSet],
  ['apps/controllerrevisions', controllerRevision],
  ['batch/jobs', job],
  ['batch/cronjobs', cronJob],
  ['autoscaling/v2/horizontalpodautoscalers', autoscaler],
  ['autoscaling/v1/horizontalpodautoscalers', oldAutoscaler],
  ['policy/poddisruptionbudgets', podDisruptionBudget],
  ['networking.k8s.io/networkpolicies', networkPolicy],
  ['networking.k8s.io/ingresses', ingress],
  ['networking.k8s.io/ingressclasses', ingressClass],
  ['discovery.k8s.io/endpointslices', endpointSlice],
  ['events.k8s.io/events', newEvent],
  ['coordination.k8s.io/leases', lease],
  ['rbac.authorization.k8s.io/roles', role],
  ['rbac.authorization.k8s.io/clusterroles', role],
  ['rbac.authorization.k8s.io/rolebindings', roleBinding],
  ['rbac.authorization.k8s.io/clusterrolebindings', roleBinding],
  ['storage.k8s.io/storageclasses', storageClass],
  ['storage.k8s.io/csidrivers', csiDriver],
  ['scheduling.k8s.io/priorityclasses', priorityClass],
  ['node.k8s.io/runtimeclasses', runtimeClass],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', webhookConfiguration('mutating')],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', webhookConfiguration('validating')],
  ['admissionregistration.k8s.io/validatingadmissionpolicies', validatingPolicy],
  ['admissionregistration.k8s.io/validatingadmissionpolicybindings', policyBinding],
  ['admissionregistration.k8s.io/mutatingadmissionpolicies', mutatingPolicy],
  ['admissionregistration.k8s.io/mutatingadmissionpolicybindings', policyBinding],
  ['apiextensions.k8s.io/customresourcedefinitions', customDefinition],
  ['certificates.k8s.io/certificatesigningrequests', certificateRequest],
  ['flowcontrol.apiserver.k8s.io/flowschemas', flowSchema],
  ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', priorityLevel],
  ['resource.k8s.io/deviceclasses', generationOnly],
]);

/** What is special about a built-in kind; undefined when its schema says everything, and for custom resources. */
export function strategyFor(resource: Pick<Resource, 'group' | 'version' | 'plural'>): KindStrategy | undefined {
  const { group, version, plural } = resource;
  const own = strategies.get(`${group}/${version}/${plural}`) ?? strategies.get(`${group}/${plural}`);
  const facts = writeFacts(`${group}/${plural}`);
  return own === undefined && Object.keys(facts).length === 0 ? undefined : { ...own, ...facts };
}
