import { isAlreadyExists, isNotFound } from '../../../apis/api-error.ts';
import { fleetName, fleetResource, newFleet } from '../../../apis/fleet.ts';
import type { Fleet } from '../../../apis/fleet.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Logger } from '../../../logging/logger.ts';
import { masterShard } from '../../../scheduling/pick.ts';
import type { ShardView } from '../../../scheduling/shards.ts';
import { levelled, readSlots, slotData, slotTable } from '../../../scheduling/slots.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { lookOnce } from '../fleet-sight.ts';
import type { FleetView } from '../membership/fleet-view.ts';

export interface SlotTableOptions {
  readonly view: Pick<FleetView, 'shards' | 'onChange' | 'whenSynced'>;
  /** Of the fleet. */
  readonly namespace: string;
  /** The shards that exist, whether or not they are available. */
  readonly known: () => readonly string[];
  /** Where not, the table is emptied, so that the policy steps aside for those who can do what is asked for. */
  readonly isUsed: boolean;
  readonly masterToo: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps the table by which the API server itself chooses shards in step with the shards that are available, and the list of
 * those that exist: both are in the Fleet, because the informers of built-in kinds may stop when a policy is deleted.
 */
export class SlotTable {
  readonly #options: SlotTableOptions;
  #wake: () => void = () => undefined;

  constructor(options: SlotTableOptions) {
    this.#options = options;
    options.view.onChange(() => {
      this.#wake();
    });
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger } = this.#options;
    await view.whenSynced(signal).catch(() => undefined);
    while (!signal.aborted) {
      const nap = new AbortController();
      const end = (): void => {
        nap.abort();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
      const isWritten = await lookOnce(
        async () => {
          await this.write(client, signal);
          return true;
        },
        (error) => {
          logger.warn({ err: error }, 'table of slots not written, trying again');
        },
        signal,
      );
      await clock.sleep(isWritten ? 30_000 : 2_000, nap.signal).catch(() => undefined);
      signal.removeEventListener('abort', end);
    }
  }

  /** One write where the table is not what it should be, and none where it is. */
  async write(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, known, isUsed, masterToo } = this.#options;
    const fleet = await this.#fleet(client, signal);
    if (!fleet) return;
    const slots = slotData(
      isUsed ? slotTable(levelled(sharesOf(view.shards(), masterToo)), readSlots(fleet.slots)) : [],
    );
    const shards = [...known()].sort();
    // an empty table is written, too: without any the policy would not even put a label back
    if (isSame(fleet.slots, slots) && (fleet.shards ?? []).join() === shards.join()) return;
    const gone = Object.keys(fleet.slots ?? {}).filter((key) => !(key in slots));
    const body = {
      metadata: { resourceVersion: fleet.metadata.resourceVersion ?? '' },
      slots: { ...Object.fromEntries(gone.map((key) => [key, null])), ...slots },
      shards,
    };
    const options = { fieldManager: fleetFieldManager, signal };
    await client.patch(fleetResource, { name: fleetName }, { type: 'merge', body }, options);
  }

  /** Made anew where it was deleted; undefined where another master did so at the same moment. */
  async #fleet(client: KubeClient, signal: AbortSignal): Promise<Fleet | undefined> {
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
