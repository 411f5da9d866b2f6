import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { conditions, int32, list, object, optional, text } from './schema.ts';
import { fleetGroup } from './shard.ts';
import { labelSelector } from './shard-partition.ts';

export const shardPartitionSetSpec = object(
  {
    dimensions: list(text(), { description: 'Labels of shards; each combination of their values is a partition.' }),
    selector: optional(labelSelector),
  },
  { description: 'The labels that divide the fleet.' },
);

export const shardPartitionSetStatus = object(
  {
    partitions: optional(int32('How many partitions there are.')),
    conditions: optional(conditions()),
  },
  { description: 'What the master observed.' },
);

export type ShardPartitionSetSpec = Static<typeof shardPartitionSetSpec>;
export type ShardPartitionSetStatus = Static<typeof shardPartitionSetStatus>;

/** Keeps one ShardPartition for every combination of label values that shards have. Cluster-scoped. */
export interface ShardPartitionSet extends KubeObject {
  readonly spec: ShardPartitionSetSpec;
  readonly status?: ShardPartitionSetStatus;
}

export const shardPartitionSetResource: Resource = {
  group: fleetGroup,
  version: 'v1alpha1',
  kind: 'ShardPartitionSet',
  plural: 'shardpartitionsets',
  namespaced: false,
};

export const shardPartitionSetKind: CustomKind = {
  resource: shardPartitionSetResource,
  shortNames: ['shdps'],
  columns: [
    { name: 'DIMENSIONS', jsonPath: '.spec.dimensions', type: 'string' },
    { name: 'PARTITIONS', jsonPath: '.status.partitions', type: 'integer' },
    ageColumn,
  ],
  statusSubresource: true,
  fields: { spec: shardPartitionSetSpec, status: shardPartitionSetStatus },
  required: ['spec'],
  description: 'Partitions of the fleet by the labels of its shards.',
};
