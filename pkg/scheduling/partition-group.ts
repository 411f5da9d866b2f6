import type { ShardPartition } from '../apis/shard-partition.ts';
import { labelsOf } from './bounds.ts';
import { selectorProblems, selects } from './selector.ts';
import type { ShardView } from './shards.ts';

/**
 * Separates shards that may not stand in for each other: those of other classes, or that are in other partitions. Any
 * Application of a shard may go to any other of the same group, whatever partition binds it.
 */
export function groupOf(view: ShardView, partitions: readonly ShardPartition[]): string {
  const own = partitions.filter(
    ({ spec: { selector } }) => selectorProblems(selector).length === 0 && selects(selector, labelsOf(view)),
  );
  return JSON.stringify([view.className, ...own.map(({ metadata }) => metadata.name ?? '').sort()]);
}
