import type { KubeObject } from '../../pkg/apis/meta.ts';
import { EventRecorder } from '../../pkg/client/events.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { FleetMembership } from '../../pkg/lease/fleet-membership.ts';
import type { FleetConflict, FleetRole } from '../../pkg/lease/fleet-membership.ts';
import { masterShard } from '../../pkg/scheduling/pick.ts';
import type { Base } from './base.ts';
import type { Config } from './config.ts';

interface MembershipParts extends Pick<Base, 'config' | 'client' | 'logger'> {
  /** For which it is to work; undefined where there are no shards. */
  readonly shard: string | undefined;
  /** Called with the reason why this process does not work, and with undefined once it may. */
  readonly onConflict?: (message: string | undefined) => void;
}

/** The part of a process in the fleet; a conflict is an Event on both sides: its own pod, the Fleet, and the other's Lease. */
export function fleetMembership({ config, client, logger, shard, onConflict }: MembershipParts): FleetMembership {
  const common = { client, clock: systemClock, logger };
  const events = new EventRecorder({
    ...common,
    random: systemRandom,
    component: 'Fleet',
    instance: config.podName,
  });
  return new FleetMembership({
    ...common,
    namespace: config.election?.namespace ?? config.namespace,
    role: roleOf(shard),
    leaseDurationMs: config.election?.leaseDurationMs ?? 15_000,
    onConflict: (conflict) => {
      onConflict?.(conflict?.message);
      if (!conflict) return;
      for (const object of sidesOf(config, conflict))
        events.event(object, 'Warning', 'FleetConflict', conflict.message);
    },
  });
}

const roleOf = (shard: string | undefined): FleetRole =>
  shard === undefined ? 'single' : shard === masterShard ? 'master' : 'shard';

function sidesOf({ namespace, podName, election }: Config, { fleet }: FleetConflict): readonly KubeObject[] {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: podName, namespace } };
  const name = election?.leasePrefix ?? 'kubevela';
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: fleet.spec.namespace },
  };
  return [pod, fleet, lease];
}
