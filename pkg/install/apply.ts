import { ApiError, ignoreNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { deepEqual } from '../../machinery/src/patch/equality.ts';
import { installManager } from './field-manager.ts';

/** What became of an object; `kept` is a definition that is not this installation's to change. */
export type Applied = 'created' | 'configured' | 'unchanged' | 'kept';

/** Applies one object and returns the kind of change. */
export async function applyObject(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<Applied> {
  const resource = await client.resourceFor(object.apiVersion, object.kind);
  const { name = '', namespace } = object.metadata;
  const before = await ignoreNotFound(client.get(resource, { name, namespace }, { signal }));
  const after = await client.apply(resource, object, { fieldManager: installManager, force: true, signal });
  if (!before) return 'created';
  return isSame(before, after) ? 'unchanged' : 'configured';
}

/** Whether nothing but the status, which others may write at any moment, differs. */
function isSame(before: KubeObject, after: KubeObject): boolean {
  if (before.metadata.resourceVersion === after.metadata.resourceVersion) return true;
  return deepEqual(withoutStatus(before), withoutStatus(after));
}

function withoutStatus(object: KubeObject): object {
  return { ...object, status: undefined, metadata: { ...object.metadata, resourceVersion: '', managedFields: [] } };
}

/** Deletes one object; returns whether it existed. Objects of a kind that is not served any more do not exist. */
export async function deleteObject(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<boolean> {
  try {
    const resource = await client.resourceFor(object.apiVersion, object.kind);
    const { name = '', namespace } = object.metadata;
    await client.delete(resource, { name, namespace }, { propagationPolicy: 'Background', signal });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return false;
    throw error;
  }
}

/** Runs at most `width` of the works at once; the first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
