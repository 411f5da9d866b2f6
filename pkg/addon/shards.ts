import { applicationResource } from '../apis/application.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { labels } from '../apis/names.ts';
import { getPath } from '../render/path.ts';

const shardPath = ['spec', 'template', 'metadata', 'labels', labels.shardId];

/** The shards with controllers in an Application: the ids that its patches put on pods. */
export function shardsOf(app: Application | undefined): ReadonlySet<string> {
  const traits = app?.spec.components.flatMap((component) => component.traits ?? []) ?? [];
  const ids = traits.map(({ properties }) => getPath(properties, shardPath));
  return new Set(ids.filter((id): id is string => typeof id === 'string'));
}

/** One line for each shard that a change removes, with what becomes of its Applications; none when all stay. */
export async function shardRemovals(
  client: KubeClient,
  before: Application | undefined,
  after: Application | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const kept = shardsOf(after);
  const removed = [...shardsOf(before)].filter((id) => !kept.has(id));
  const goal = kept.size > 0 ? [...kept].join(', ') : 'the master';
  return Promise.all(
    removed.map(async (shard) => {
      const labelSelector = `${labels.scheduledShardId}=${shard}`;
      const { items } = await client.list(applicationResource, { labelSelector, metadataOnly: true, signal });
      const count = items.length === 1 ? '1 application moves' : `${items.length} applications move`;
      return `shard ${shard} is removed${items.length === 0 ? '; it has no applications' : `; ${count} to ${goal}`}`;
    }),
  );
}

/** One sentence for each shard that will vanish although Applications are assigned to it: they are moved first. */
export async function shardsToEmpty(
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
    const which = items.length === 1 ? `application ${namespace}/${name} is` : `${items.length} applications are`;
    const goal = kept.size > 0 ? 'the other shards' : 'the master';
    sentences.push(`${which} moved from shard ${shard} to ${goal}; its Deployment goes when it is empty`);
  }
  return sentences;
}
