import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn } from './custom-kind.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { conditions, int32, int64, map, object, oneOf, optional, text, time, truth } from './schema.ts';

/** The API group of what belongs to the fleet and not to applications. */
export const fleetGroup = 'flotilla.dev';

/** The phases of a shard in the order of its life; `pkg/scheduling/membership.ts` derives them from Lease and pods. */
export const shardPhases = {
  Joining: 'pods announce the shard, and no process holds its Lease yet',
  Ready: 'its own process holds its Lease',
  Suspect: 'its Lease has run out, or was released with Applications left; another process may adopt it',
  Adopted: 'the process of another shard holds its Lease and works on its Applications',
  Evacuating: 'the process of another shard holds its Lease and moves its Applications to other shards',
  Gone: 'it has no pods, and no process has held its Lease for long; its object is kept',
} as const;

export const shardPhaseNames = Object.keys(shardPhases) as readonly ShardPhase[];
const phaseSentences = shardPhaseNames.map((phase) => `${phase}: ${shardPhases[phase]}`).join('. ');

export const shardSpec = object(
  {
    weight: optional(int32('Share of Applications in comparison with other shards; 1 when absent, 0 for none.')),
    capacity: optional(int32('Maximum number of Applications; unlimited when absent.')),
    class: optional(text('Adoption, drains and rebalancing stay inside a class, such as one version or size.')),
    labels: optional(
      map(text(), { description: 'Labels for the selectors of ShardPartitions: region, zone, tier, version.' }),
    ),
    unschedulable: optional(truth('Cordoned: the shard gets no new Applications.')),
    drain: optional(truth('Drained: its Applications are moved to other shards, and it gets no new ones.')),
  },
  { description: 'Settings for the scheduler; all optional.' },
);

export const shardStatus = object(
  {
    phase: optional(oneOf(shardPhaseNames, { description: `State of the shard. ${phaseSentences}.` })),
    holder: optional(text('Identity of the process that holds its Lease.')),
    homeShard: optional(text('The shard for which that process was started; another one when this one is adopted.')),
    epoch: optional(int64('Number of acquisitions of its Lease.')),
    pods: optional(int32('Pods that announce the shard.')),
    readyPods: optional(int32('Ready ones among them.')),
    applications: optional(int32('Number of Applications, as its holder reports it.')),
    backlog: optional(int32('Applications that wait for a worker.')),
    version: optional(text('Version of its holder.')),
    configHash: optional(text('Hash of the configuration of its holder; differs where the configuration does.')),
    address: optional(text('Where its process serves metrics and probes.')),
    observedAt: optional(time('When the phase changed last.')),
    conditions: optional(conditions()),
  },
  { description: 'What the master observed.' },
);

export type ShardPhase = keyof typeof shardPhases;
export type ShardSpec = Static<typeof shardSpec>;
export type ShardStatus = Static<typeof shardStatus>;

/** One shard of the fleet: its spec is for people, its status is written by the master. Cluster-scoped. */
export interface Shard extends KubeObject {
  readonly spec?: ShardSpec;
  readonly status?: ShardStatus;
}

export const shardResource: Resource = {
  group: fleetGroup,
  version: 'v1alpha1',
  kind: 'Shard',
  plural: 'shards',
  namespaced: false,
};

export const shardKind: CustomKind = {
  resource: shardResource,
  shortNames: ['shd'],
  columns: [
    { name: 'PHASE', jsonPath: '.status.phase', type: 'string' },
    { name: 'APPS', jsonPath: '.status.applications', type: 'integer' },
    { name: 'BACKLOG', jsonPath: '.status.backlog', type: 'integer' },
    { name: 'READY', jsonPath: '.status.readyPods', type: 'integer' },
    { name: 'CORDONED', jsonPath: '.spec.unschedulable', type: 'boolean' },
    { name: 'HOME', jsonPath: '.status.homeShard', type: 'string' },
    { name: 'HOLDER', jsonPath: '.status.holder', type: 'string' },
    { name: 'EPOCH', jsonPath: '.status.epoch', type: 'integer' },
    ageColumn,
  ],
  statusSubresource: true,
  fields: { spec: shardSpec, status: shardStatus },
  description: 'One shard of the fleet of controllers.',
};
