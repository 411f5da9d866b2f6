import { isAlreadyExists, isNotFound } from '../../../apis/api-error.ts';
import { fleetName, fleetResource, newFleet } from '../../../apis/fleet.ts';
import type { Fleet } from '../../../apis/fleet.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import type { ShardLister } from '../../../fleet/shard-lister.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { Controller } from '../../../reconcile/controller.ts';
import type { Result } from '../../../reconcile/result.ts';
import { keysAfter } from '../../../reconcile/source.ts';
import type { Trigger } from '../../../reconcile/source.ts';
import { masterShard } from '../../../scheduling/pick.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { levelled, readSlots, slotData, slotTable } from '../../../scheduling/slots.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';

export interface SlotTableOptions {
  readonly view: ShardLister & Trigger;
  /** Of the fleet. */
  readonly namespace: string;
  /** The shards that exist, in any phase. */
  readonly known: () => readonly string[];
  /** Where false, the table is empty, so that the policy leaves the choice to the webhook and the assigner. */
  readonly isUsed: boolean;
  readonly masterToo: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** The counts of Applications, which level the table, change without a change of the fleet. */
const periodMs = 30_000;

/**
 * Keeps the table by which the API server itself chooses shards, and the list of the shards that exist, in step with the
 * fleet. Both are in the Fleet object, because the informers of built-in kinds may stop when a policy is deleted.
 */
export class SlotTableController {
  readonly #options: SlotTableOptions;

  constructor(options: SlotTableOptions) {
    this.#options = options;
  }

  /** Runs with the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, metrics } = this.#options;
    const controller = new Controller({
      ...fleetControllerDefaults,
      name: 'slot-table',
      sources: [keysAfter(view, () => [fleetName])],
      reconcile: (_, context) => this.reconcile(client, context.signal),
      backoff: { baseMs: 2_000, maxMs: periodMs },
      clock,
      logger,
      metrics,
    });
    await controller.run(signal);
  }

  /** Writes the table once where it differs. */
  async reconcile(client: KubeClient, signal: AbortSignal): Promise<Result> {
    const { view, known, isUsed, masterToo } = this.#options;
    const fleet = await this.#readFleet(client, signal);
    if (!fleet) return { requeueAfterMs: periodMs };
    const shares = isUsed ? levelled(sharesOf(view.shards(), masterToo)) : [];
    const slots = slotData(isUsed ? slotTable(shares, readSlots(fleet.slots)) : []);
    const shards = [...known()].sort();
    // an empty table is written, too: without any the policy would not even restore a removed label
    if (!isSame(fleet.slots, slots) || (fleet.shards ?? []).join() !== shards.join())
      await this.#write(client, fleet, { slots, shards }, signal);
    return { requeueAfterMs: periodMs };
  }

  async #write(
    client: KubeClient,
    fleet: Fleet,
    { slots, shards }: { readonly slots: Readonly<Record<string, string>>; readonly shards: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const removed = Object.keys(fleet.slots ?? {}).filter((key) => !(key in slots));
    const body = {
      metadata: { resourceVersion: fleet.metadata.resourceVersion ?? '' },
      slots: { ...Object.fromEntries(removed.map((key) => [key, null])), ...slots },
      shards: [...shards],
    };
    const options = { fieldManager: fleetFieldManager, signal };
    await client.patch(fleetResource, { name: fleetName }, { type: 'merge', body }, options);
  }

  /** Creates the Fleet where it was deleted; undefined where another master created it at the same moment. */
  async #readFleet(client: KubeClient, signal: AbortSignal): Promise<Fleet | undefined> {
    const { namespace } = this.#options;
    try {
      return await client.get<Fleet>(fleetResource, { name: fleetName }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const options = { fieldManager: fleetFieldManager, signal };
    return client.create(fleetResource, newFleet({ namespace, sharded: true }), options).catch((error: unknown) => {
      if (isAlreadyExists(error)) return undefined;
      throw error;
    });
  }
}

function sharesOf(views: readonly ShardView[], masterToo: boolean): readonly ShardView[] {
  const open = views.filter(({ isAvailable }) => isAvailable);
  const slaves = open.filter(({ id }) => id !== masterShard);
  return masterToo || slaves.length === 0 ? open : slaves;
}

function isSame(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>>): boolean {
  const keys = new Set([...Object.keys(a ?? {}), ...Object.keys(b)]);
  return a !== undefined && [...keys].every((key) => a[key] === b[key]);
}
