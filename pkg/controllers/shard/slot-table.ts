import { isAlreadyExists, isNotFound } from '../../apis/api-error.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../apis/meta.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { masterShard } from '../../scheduling/pick.ts';
import type { ShardView } from '../../scheduling/shards.ts';
import { levelled, readSlots, slotData, slotTable } from '../../scheduling/slots.ts';
import { fleetFieldManager } from '../family/families.ts';
import { lookOnce } from './fleet-sight.ts';
import type { FleetView } from './fleet-view.ts';

export const slotTableResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

/** The ConfigMap that the policy in the API server reads; templates/system names it too. */
export const slotTableName = 'vela-shard-slots';

interface Table extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface SlotTableOptions {
  readonly view: Pick<FleetView, 'shards' | 'onChange' | 'whenSynced'>;
  readonly namespace: string;
  /** Where not, the table is emptied, so that the policy steps aside for those who can do what is asked for. */
  readonly isUsed: boolean;
  readonly masterToo: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the table by which the API server itself chooses shards in step with the shards that are available. */
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
    const { view, namespace, isUsed, masterToo } = this.#options;
    const target = { name: slotTableName, namespace };
    const stored = await read(client, target, signal);
    const data = slotData(
      isUsed ? slotTable(levelled(sharesOf(view.shards(), masterToo)), readSlots(stored?.data)) : [],
    );
    // an empty table is written, too: without any the policy would not even put a label back
    if (stored && isSame(stored.data ?? {}, data)) return;
    const table: Table = { apiVersion: 'v1', kind: 'ConfigMap', metadata: stored?.metadata ?? target, data };
    const options = { fieldManager: fleetFieldManager, signal };
    try {
      if (stored) await client.update(slotTableResource, table, options);
      else await client.create(slotTableResource, table, options);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

function sharesOf(views: readonly ShardView[], masterToo: boolean): readonly ShardView[] {
  const open = views.filter(({ isAvailable }) => isAvailable);
  const slaves = open.filter(({ id }) => id !== masterShard);
  return masterToo || slaves.length === 0 ? open : slaves;
}

async function read(
  client: KubeClient,
  target: { readonly name: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<Table | undefined> {
  try {
    return await client.get<Table>(slotTableResource, target, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}
