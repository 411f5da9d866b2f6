import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { conditions, int32, int32Between, object, optional, text } from './schema.ts';
import { fleetGroup } from './shard.ts';

export const shardSetSpec = object(
  {
    replicas: optional(int32Between(0, 200, 'How many shards there should be beside the master.')),
  },
  { description: 'The wanted number of shards.' },
);

export const shardSetStatus = object(
  {
    replicas: optional(int32('How many shards the addon was asked for.')),
    readyReplicas: optional(int32('How many of them are Ready.')),
    selector: optional(
      text('Selects the pods of shards, as kubectl -l takes it: a HorizontalPodAutoscaler measures them.'),
    ),
    conditions: optional(conditions()),
  },
  { description: 'What the master observed.' },
);

export type ShardSetSpec = Static<typeof shardSetSpec>;
export type ShardSetStatus = Static<typeof shardSetStatus>;

/**
 * The number of shards that the addon runs, with the subresource `scale`: `kubectl scale`, a HorizontalPodAutoscaler or
 * KEDA set it. There is one, made by the master, as long as the addon runs shards by number.
 */
export interface ShardSet extends KubeObject {
  readonly spec?: ShardSetSpec;
  readonly status?: ShardSetStatus;
}

/** The name of the only one. */
export const shardSetName = 'shards';

export const shardSetResource: Resource = {
  group: fleetGroup,
  version: 'v1alpha1',
  kind: 'ShardSet',
  plural: 'shardsets',
  namespaced: true,
};

export const shardSetKind: CustomKind = {
  resource: shardSetResource,
  shortNames: ['shds'],
  columns: [
    { name: 'DESIRED', jsonPath: '.spec.replicas', type: 'integer' },
    { name: 'CURRENT', jsonPath: '.status.replicas', type: 'integer' },
    { name: 'READY', jsonPath: '.status.readyReplicas', type: 'integer' },
    ageColumn,
  ],
  statusSubresource: true,
  scaleSubresource: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  },
  fields: { spec: shardSetSpec, status: shardSetStatus },
  description: 'How many shards the fleet has.',
};
