import { isConflict, isNotFound } from '../../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import { splitKey } from '../../../machinery/src/meta.ts';
import { dutyOf } from '../../../pkg/controllers/family/duty.ts';
import type { Reconciler, Result } from '../../../pkg/reconcile/result.ts';
import { isWholeFamily } from '../../../pkg/scheduling/handover.ts';
import { manifestsOf } from './manifests.ts';
import { deployments, ingresses, websiteResource, websites } from './website.ts';
import type { Website } from './website.ts';

const fieldManager = 'webhosting-operator';

/**
 * Brings one Website into the cluster. What a shard owes to the others comes first: it works only on what is its own, lets
 * go of what is to be moved when nothing of its is under way (a key is worked on once at a time), and acts on a family
 * only when all of it is its own.
 */
export function newReconciler(
  client: KubeClient,
  shard: string,
  get: (key: string) => Website | undefined,
): Reconciler {
  return async (key, { signal }) => {
    const cached = get(key);
    if (!cached) return {};
    const duty = dutyOf(cached, shard, false, websites.kind.keys);
    if (duty.do === 'leave') return {};
    try {
      if (duty.do === 'work') return await work(client, shard, key, signal);
      await websites.writeOwnership(client, cached, duty.ownership, signal);
      return {};
    } catch (error) {
      if (isNotFound(error)) return {};
      if (isConflict(error)) return { requeueAfterMs: 200 };
      throw error;
    }
  };
}

async function work(client: KubeClient, shard: string, key: string, signal: AbortSignal): Promise<Result> {
  const { namespace, name } = splitKey(key);
  const { main: website, members } = await websites.read(client, { namespace, name }, signal);
  if (website.metadata.deletionTimestamp !== undefined) return {};
  const shards = members.map(({ object }) => websites.shardOf(object));
  const isWhole = isWholeFamily(websites.ownershipOf(website), shard, shards);
  // unlabelled members were created before there were shards
  if (!isWhole && shards.some((one) => one !== undefined && one !== shard)) return { requeueAfterMs: 1_000 };
  for (const { resource, object } of manifestsOf(website, shard))
    await client.apply(resource, object, { fieldManager, force: true, signal });
  if (website.spec.host === undefined) await removeIngress(client, members, signal);
  return writeStatus(client, website, signal);
}

/** A Website that is not published any more. */
async function removeIngress(
  client: KubeClient,
  members: Awaited<ReturnType<typeof websites.read>>['members'],
  signal: AbortSignal,
): Promise<void> {
  for (const { resource, object } of members) {
    if (resource.kind !== ingresses.kind) continue;
    const { name = '', namespace } = object.metadata;
    await client.delete(resource, { name, namespace }, { signal });
  }
}

async function writeStatus(client: KubeClient, { metadata, status }: Website, signal: AbortSignal): Promise<Result> {
  const { name = '', namespace, generation = 0 } = metadata;
  const deployment = await client.get(deployments, { name, namespace }, { signal });
  const { readyReplicas = 0 } = (deployment['status'] ?? {}) as { readonly readyReplicas?: number };
  const { replicas = 1 } = deployment['spec'] as { readonly replicas?: number };
  if (status?.readyReplicas !== readyReplicas || status.observedGeneration !== generation) {
    const body = { status: { readyReplicas, observedGeneration: generation } };
    const options = { subresource: 'status', fieldManager, signal };
    await client.patch(websiteResource, { name, namespace }, { type: 'merge', body }, options);
  }
  return readyReplicas === replicas ? {} : { requeueAfterMs: 500 };
}
