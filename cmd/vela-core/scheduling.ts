import { EventRecorder } from '../../pkg/client/events.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { Assigner } from '../../pkg/controllers/shard/assigner.ts';
import { ShardDiscovery } from '../../pkg/controllers/shard/discovery.ts';
import { Mover } from '../../pkg/controllers/shard/mover.ts';
import { masterShard, newRoundRobinScheduler, newStaticScheduler } from '../../pkg/scheduling/pick.ts';
import type { Scheduler } from '../../pkg/scheduling/pick.ts';
import type { Base, Extras } from './base.ts';
import type { ShardingConfig } from './options.ts';

/** How the master chooses shards. */
export interface Scheduling {
  /** Undefined where nobody chooses automatically. */
  readonly pick: (() => string | undefined) | undefined;
  /** The shards that are known to exist. */
  readonly known: () => readonly string[];
  readonly extras: Extras;
}

interface Choice {
  readonly scheduler: Scheduler;
  readonly known: () => readonly string[];
  readonly discovery: ShardDiscovery | undefined;
}

/** Chooses statically where shards are listed, else among those whose pods are ready; assigns what came past admission. */
export function newScheduling(base: Base, sharding: ShardingConfig): Scheduling {
  const { client, logger, config } = base;
  const { scheduler, known, discovery } = choiceOf(base, sharding);
  const mover = newMover(base, known);
  const discoveryTasks = discovery ? [(signal: AbortSignal) => discovery.run(signal)] : [];
  const discovered = (): void => {
    if (discovery && !discovery.synced) throw new Error('shards not discovered yet');
  };
  if (config.gates.DisableWebhookAutoSchedule)
    return {
      pick: undefined,
      known,
      extras: {
        always: [...discoveryTasks, (signal) => mover.watch(signal)],
        whileLeading: [(writer, signal) => mover.run(writer, signal)],
        checks: { discovery: discovered },
      },
    };
  const assigner = new Assigner({ client, scheduler, clock: systemClock, random: systemRandom, logger });
  discovery?.onChange(() => {
    assigner.nudge();
  });
  return {
    pick: () => scheduler.pick(),
    known,
    extras: {
      always: [...discoveryTasks, (signal) => assigner.watch(signal), (signal) => mover.watch(signal)],
      whileLeading: [(writer, signal) => assigner.run(writer, signal), (writer, signal) => mover.run(writer, signal)],
      checks: { discovery: discovered },
    },
  };
}

/** Who carries moves out; a shard that nobody announces gets none. */
function newMover({ client, config, logger, registry }: Base, known: () => readonly string[]): Mover {
  const common = { clock: systemClock, random: systemRandom, logger };
  const events = new EventRecorder({ client, component: 'Shard', instance: config.podName, ...common });
  return new Mover({ client, exists: (shard) => known().includes(shard), events, metrics: registry, ...common });
}

function choiceOf({ client, config, logger }: Base, { schedulableShards, discoveryResyncMs }: ShardingConfig): Choice {
  if (schedulableShards.length > 0) {
    const scheduler = newStaticScheduler(schedulableShards, systemRandom);
    const known = [...new Set([masterShard, ...schedulableShards])];
    return { scheduler, known: () => known, discovery: undefined };
  }
  const discovery = new ShardDiscovery({
    client,
    namespace: config.namespace,
    clock: systemClock,
    random: systemRandom,
    logger,
    resyncPeriodMs: discoveryResyncMs,
  });
  const scheduler = newRoundRobinScheduler(() => discovery.available());
  return { scheduler, known: () => [...new Set([masterShard, ...discovery.known()])], discovery };
}
