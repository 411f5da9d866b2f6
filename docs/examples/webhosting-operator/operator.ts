import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../pkg/apis/names.ts';
import { gated } from '../../../pkg/client/gate.ts';
import { systemClock as clock, systemRandom as random } from '../../../machinery/src/clock/system.ts';
import { Assigner } from '../../../pkg/controllers/shard/assignment/assigner.ts';
import type { EventSink } from '../../../pkg/apis/event-sink.ts';
import { FleetView } from '../../../pkg/controllers/shard/membership/fleet-view.ts';
import { Mover } from '../../../pkg/controllers/shard/moves/mover.ts';
import { Informer } from '../../../pkg/informer/informer.ts';
import { LeaderElector } from '../../../pkg/lease/leader-elector.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../pkg/metrics/registry.ts';
import { Controller } from '../../../pkg/reconcile/controller.ts';
import { changesOf, wantsChanged } from '../../../pkg/reconcile/source.ts';
import { place } from '../../../pkg/scheduling/policy.ts';
import { newReconciler } from './reconciler.ts';
import { websiteResource, websites } from './website.ts';
import type { Website } from './website.ts';

export interface OperatorParts {
  readonly client: KubeClient;
  /** Where the Leases are. */
  readonly namespace: string;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  readonly leaseDurationMs: number;
}

const electionOf = ({ client, namespace, leaseDurationMs, logger }: OperatorParts) => ({
  client,
  namespace,
  leaseDurationMs,
  renewDeadlineMs: (leaseDurationMs * 2) / 3,
  retryPeriodMs: leaseDurationMs / 6,
  clock,
  random,
  logger,
});

/** One process of one shard: sees the Websites of its shard alone, and works on them while it holds the shard's Lease. */
export async function runShard(
  parts: OperatorParts,
  { shard, identity }: { readonly shard: string; readonly identity: string },
  signal: AbortSignal,
): Promise<void> {
  const { client, logger, metrics } = parts;
  const labelSelector = `${websites.kind.keys.shard}=${shard}`;
  const informer = new Informer<Website>({ client, resource: websiteResource, labelSelector, clock, random, logger });
  const elector: LeaderElector = new LeaderElector({
    ...electionOf(parts),
    name: `webhosting-${shard}`,
    identity,
    labels: { [labels.shardId]: shard },
    annotations: () => ({
      [annotations.homeShard]: shard,
      [annotations.shardLoad]: JSON.stringify({ applications: informer.size, backlog: 0, busy: 0 }),
    }),
    onStarted: (term) => {
      const writer = gated(client, elector.gate());
      const controller = new Controller({
        name: `website-${shard}`,
        sources: [changesOf(informer, { predicate: wantsChanged })],
        reconcile: newReconciler(writer, shard, (key) => informer.get(key)),
        workers: 4,
        clock,
        logger,
        metrics,
        stopGraceMs: 5_000,
      });
      return controller.run(term);
    },
  });
  await Promise.all([informer.run(signal), elector.run(signal)]);
}

/** The one that divides the Websites among the shards, and carries moves out. */
export async function runMaster(parts: OperatorParts, identity: string, signal: AbortSignal): Promise<void> {
  const { client, namespace, logger, metrics, leaseDurationMs } = parts;
  const common = { client, clock, random, logger };
  const view = new FleetView({
    ...common,
    namespace,
    leaseNamespace: namespace,
    leaseDurationMs,
    resyncPeriodMs: 0,
  });
  const events: EventSink = {
    event: ({ metadata }: KubeObject, _type, reason, message) => {
      logger.info({ object: metadata.name, reason }, message);
    },
  };
  const assigned = new Map<string, number>();
  const pick = (website: KubeObject): Promise<string | undefined> => {
    const chosen = place(website, view.shards(), {
      policy: 'least-loaded',
      masterToo: true,
      onTheWay: assigned,
      turn: 0,
      random,
    });
    if (chosen !== undefined) assigned.set(chosen, (assigned.get(chosen) ?? 0) + 1);
    return Promise.resolve(chosen);
  };
  const known = (): readonly string[] | undefined => (view.synced ? view.known() : undefined);
  const shared = { ...common, families: websites, events, metrics };
  const assigner = new Assigner({ ...shared, fleet: view, pick, known, strayGraceMs: 2 * leaseDurationMs });
  const mover = new Mover({ ...shared, exists: (shard) => !view.synced || view.known().includes(shard) });
  const elector: LeaderElector = new LeaderElector({
    ...electionOf(parts),
    name: 'webhosting',
    identity,
    onStarted: async (term) => {
      const writer = gated(client, elector.gate());
      await Promise.all([assigner.run(writer, term), mover.run(writer, term)]);
    },
  });
  await Promise.all([view.run(signal), assigner.watch(signal), mover.watch(signal), elector.run(signal)]);
}
