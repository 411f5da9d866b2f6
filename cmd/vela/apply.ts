import { ignoreNotFound } from '../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { CliError } from './io.ts';

export interface Applied {
  readonly object: KubeObject;
  readonly resource: Resource;
  readonly change: 'created' | 'configured' | 'unchanged';
}

const first = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
];

/** The order in which objects of one file are applied: what others need comes first, Applications last. */
export function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  const rank = (object: KubeObject): number => {
    if (object.kind === 'Application') return first.length + 2;
    const index = first.indexOf(object.kind);
    return index < 0 ? first.length + (object.kind.endsWith('Definition') ? 0 : 1) : index;
  };
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

/** Applies one object on the server, as the user's own field manager. The namespace given fills an absent one. */
export async function applyObject(client: KubeClient, object: KubeObject, namespace: string): Promise<Applied> {
  const resource = await client.resourceFor(object.apiVersion, object.kind);
  const target = resource.namespaced
    ? { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } }
    : object;
  const before = await current(client, resource, target);
  const after = await client.apply(resource, target, { fieldManager: 'vela', force: true });
  const unchanged = before?.metadata.resourceVersion === after.metadata.resourceVersion;
  return { object: after, resource, change: !before ? 'created' : unchanged ? 'unchanged' : 'configured' };
}

async function current(client: KubeClient, resource: Resource, object: KubeObject): Promise<KubeObject | undefined> {
  const { name, namespace } = object.metadata;
  if (!name) throw new CliError(`${object.kind} without metadata.name`);
  return ignoreNotFound(client.get(resource, { name, namespace }));
}
