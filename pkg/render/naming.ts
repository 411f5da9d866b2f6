import type { KubeObject } from '../../machinery/src/meta.ts';
import { parseApiVersion } from '../../machinery/src/meta.ts';
import type { RenderedObject } from './rendered-object.ts';
import { structuralHash } from './digest.ts';
import { setPath } from './path.ts';

/** Kinds of Kubernetes itself that have no namespace, by group. */
const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  '': ['Namespace', 'Node', 'PersistentVolume', 'ComponentStatus'],
  'admissionregistration.k8s.io': [
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
  ],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'certificates.k8s.io': ['CertificateSigningRequest'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'networking.k8s.io': ['IngressClass'],
  'node.k8s.io': ['RuntimeClass'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
};

function isClusterScoped(object: KubeObject): boolean {
  return clusterScoped[parseApiVersion(object.apiVersion).group]?.includes(object.kind) ?? false;
}

function located(object: KubeObject, name: string, namespace: string): KubeObject {
  const { name: ownName = '', namespace: ownNamespace, generateName, ...rest } = object.metadata;
  const target = isClusterScoped(object) ? undefined : (ownNamespace ?? namespace);
  const isGenerated = generateName !== undefined && ownName === '';
  return {
    ...object,
    metadata: {
      ...(isGenerated ? { generateName } : { name: ownName === '' ? name : ownName }),
      ...(target !== undefined && { namespace: target }),
      ...rest,
    },
  };
}

/** Gives a workload the component's name and the namespace, where it has none. */
export function nameWorkload(object: KubeObject, component: string, namespace: string): KubeObject {
  return located(object, component, namespace);
}

/** The same for any other object; its default name ends in a hash of what the object holds. */
export function nameAuxiliary(object: KubeObject, component: string, trait: string, namespace: string): KubeObject {
  const name =
    object.metadata.name ?? `${component}-${(trait || 'trait').toLowerCase()}-${structuralHash(object).slice(0, 10)}`;
  return located(object, name, namespace);
}

/** Writes {apiVersion, kind, name} of the workload where the trait's workloadRefPath says. */
export function referToWorkload(
  objects: readonly RenderedObject[],
  workload: KubeObject | undefined,
  paths: ReadonlyMap<string, string>,
): readonly RenderedObject[] {
  if (!workload || paths.size === 0) return objects;
  const reference = { apiVersion: workload.apiVersion, kind: workload.kind, name: workload.metadata.name };
  return objects.map((entry) => {
    const path = paths.get(entry.trait);
    return path === undefined ? entry : { ...entry, object: setPath(entry.object, path.split('.'), reference) };
  });
}
