import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import type { Applied } from './apply.ts';
import { applyObject, deleteObject, inParallel } from './apply.ts';
import type { InstallOptions, InstallSummary } from './install.ts';
import { inOrder } from './order.ts';
import { deploymentMissing, waitUntil } from './ready.ts';

/** Applies the objects of one shard and waits until it is ready; nothing else in the cluster is changed. */
export async function applyShard(
  client: KubeClient,
  objects: readonly KubeObject[],
  { clock, wait, timeoutMs = 300_000, readLastLine, onProgress }: InstallOptions,
  signal: AbortSignal,
): Promise<InstallSummary> {
  const waiting = { clock, deadline: clock.monotonic() + timeoutMs, signal, readLastLine };
  const summary: Record<Applied, number> = { created: 0, configured: 0, unchanged: 0, kept: 0 };
  for (const group of inOrder(objects)) {
    await inParallel(group, 8, async (object) => {
      const did = await applyObject(client, object, signal);
      summary[did] += 1;
      onProgress?.({ did, object });
    });
  }
  for (const deployment of objects.filter(({ kind }) => wait && kind === 'Deployment')) {
    const what = `Deployment ${deployment.metadata.name ?? ''}`;
    onProgress?.({ waitingFor: what });
    await waitUntil(waiting, what, () => deploymentMissing(client, deployment, waiting));
  }
  return summary;
}

/** Deletes the objects of one shard, its Deployment first, and its Lease last. */
export async function removeShard(
  client: KubeClient,
  objects: readonly KubeObject[],
  {
    id,
    namespace,
    clock,
    wait,
    timeoutMs = 300_000,
    onProgress,
  }: InstallOptions & { readonly id: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<void> {
  const waiting = { clock, deadline: clock.monotonic() + timeoutMs, signal };
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: `kubevela-${id}`, namespace },
  };
  const remove = async (object: KubeObject): Promise<void> => {
    if (await deleteObject(client, object, signal)) onProgress?.({ did: 'deleted', object });
  };
  for (const group of inOrder(objects).toReversed()) {
    await inParallel(group, 8, remove);
    if (wait && group.some(({ kind }) => kind === 'Deployment'))
      await waitUntil(waiting, `end of shard ${id}`, () => podsOf(client, id, { namespace, signal }));
  }
  await remove(lease);
}

async function podsOf(
  client: KubeClient,
  id: string,
  { namespace, signal }: { readonly namespace: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const resource = await client.resourceFor('v1', 'Pod');
  const labelSelector = `${labels.shardId}=${id}`;
  const { items } = await client.list(resource, { namespace, labelSelector, metadataOnly: true, signal });
  return items.length > 0 ? `${items.length} pods are left` : undefined;
}
