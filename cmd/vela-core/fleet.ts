import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { EventRecorder } from '../../pkg/client/events.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { FailoverController } from '../../pkg/controllers/shard/membership/failover.ts';
import { FleetView } from '../../pkg/controllers/shard/membership/fleet-view.ts';
import { FenceProof } from '../../pkg/controllers/shard/membership/fence-proof.ts';
import { HolderStatusController } from '../../pkg/controllers/shard/membership/holder-status.ts';
import { Mover } from '../../pkg/controllers/shard/moves/mover.ts';
import { PartitionController } from '../../pkg/controllers/shard/membership/partition.ts';
import { PartitionSetController } from '../../pkg/controllers/shard/membership/partition-set.ts';
import type { Placer } from '../../pkg/controllers/shard/assignment/placer.ts';
import { ShardStatusController } from '../../pkg/controllers/shard/membership/shard-status.ts';
import { defaultTimes } from '../../pkg/safety/times.ts';
import type { Base, Extras } from './base.ts';
import { newOperations } from './operations.ts';
import type { ShardingConfig } from './config.ts';

/** Parts that the controllers of the fleet share. */
export interface FleetParts {
  readonly base: Base;
  readonly sharding: ShardingConfig;
  readonly view: FleetView;
  /** Carries moves out, and lists those under way. */
  readonly mover: Mover;
  readonly events: EventRecorder;
}

/** The view of the fleet and the mover, on every replica of the master. */
export function newFleetParts(base: Base, sharding: ShardingConfig): FleetParts {
  const { client, config, logger, registry } = base;
  const common = { client, clock: systemClock, random: systemRandom, logger };
  const events = new EventRecorder({ ...common, component: 'Shard', instance: config.podName });
  const view = new FleetView({
    ...common,
    namespace: config.namespace,
    leaseNamespace: leaseNamespaceOf(base),
    leaseDurationMs: leaseDurationOf(base),
    resyncPeriodMs: sharding.discoveryResyncMs,
  });
  const exists = (shard: string): boolean => view.known().includes(shard) || sharding.schedulableShards.includes(shard);
  const mover = new Mover({ ...common, exists, events, metrics: registry });
  return { base, sharding, view, mover, events };
}

/** The controllers of the master for the fleet, except those that choose shards for Applications. */
export function newFleetExtras(parts: FleetParts, placer: Placer): Extras {
  const { base, sharding, view, mover, events } = parts;
  const { logger, registry } = base;
  const common = { view, events, clock: systemClock, logger, metrics: registry };
  const leaseDurationMs = leaseDurationOf(base);
  const status = new ShardStatusController(common);
  const failover = new FailoverController({
    ...common,
    leaseNamespace: leaseNamespaceOf(base),
    rules: {
      mode: sharding.failover,
      groupOf: (shard) => placer.groupOf(shard),
      leaseDurationMs,
      // a standby acquires the Lease within a retry period, a restarted container even before it expires
      ownGraceMs: leaseDurationMs / 3,
      absentGraceMs: Math.min(2_000, leaseDurationMs / 3),
    },
  });
  const operations = newOperations(base, sharding, {
    ...parts,
    place: (application, targets) => placer.among(application, targets),
    groupOf: (shard) => placer.groupOf(shard),
  });
  const holders = new HolderStatusController({ ...common, leaseNamespace: leaseNamespaceOf(base) });
  const proof = new FenceProof({ ...common, namespace: leaseNamespaceOf(base) });
  const own = { ...common, client: base.client, random: systemRandom };
  const partitions = new PartitionController(own);
  const sets = new PartitionSetController(own);
  return {
    always: [
      (signal) => view.run(signal),
      (signal) => mover.watch(signal),
      (signal) => partitions.watch(signal),
      (signal) => sets.watch(signal),
      ...operations.always,
    ],
    whileLeading: [
      (writer: KubeClient, signal) => mover.run(writer, signal),
      (writer: KubeClient, signal) => status.run(writer, signal),
      (writer: KubeClient, signal) => failover.run(writer, signal),
      (writer: KubeClient, signal) => holders.run(writer, signal),
      (writer: KubeClient, signal) => proof.run(writer, signal),
      (writer: KubeClient, signal) => partitions.run(writer, signal),
      (writer: KubeClient, signal) => sets.run(writer, signal),
      ...operations.whileLeading,
    ],
    checks: {
      discovery: () => {
        if (!view.synced) throw new Error('shards not discovered yet');
      },
    },
  };
}

const leaseNamespaceOf = ({ config }: Base): string => config.election?.namespace ?? config.namespace;
/** The duration of the fleet's Leases, by the flags of this process. */
export const leaseDurationOf = ({ config }: Base): number => config.safety.leaseDurationMs || defaultLeaseMs;
const defaultLeaseMs = defaultTimes.lease?.durationMs ?? 0;
