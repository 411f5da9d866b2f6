import type { KindStrategy } from '../contract/strategy.ts';

type Facts = Pick<KindStrategy, 'createOnUpdate' | 'updateNeedsVersion' | 'hasGeneration' | 'returnsDeleted'>;

const admission = [
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
].map((plural) => `admissionregistration.k8s.io/${plural}`);

const roles = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map(
  (plural) => `rbac.authorization.k8s.io/${plural}`,
);

/** Kinds of which a PUT creates what it does not find. */
const createOnUpdate = new Set([
  ...roles,
  'node.k8s.io/runtimeclasses',
  'coordination.k8s.io/leases',
  '/limitranges',
  '/events',
  'events.k8s.io/events',
  '/services',
  '/endpoints',
]);

/** Kinds of which a PUT must name the resourceVersion that it replaces. */
const updateNeedsVersion = new Set([
  ...admission,
  'node.k8s.io/runtimeclasses',
  'policy/poddisruptionbudgets',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csistoragecapacities',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/csinodes',
  'coordination.k8s.io/leases',
]);

/** Built-in kinds that count changes in metadata.generation. */
const hasGeneration = new Set([
  ...admission,
  'scheduling.k8s.io/priorityclasses',
  'networking.k8s.io/ingressclasses',
  'networking.k8s.io/networkpolicies',
  'networking.k8s.io/ingresses',
  'discovery.k8s.io/endpointslices',
  'policy/poddisruptionbudgets',
  'resource.k8s.io/resourceslices',
  'resource.k8s.io/deviceclasses',
  'flowcontrol.apiserver.k8s.io/flowschemas',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
  'apps/daemonsets',
  'apps/statefulsets',
  'apps/deployments',
  'apps/replicasets',
  'batch/jobs',
  'batch/cronjobs',
  '/pods',
  '/podtemplates',
  '/replicationcontrollers',
]);

/** Kinds of which DELETE answers with the object. */
const returnsDeleted = new Set([
  'resource.k8s.io/resourceclaimtemplates',
  'resource.k8s.io/resourceslices',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/deviceclasses',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/volumeattributesclasses',
  '/resourcequotas',
  '/persistentvolumes',
  '/persistentvolumeclaims',
  '/serviceaccounts',
  '/namespaces',
  '/pods',
  '/services',
  '/podtemplates',
]);

const facts = { createOnUpdate, updateNeedsVersion, hasGeneration, returnsDeleted };

/** What the storage of a built-in kind (`group/plural`) does with every object. */
export function writeFacts(id: string): Facts {
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, ids]) => ids.has(id))
      .map(([fact]) => [fact, true]),
  );
}
