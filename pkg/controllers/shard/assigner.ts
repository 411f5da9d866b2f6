import { isConflict, isNotFound } from '../../apis/api-error.ts';
import { applicationResource } from '../../apis/application.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { KubeObject } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import type { Clock, Random } from '../../clock/clock.ts';
import { Informer } from '../../informer/informer.ts';
import type { Logger } from '../../logging/logger.ts';
import { scheduledShard, shardOfFamily } from '../../scheduling/assign.ts';
import type { Scheduler } from '../../scheduling/pick.ts';
import { assignFamily, readFamily } from '../family/relabel.ts';

export interface AssignerOptions {
  /** For the watch, on every replica. */
  readonly client: KubeClient;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How often Applications are tried again that no shard could take; default 5 s. */
  readonly retryPeriodMs?: number | undefined;
}

/**
 * Gives a shard to every Application that has none: created while no shard was available, past the webhook, or before
 * sharding was switched on. It watches those alone, so that its cost does not grow with the number of Applications.
 */
export class Assigner {
  readonly #options: AssignerOptions;
  readonly #unassigned: Informer;
  #wake: () => void = () => undefined;

  constructor(options: AssignerOptions) {
    const { client, clock, random, logger } = options;
    this.#options = options;
    this.#unassigned = new Informer({
      client,
      resource: applicationResource,
      labelSelector: `!${labels.scheduledShardId}`,
      metadataOnly: true,
      clock,
      random,
      logger,
    });
    this.#unassigned.subscribe({
      added: () => {
        this.#wake();
      },
    });
  }

  /** How many Applications wait for a shard. */
  get waiting(): number {
    return this.#unassigned.size;
  }

  get synced(): boolean {
    return this.#unassigned.synced;
  }

  /** Something may have changed: tries again at once. */
  nudge(): void {
    this.#wake();
  }

  /** Keeps the watch; runs on every replica. */
  async watch(signal: AbortSignal): Promise<void> {
    await this.#unassigned.run(signal);
  }

  /** Assigns through the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs = 5_000 } = this.#options;
    signal.addEventListener(
      'abort',
      () => {
        this.#wake();
      },
      { once: true },
    );
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await this.#sweep(client, signal);
      const nap = new AbortController();
      const pause = clock.sleep(retryPeriodMs, nap.signal).catch(() => undefined);
      await Promise.race([woken, pause]);
      nap.abort();
    }
  }

  async #sweep(client: KubeClient, signal: AbortSignal): Promise<void> {
    for (const { metadata } of this.#unassigned.list()) {
      if (signal.aborted) return;
      await this.#assign(client, { name: metadata.name ?? '', namespace: metadata.namespace }, signal);
    }
  }

  async #assign(client: KubeClient, target: Named, signal: AbortSignal): Promise<void> {
    const { logger, scheduler } = this.#options;
    try {
      const shard = await assignShard(client, target, () => scheduler.pick(), signal);
      if (shard !== undefined) logger.info({ ...target, shard }, 'application assigned');
    } catch (error) {
      if (signal.aborted || isNotFound(error) || isConflict(error)) return;
      logger.warn({ ...target, err: error }, 'application not assigned');
    }
  }
}

/**
 * Gives a live Application a shard unless it has one: the shard of its family where there is one, else the choice of
 * `pick`. What belongs to it follows first. Returns the shard when it was assigned.
 */
async function assignShard(
  client: KubeClient,
  target: Named,
  pick: () => string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const family = await readFamily(client, target, signal);
  if (scheduledShard(family.application) !== undefined) return undefined;
  const members: readonly KubeObject[] = [...family.revisions, ...family.trackers];
  const shard = shardOfFamily(members, pick);
  if (shard !== undefined) await assignFamily(client, family, shard, signal);
  return shard;
}
