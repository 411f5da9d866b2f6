import type { EventSink } from '../apis/event-sink.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { FleetMembership } from '../lease/fleet-membership.ts';
import type { FleetConflict, FleetRole } from '../lease/fleet-membership.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { masterShard } from '../scheduling/pick.ts';

export interface JoinOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly pod: { readonly name: string; readonly namespace: string };
  readonly leases: { readonly namespace: string; readonly masterName: string; readonly durationMs: number };
  /** Whether this process elects; shards always do. */
  readonly elects: boolean;
  /** Called with the reason why this process may not work, and with undefined once it may. */
  readonly onConflict: (message: string | undefined) => void;
}

/**
 * Returns the membership of a process in the fleet, for a shard or, where that is undefined, for all Applications. A
 * conflict is an Event on both sides: the own pod, the Fleet, and the master Lease of the other fleet.
 */
export function newFleetMembership(options: JoinOptions, shard: string | undefined): FleetMembership {
  const { client, clock, logger, events, leases, elects, onConflict } = options;
  return new FleetMembership({
    client,
    clock,
    logger,
    namespace: leases.namespace,
    role: roleOf(shard),
    leaseDurationMs: leases.durationMs,
    othersElectBy: elects ? undefined : leases.masterName,
    onConflict: (conflict) => {
      onConflict(conflict?.message);
      if (!conflict) return;
      for (const object of sidesOf(options, conflict))
        events.event(object, 'Warning', 'FleetConflict', conflict.message);
    },
  });
}

const roleOf = (shard: string | undefined): FleetRole =>
  shard === undefined ? 'single' : shard === masterShard ? 'master' : 'shard';

function sidesOf({ pod, leases }: JoinOptions, { fleet }: FleetConflict): readonly KubeObject[] {
  const { name, namespace } = pod;
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: leases.masterName, namespace: fleet.spec.namespace },
  };
  return [{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } }, fleet, lease];
}
