import type { KubeClient, WriteOptions } from './kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';

/** The changes of a merge patch, beside the resourceVersion. */
export interface ObjectPatch {
  readonly metadata?: object | undefined;
  readonly status?: object | undefined;
}

/** Sends a merge patch against the resourceVersion that was read: a change in between is a conflict. */
export function patchObject<T extends KubeObject>(
  client: Pick<KubeClient, 'patch'>,
  resource: Resource,
  object: Pick<T, 'metadata'>,
  { change, ...options }: WriteOptions & { readonly change: ObjectPatch },
): Promise<T> {
  const { name = '', namespace, resourceVersion = '' } = object.metadata;
  const body = { ...change, metadata: { resourceVersion, ...change.metadata } } as unknown as JsonObject;
  return client.patch<T>(resource, { name, namespace }, { type: 'merge', body }, options);
}
