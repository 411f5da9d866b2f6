import type { Static } from '@sinclair/typebox';
import type { CustomKind } from './custom-kind.ts';
import { ageColumn } from './custom-kind.ts';
import { apiVersionOf } from '../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { conditions, list, map, object, optional, text, truth } from './schema.ts';
import { fleetGroup } from './shard.ts';

export const fleetSpec = object(
  {
    namespace: text('Where its controllers run and their Leases are.'),
    sharded: optional(truth('Whether Applications are divided among shards; one controller works on all when absent.')),
  },
  { description: 'Where the controllers run, and whether they are shards.' },
);

export const fleetStatus = object(
  {
    conditions: optional(conditions()),
  },
  { description: 'What the master observed.' },
);

export type FleetSpec = Static<typeof fleetSpec>;
export type FleetStatus = Static<typeof fleetStatus>;

/**
 * The one set of controllers that works on the Applications of the cluster. Controllers of another namespace, and a
 * controller without sharding beside shards, find by it that they are not part of it. Cluster-scoped.
 */
export interface Fleet extends KubeObject {
  readonly spec: FleetSpec;
  /** The table by which the policy in the API server chooses shards; see `pkg/scheduling/slots.ts`. */
  readonly slots?: Readonly<Record<string, string>>;
  /** The shards that exist, as the master knows them. */
  readonly shards?: readonly string[];
  readonly status?: FleetStatus;
}

/** There is one for each cluster. */
export const fleetName = 'kubevela';

export const fleetResource: Resource = {
  group: fleetGroup,
  version: 'v1alpha1',
  kind: 'Fleet',
  plural: 'fleets',
  namespaced: false,
};

/** The Fleet of a cluster that has none. */
export const newFleet = (spec: FleetSpec): Fleet => ({
  apiVersion: apiVersionOf(fleetResource),
  kind: fleetResource.kind,
  metadata: { name: fleetName },
  spec,
});

export const fleetKind: CustomKind = {
  resource: fleetResource,
  shortNames: [],
  columns: [
    { name: 'NAMESPACE', jsonPath: '.spec.namespace', type: 'string' },
    { name: 'SHARDED', jsonPath: '.spec.sharded', type: 'boolean' },
    { name: 'FENCED', jsonPath: '.status.conditions[?(@.type=="FencesEnforced")].status', type: 'string' },
    ageColumn,
  ],
  statusSubresource: true,
  fields: {
    spec: fleetSpec,
    slots: optional(
      map(text(), { description: 'Which shard the policy in the API server gives each hash of a name.' }),
    ),
    shards: optional(list(text(), { description: 'The shards that exist, as the master knows them.' })),
    status: fleetStatus,
  },
  required: ['spec'],
  description: 'The set of controllers that works on the Applications of the cluster.',
};
