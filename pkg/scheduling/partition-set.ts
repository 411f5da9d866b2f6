import { apiVersionOf } from '../../machinery/src/meta.ts';
import { shardPartitionResource } from '../apis/shard-partition.ts';
import type { ShardPartition } from '../apis/shard-partition.ts';
import { shardPartitionSetResource } from '../apis/shard-partition-set.ts';
import type { ShardPartitionSet } from '../apis/shard-partition-set.ts';
import { labelsOf } from './bounds.ts';
import { selectorProblems, selects } from './selector.ts';
import type { ShardView } from './shards.ts';

/** Returns the problems of a set, as sentences; none when it is valid. */
export function setProblems({ spec }: ShardPartitionSet): readonly string[] {
  const { dimensions, selector = {} } = spec;
  const unique = new Set(dimensions);
  return [
    ...(dimensions.length === 0 ? ['spec.dimensions: name at least one label of shards'] : []),
    ...(unique.size < dimensions.length ? ['spec.dimensions: each label only once'] : []),
    ...(unique.has('') ? ['spec.dimensions: a label must not be empty'] : []),
    ...selectorProblems(selector).map((problem) => `spec.selector.${problem}`),
  ];
}

/**
 * The partitions that a set stands for, by name: one for each combination of values that some shard has, none for others.
 * A shard without one of the labels is in none. Of two combinations with equal names the first is kept.
 */
export function partitionsOf(set: ShardPartitionSet, views: readonly ShardView[]): ReadonlyMap<string, ShardPartition> {
  const { dimensions, selector = {} } = set.spec;
  const found = new Map<string, ShardPartition>();
  if (setProblems(set).length > 0) return found;
  for (const view of views) {
    const values = dimensions.map((dimension) => labelsOf(view)[dimension] ?? '');
    if (values.includes('') || !selects(selector, labelsOf(view))) continue;
    const name = [set.metadata.name ?? '', ...values].map(plain).join('-');
    if (!found.has(name)) found.set(name, partition(set, name, values));
  }
  return found;
}

function partition(set: ShardPartitionSet, name: string, values: readonly string[]): ShardPartition {
  const { dimensions, selector = {} } = set.spec;
  const own = Object.fromEntries(dimensions.map((dimension, i) => [dimension, values[i] ?? '']));
  const owner = {
    apiVersion: apiVersionOf(shardPartitionSetResource),
    kind: shardPartitionSetResource.kind,
    name: set.metadata.name ?? '',
    uid: set.metadata.uid ?? '',
    controller: true,
  };
  return {
    apiVersion: apiVersionOf(shardPartitionResource),
    kind: shardPartitionResource.kind,
    metadata: { name, ownerReferences: [owner] },
    spec: { selector: { ...selector, matchLabels: { ...selector.matchLabels, ...own } } },
  };
}

/** As it may stand in a name. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
