import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { Assigner } from '../../pkg/controllers/shard/assignment/assigner.ts';
import { Placer } from '../../pkg/controllers/shard/assignment/placer.ts';
import { SlotTableController } from '../../pkg/controllers/shard/assignment/slot-table.ts';
import { workflowRunFamilies } from '../../pkg/controllers/workflow-run/families.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { masterShard, pickStatic } from '../../pkg/scheduling/pick.ts';
import type { Base, Extras } from './base.ts';
import { leaseDurationOf, newFleetExtras, newFleetParts } from './fleet.ts';
import type { ShardingConfig } from './config.ts';

/** How the master chooses shards. */
export interface Scheduling {
  /** Undefined where shards are not chosen automatically. */
  readonly pick: ((application: KubeObject) => Promise<string | undefined>) | undefined;
  /** The shards that are known to exist. */
  readonly known: () => readonly string[];
  readonly extras: Extras;
}

/** Chooses statically where shards are listed, else among available ones; assigns Applications that passed no admission. */
export function newScheduling(base: Base, sharding: ShardingConfig): Scheduling {
  const { client, logger, registry, config } = base;
  const { schedulableShards, policy, masterToo } = sharding;
  const common = { client, clock: systemClock, random: systemRandom, logger };
  const parts = newFleetParts(base, sharding);
  const { view, events } = parts;
  const placer = new Placer({ ...common, shards: () => view.shards(), policy, masterToo });
  const fleet = newFleetExtras(parts, placer);
  const known = (): readonly string[] => [...new Set([masterShard, ...schedulableShards, ...view.known()])];
  const always = [...fleet.always, (signal: AbortSignal) => placer.run(signal)];
  const isChosenHere = !config.gates.DisableWebhookAutoSchedule;
  const slots = new SlotTableController({
    view,
    namespace: config.election?.namespace ?? config.namespace,
    known,
    isUsed: isChosenHere && schedulableShards.length === 0 && isHashed(base, sharding),
    masterToo,
    clock: systemClock,
    logger,
    metrics: registry,
  });
  const whileLeading = [...fleet.whileLeading, (writer: KubeClient, signal: AbortSignal) => slots.run(writer, signal)];
  if (!isChosenHere) return { pick: undefined, known, extras: { ...fleet, always, whileLeading } };
  const pick = (application: KubeObject): Promise<string | undefined> =>
    schedulableShards.length > 0
      ? Promise.resolve(pickStatic(schedulableShards, systemRandom))
      : placer.pick(application);
  const assignerParts = {
    ...common,
    pick,
    known: () => (view.synced ? known() : undefined),
    ...(schedulableShards.length === 0 && {
      canPlace: () => view.shards().some(({ isAvailable }) => isAvailable),
      obstacle: (application: KubeObject) => placer.obstacle(application),
    }),
    fleet: view,
    events,
    strayGraceMs: 2 * leaseDurationOf(base),
  };
  const assigners = [new Assigner({ ...assignerParts, metrics: registry })];
  // its figures would be added to those of Applications
  if (config.application.workflowRuns)
    assigners.push(new Assigner({ ...assignerParts, families: workflowRunFamilies, metrics: newRegistry() }));
  return {
    pick,
    known,
    extras: {
      always: [...always, ...assigners.map((one) => (signal: AbortSignal) => one.watch(signal))],
      whileLeading: [
        ...whileLeading,
        ...assigners.map((one) => (writer: KubeClient, signal: AbortSignal) => one.run(writer, signal)),
      ],
      checks: fleet.checks,
    },
  };
}

/**
 * Whether a policy in the API server may choose shards: it can only hash names. Turns are left to the webhook, which
 * takes them exactly; without one a hash at once is better than a turn later.
 */
function isHashed({ config }: Base, { policy }: ShardingConfig): boolean {
  return policy === 'consistent-hash' || (policy === 'round-robin' && config.webhook === undefined);
}
