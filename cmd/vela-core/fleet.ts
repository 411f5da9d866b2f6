import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { EventRecorder } from '../../pkg/client/events.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { Failover } from '../../pkg/controllers/shard/membership/failover.ts';
import { FleetView } from '../../pkg/controllers/shard/membership/fleet-view.ts';
import { FenceProof } from '../../pkg/controllers/shard/membership/fence-proof.ts';
import { HolderStatus } from '../../pkg/controllers/shard/membership/holder-status.ts';
import { Mover } from '../../pkg/controllers/shard/moves/mover.ts';
import { PartitionStatusWriter } from '../../pkg/controllers/shard/membership/partition.ts';
import { PartitionSets } from '../../pkg/controllers/shard/membership/partition-set.ts';
import type { Placer } from '../../pkg/controllers/shard/assignment/placer.ts';
import { ShardStatusWriter } from '../../pkg/controllers/shard/membership/shard-status.ts';
import { defaultTimes } from '../../pkg/safety/times.ts';
import type { Base, Extras } from './base.ts';
import { newOperations } from './operations.ts';
import type { ShardingConfig } from './config.ts';

/** What those who run the fleet share. */
export interface FleetParts {
  readonly base: Base;
  readonly sharding: ShardingConfig;
  readonly view: FleetView;
  /** Whoever carries moves out; it knows those that go on. */
  readonly mover: Mover;
  readonly events: EventRecorder;
}

/** The view of the fleet that every replica of the master keeps, and the one that carries moves out. */
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
  const isThere = (shard: string): boolean =>
    view.known().includes(shard) || sharding.schedulableShards.includes(shard);
  const mover = new Mover({ ...common, exists: isThere, events, metrics: registry });
  return { base, sharding, view, mover, events };
}

/** What the master does for the fleet beside choosing shards for Applications: one line for each. */
export function newFleetExtras(parts: FleetParts, placer: Placer): Extras {
  const { base, sharding, view, mover, events } = parts;
  const { logger, registry } = base;
  const common = { view, events, clock: systemClock, logger, metrics: registry };
  const leaseDurationMs = leaseDurationOf(base);
  const status = new ShardStatusWriter(common);
  const failover = new Failover({
    ...common,
    leaseNamespace: leaseNamespaceOf(base),
    rules: {
      mode: sharding.failover,
      groupOf: (shard) => placer.groupOf(shard),
      leaseDurationMs,
      // a standby takes the Lease within a retry period, and a container that starts anew even before it runs out
      ownGraceMs: leaseDurationMs / 3,
      absentGraceMs: Math.min(2_000, leaseDurationMs / 3),
    },
  });
  const operations = newOperations(base, sharding, {
    ...parts,
    place: (application, targets) => placer.among(application, targets),
    groupOf: (shard) => placer.groupOf(shard),
  });
  const holders = new HolderStatus({ ...common, leaseNamespace: leaseNamespaceOf(base) });
  const proof = new FenceProof({ ...common, namespace: leaseNamespaceOf(base) });
  const own = { ...common, client: base.client, random: systemRandom };
  const partitions = new PartitionStatusWriter(own);
  const sets = new PartitionSets(own);
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
/** How long the Leases of the fleet are, as this process is told. */
export const leaseDurationOf = ({ config }: Base): number => config.safety.leaseDurationMs || defaultLeaseMs;
const defaultLeaseMs = defaultTimes.lease?.durationMs ?? 0;
