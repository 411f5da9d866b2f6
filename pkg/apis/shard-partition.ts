import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { conditions, int32, list, map, object, oneOf, optional, text } from './schema.ts';
import { fleetGroup } from './shard.ts';

export const labelSelector = object(
  {
    matchLabels: optional(map(text(), { description: 'Labels with their values, all of which must match.' })),
    matchExpressions: optional(
      list(
        object({
          key: text('Key of the label.'),
          operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist'], {
            description: 'Relation of the key to the values.',
          }),
          values: optional(list(text(), { description: 'Values for In and NotIn.' })),
        }),
        { description: 'Conditions on labels, all of which must hold.' },
      ),
    ),
  },
  { description: 'Selects shards by the labels of their spec; an empty one selects all.' },
);

export const shardPartitionSpec = object({ selector: labelSelector }, { description: 'The shards of the partition.' });

export const shardPartitionStatus = object(
  {
    shards: optional(int32('How many shards it selects.')),
    endpoints: optional(
      list(
        object({
          shard: text('Id of the shard.'),
          address: optional(text('Address of its process.')),
          phase: optional(text('Phase of the shard.')),
        }),
        {
          description: 'Its shards and where their processes answer.',
        },
      ),
    ),
    conditions: optional(conditions()),
  },
  { description: 'What the master observed.' },
);

export type LabelSelector = Static<typeof labelSelector>;
export type ShardPartitionSpec = Static<typeof shardPartitionSpec>;
export type ShardPartitionStatus = Static<typeof shardPartitionStatus>;

/** A part of the fleet that keeps to itself: placement and adoption stay among the shards it selects. Cluster-scoped. */
export interface ShardPartition extends KubeObject {
  readonly spec: ShardPartitionSpec;
  readonly status?: ShardPartitionStatus;
}

export const shardPartitionResource: Resource = {
  group: fleetGroup,
  version: 'v1alpha1',
  kind: 'ShardPartition',
  plural: 'shardpartitions',
  namespaced: false,
};

export const shardPartitionKind: CustomKind = {
  resource: shardPartitionResource,
  shortNames: ['shdp'],
  columns: [{ name: 'SHARDS', jsonPath: '.status.shards', type: 'integer' }, ageColumn],
  statusSubresource: true,
  fields: { spec: shardPartitionSpec, status: shardPartitionStatus },
  required: ['spec'],
  description: 'A part of the fleet. Applications of a partition stay on its shards.',
};
