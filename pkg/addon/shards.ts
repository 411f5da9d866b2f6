import { applicationResource } from '../apis/application.ts';
import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import { getPath } from '../render/path.ts';

const shardPath = ['spec', 'template', 'metadata', 'labels', labels.shardId];

/** The shards with controllers in an Application: the ids that its patches put on pods. */
export function shardsOf(app: Application | undefined): ReadonlySet<string> {
  const traits = app?.spec.components.flatMap((component) => component.traits ?? []) ?? [];
  const ids = traits.map(({ properties }) => getPath(properties, shardPath));
  return new Set(ids.filter((id): id is string => typeof id === 'string'));
}

/** An addon's Application before and after a change; undefined where it is not enabled. */
interface Change {
  readonly before: Application | undefined;
  readonly after: Application | undefined;
}

/** A shard that a change removes, with the Applications that are assigned to it. */
interface Removal {
  readonly shard: string;
  readonly applications: readonly KubeObject[];
}

/** One line for each shard that a change removes, with what becomes of its Applications; none when all stay. */
export async function shardRemovals(
  client: KubeClient,
  change: Change,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const kept = [...shardsOf(change.after)];
  const goal = kept.length > 0 ? kept.join(', ') : 'the master';
  return (await removalsOf(client, change, signal)).map(({ shard, applications: { length } }) => {
    if (length === 0) return `shard ${shard} is removed; it has no applications`;
    return `shard ${shard} is removed; ${length === 1 ? '1 application moves' : `${length} applications move`} to ${goal}`;
  });
}

/** One sentence for each shard that will vanish although Applications are assigned to it: they are moved first. */
export async function shardsToEmpty(
  client: KubeClient,
  change: Change,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const goal = shardsOf(change.after).size > 0 ? 'the other shards' : 'the master';
  return (await removalsOf(client, change, signal)).flatMap(({ shard, applications }) => {
    const [first] = applications;
    if (!first) return [];
    const { namespace = '', name = '' } = first.metadata;
    const subject =
      applications.length === 1 ? `application ${namespace}/${name} is` : `${applications.length} applications are`;
    return [`${subject} moved from shard ${shard} to ${goal}; its Deployment goes when it is empty`];
  });
}

function removalsOf(client: KubeClient, { before, after }: Change, signal: AbortSignal): Promise<readonly Removal[]> {
  const kept = shardsOf(after);
  const removed = [...shardsOf(before)].filter((id) => !kept.has(id));
  return Promise.all(
    removed.map(async (shard) => {
      const labelSelector = `${labels.scheduledShardId}=${shard}`;
      const { items } = await client.list(applicationResource, { labelSelector, metadataOnly: true, signal });
      return { shard, applications: items };
    }),
  );
}
