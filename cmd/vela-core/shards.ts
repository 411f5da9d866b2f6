import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { EventRecorder } from '../../pkg/client/events.ts';
import type { AdaptiveLimit } from '../../machinery/src/clock/adaptive-limit.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import type { ApplicationMetrics } from '../../pkg/controllers/application/deps.ts';
import { Adoption, adoptShard } from '../../pkg/fleet/adoption.ts';
import type { CrashRecord } from '../../pkg/fleet/crash-record.ts';
import { newFleetMembership } from '../../pkg/fleet/join.ts';
import { ShardRuntime } from '../../pkg/fleet/shard-runtime.ts';
import type { Election, ShardProcess, ShardWork } from '../../pkg/fleet/shard-runtime.ts';
import type { FleetMembership } from '../../pkg/lease/fleet-membership.ts';
import type { Task } from '../../pkg/reconcile/tasks.ts';
import type { Invitation } from '../../pkg/scheduling/invitation.ts';
import { requestReturn } from '../../pkg/scheduling/return-request.ts';
import { newApplicationTerm } from './application-controller.ts';
import type { Base, Extras } from './base.ts';
import { newShardCaches } from './caches.ts';
import type { ShardCaches } from './caches.ts';
import type { ElectionConfig } from './config.ts';
import { leaseNameOf } from './options.ts';
import { identityOf } from './report.ts';

/** The parts that all shards of the process share. */
export interface ProcessParts extends Base {
  readonly leaseClient: KubeClient;
  readonly metrics: ApplicationMetrics;
  readonly crashes: CrashRecord;
  readonly pressure: AdaptiveLimit;
}

/** The work for the own shard, and for adopted ones. */
export function shardTasks(parts: ProcessParts, caches: ShardCaches, extras: Extras): readonly Task[] {
  const { config, logger } = parts;
  const { election } = config;
  const shard = config.sharding?.shard;
  const process = shardProcessOf(parts);
  const home = { shard, caches, drainOnly: false, controller: 'application', extras: extras.whileLeading };
  if (shard === undefined || !election) {
    const runtime = new ShardRuntime(process, workOf(parts, home, {}));
    return [(own) => runtime.run(own)];
  }
  const adoption = new Adoption({
    home: shard,
    adopt: (invitation, signal) => adopt({ parts, process, invitation }, signal),
    logger,
  });
  const hooks: ShardWork['hooks'] = {
    onObserved: ({ holder }, notes) => {
      if (holder === election.identity) adoption.follow(notes);
    },
    noteWhileWaiting: (_, notes) => requestReturn(shard, election.identity, notes),
  };
  const runtime = new ShardRuntime(process, workOf(parts, home, hooks));
  return [(own) => runtime.run(own), (own) => adoption.run(own)];
}

function adopt(
  { parts, process, invitation }: { parts: ProcessParts; process: ShardProcess; invitation: Invitation },
  signal: AbortSignal,
): Promise<void> {
  const { shard, drain: drainOnly = false } = invitation;
  const { client, logger, config } = parts;
  const caches = newShardCaches({ client, logger, informerResyncMs: config.informerResyncMs }, shard);
  const informers = caches.all.map(
    (informer): Task =>
      (own) =>
        informer.run(own),
  );
  const adopted = { shard, caches, drainOnly, controller: `application-${shard}`, extras: [] };
  const adoption = {
    invitation,
    identity: config.election?.identity ?? '',
    logger,
    informers,
    work: (hooks: ShardWork['hooks'], own: AbortSignal) =>
      new ShardRuntime(process, workOf(parts, adopted, hooks)).run(own),
  };
  return adoptShard(adoption, signal);
}

interface ShardParts extends Pick<ShardWork, 'shard' | 'drainOnly' | 'extras'> {
  readonly caches: ShardCaches;
  /** Name of the controller in logs and metrics. */
  readonly controller: string;
}

function workOf(
  parts: ProcessParts,
  { shard, caches, drainOnly, controller, extras }: ShardParts,
  hooks: ShardWork['hooks'],
): ShardWork {
  const { election } = parts.config;
  return {
    shard,
    drainOnly,
    extras,
    hooks,
    election: election && electionOf(election, shard),
    applications: caches.applications,
    newTerm: ({ writer, epoch, onFenceRefused }) =>
      newApplicationTerm({ ...parts, caches, shard, drainOnly, name: controller, epoch, onFenceRefused }, writer),
  };
}

const electionOf = ({ leasePrefix, ...election }: ElectionConfig, shard: string | undefined): Election => ({
  ...election,
  lease: leaseNameOf({ ...election, leasePrefix }, shard),
});

function shardProcessOf(parts: ProcessParts): ShardProcess {
  const { client, leaseClient, logger, registry, config, conflicts, crashes } = parts;
  return {
    client,
    leaseClient,
    logger,
    registry,
    crashes,
    clock: systemClock,
    random: systemRandom,
    podName: config.podName,
    identity: identityOf(config),
    workers: config.application.concurrentReconciles,
    reconcileTimeoutMs: config.application.reconcileTimeoutMs,
    join: async (shard, signal) => {
      const attempt = {};
      const report = (message?: string): void => {
        conflicts.report(attempt, message);
      };
      await fleetMembership({ config, client: leaseClient, logger }, shard, report).join(signal).finally(report);
    },
  };
}

/** The part of the process in the fleet, for a shard or for all Applications. */
export function fleetMembership(
  { config, client, logger }: Pick<Base, 'config' | 'client' | 'logger'>,
  shard: string | undefined,
  onConflict: (message: string | undefined) => void,
): FleetMembership {
  const { podName, namespace, election } = config;
  const common = { client, clock: systemClock, logger };
  const events = new EventRecorder({ ...common, random: systemRandom, component: 'Fleet', instance: podName });
  const leases = {
    namespace: election?.namespace ?? namespace,
    masterName: election?.leasePrefix ?? 'kubevela',
    durationMs: election?.leaseDurationMs ?? 15_000,
  };
  const pod = { name: podName, namespace };
  return newFleetMembership({ ...common, events, pod, leases, elects: election !== undefined, onConflict }, shard);
}
