import { AddonFleet } from '../../pkg/addon/addon-fleet.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { EventRecorder } from '../../pkg/client/events.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { Autoscaler } from '../../pkg/controllers/shard/scaling/autoscaler.ts';
import { Drainer } from '../../pkg/controllers/shard/moves/drainer.ts';
import { FleetSize } from '../../pkg/controllers/shard/scaling/fleet-size.ts';
import type { FleetView } from '../../pkg/controllers/shard/membership/fleet-view.ts';
import type { Place } from '../../pkg/controllers/shard/moves/move-requests.ts';
import type { Mover } from '../../pkg/controllers/shard/moves/mover.ts';
import { Rebalancer } from '../../pkg/controllers/shard/moves/rebalancer.ts';
import { ScaleIn } from '../../pkg/controllers/shard/scaling/scale-in.ts';
import { ShardSetController } from '../../pkg/controllers/shard/scaling/shard-set.ts';
import type { ShardLister } from '../../pkg/fleet/shard-lister.ts';
import { masterShard } from '../../pkg/scheduling/pick.ts';
import type { ShardView } from '../../pkg/scheduling/shards.ts';
import type { Base, Extras } from './base.ts';
import type { ShardingConfig } from './config.ts';

/** Parts of the master that draining, balancing and scaling need. */
export interface OperationsParts {
  readonly view: ShardLister & Pick<FleetView, 'onChange'>;
  readonly mover: Pick<Mover, 'list'>;
  /** The policy that chooses among shards; the least loaded one when absent. */
  readonly place?: Place | undefined;
  /** Shards of one group are balanced among themselves; those of one class when absent. */
  readonly groupOf?: ((view: ShardView) => string) | undefined;
}

/** Drains, scales and, where `--shard-rebalance` says so, balances the fleet. */
export function newOperations(
  { client, config, logger, registry }: Base,
  sharding: ShardingConfig,
  { view, mover, place, groupOf }: OperationsParts,
): Extras {
  const common = { clock: systemClock, random: systemRandom, logger };
  const scaleIn = new ScaleIn({ client, namespace: config.namespace, ...common });
  const events = new EventRecorder({ client, component: 'Shard', instance: config.podName, ...common });
  const shared = { ...common, view, underWay: () => mover.list(), place, metrics: registry };
  const drainer = new Drainer({ ...shared, scaleIn, events, rules: { lastResort: masterShard } });
  const rules = { mode: sharding.rebalance, groupOf, leaveOut: new Set([masterShard]) };
  const rebalancer = new Rebalancer({ ...shared, rules });
  const fleet = new AddonFleet(client, config.version, systemClock);
  const size = new FleetSize({ fleet, events, logger, metrics: registry });
  const shardSet = new ShardSetController({
    ...common,
    client,
    namespace: config.namespace,
    view,
    size,
    metrics: registry,
  });
  const autoscaler =
    sharding.autoscale &&
    new Autoscaler({ ...{ view, size, clock: systemClock, logger, metrics: registry }, rules: sharding.autoscale });
  return {
    always: [(signal) => scaleIn.watch(signal), (signal) => shardSet.watch(signal)],
    whileLeading: [
      (writer, signal) => drainer.run(writer, signal),
      (writer, signal) => shardSet.run(writer, signal),
      ...(autoscaler ? [(writer: KubeClient, signal: AbortSignal) => autoscaler.run(writer, signal)] : []),
      ...(sharding.rebalance === 'off'
        ? []
        : [(writer: KubeClient, signal: AbortSignal) => rebalancer.run(writer, signal)]),
    ],
    checks: {},
  };
}
