import { isConflict, isNotFound } from '../../apis/api-error.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { JsonObject, KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { fleetFieldManager } from '../family/families.ts';

export interface StatusPatch {
  readonly resource: Resource;
  readonly object: Pick<KubeObject, 'metadata'>;
  /** Fields of the status; undefined removes one. */
  readonly status: Readonly<Record<string, unknown>>;
  /** Whether the write fails with a conflict when the object has changed since it was read. */
  readonly onlyUnchanged?: boolean;
}

/** Merges fields into the status of an object. Returns false where it is gone, or has changed in between. */
export async function patchStatus(
  client: Pick<KubeClient, 'patch'>,
  { resource, object, status, onlyUnchanged = false }: StatusPatch,
  signal: AbortSignal,
): Promise<boolean> {
  const { name = '', namespace, resourceVersion = '' } = object.metadata;
  const target: Named = namespace === undefined ? { name } : { name, namespace };
  const fields = Object.fromEntries(Object.entries(status).map(([key, value]) => [key, value ?? null]));
  const body = {
    ...(onlyUnchanged && { metadata: { resourceVersion } }),
    status: structuredClone(fields) as JsonObject,
  };
  try {
    const options = { subresource: 'status', fieldManager: fleetFieldManager, signal };
    await client.patch(resource, target, { type: 'merge', body }, options);
    return true;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return false;
    throw error;
  }
}
