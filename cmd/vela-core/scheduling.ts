import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { Assigner } from '../../pkg/controllers/shard/assigner.ts';
import { masterShard, newRoundRobinScheduler, newStaticScheduler } from '../../pkg/scheduling/pick.ts';
import type { Base, Extras } from './base.ts';
import { newFleetExtras, newFleetParts } from './fleet.ts';
import type { ShardingConfig } from './options.ts';

/** How the master chooses shards. */
export interface Scheduling {
  /** Undefined where nobody chooses automatically. */
  readonly pick: (() => string | undefined) | undefined;
  /** The shards that are known to exist. */
  readonly known: () => readonly string[];
  readonly extras: Extras;
}

/** Chooses statically where shards are listed, else among those that are available; assigns what came past admission. */
export function newScheduling(base: Base, sharding: ShardingConfig): Scheduling {
  const { client, logger, config } = base;
  const { schedulableShards } = sharding;
  const parts = newFleetParts(base, sharding);
  const { view } = parts;
  const fleet = newFleetExtras(parts);
  const known = (): readonly string[] => [...new Set([masterShard, ...schedulableShards, ...view.known()])];
  if (config.gates.DisableWebhookAutoSchedule) return { pick: undefined, known, extras: fleet };
  const scheduler =
    schedulableShards.length > 0
      ? newStaticScheduler(schedulableShards, systemRandom)
      : newRoundRobinScheduler(() => view.available());
  const assigner = new Assigner({ client, scheduler, clock: systemClock, random: systemRandom, logger });
  view.onChange(() => {
    assigner.nudge();
  });
  return {
    pick: () => scheduler.pick(),
    known,
    extras: {
      always: [...fleet.always, (signal) => assigner.watch(signal)],
      whileLeading: [...fleet.whileLeading, (writer, signal) => assigner.run(writer, signal)],
      checks: fleet.checks,
    },
  };
}
