import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';

/** Which pods announce each shard, and whether they are ready. A shard without pods is not in it. */
export type ShardPods = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** Groups controller pods by the shard that they announce. Pods that announce none, or are over, do not count. */
export function shardPods(pods: Iterable<KubeObject>): ShardPods {
  const shards = new Map<string, Map<string, boolean>>();
  for (const pod of pods) {
    const shard = pod.metadata.labels?.[labels.shardId] ?? '';
    if (shard === '' || isOver(pod)) continue;
    const known = shards.get(shard) ?? new Map<string, boolean>();
    shards.set(shard, known.set(pod.metadata.name ?? '', isReady(pod)));
  }
  return shards;
}

interface PodStatus {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

const statusOf = (pod: KubeObject): PodStatus => pod['status'] ?? {};

/** A pod that is being deleted still answers its probes, but will not be there to do the work. */
function isReady(pod: KubeObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return statusOf(pod).conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

const isOver = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(statusOf(pod).phase ?? '');
