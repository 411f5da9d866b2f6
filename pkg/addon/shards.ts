import { applicationResource } from '../apis/application.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { labels } from '../apis/names.ts';
import { getPath } from '../render/path.ts';

const shardPath = ['spec', 'template', 'metadata', 'labels', labels.shardId];

/** The shards whose controllers an Application brings: the ids that its patches put on pods. */
export function shardsOf(app: Application | undefined): ReadonlySet<string> {
  const traits = app?.spec.components.flatMap((component) => component.traits ?? []) ?? [];
  const ids = traits.map(({ properties }) => getPath(properties, shardPath));
  return new Set(ids.filter((id): id is string => typeof id === 'string'));
}

/** One sentence for each shard that would vanish although Applications are assigned to it. */
export async function shardsInUse(
  client: KubeClient,
  before: Application | undefined,
  after: Application | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const kept = shardsOf(after);
  const vanishing = [...shardsOf(before)].filter((id) => !kept.has(id));
  const sentences: string[] = [];
  for (const shard of vanishing) {
    const labelSelector = `${labels.scheduledShardId}=${shard}`;
    const { items } = await client.list(applicationResource, { labelSelector, metadataOnly: true, signal });
    const [first] = items;
    if (!first) continue;
    const { namespace = '', name = '' } = first.metadata;
    sentences.push(
      `shard ${shard} would vanish, but ${items.length} applications are assigned to it; move them with "vela up ${name} -n ${namespace} --shard-id ID", delete them, or force it`,
    );
  }
  return sentences;
}
