import type { Gauge } from 'prom-client';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { KubeObject } from '../../../apis/meta.ts';
import type { Logger } from '../../../logging/logger.ts';
import { gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import type { EventSink } from '../fleet-sight.ts';

/** The shards that were asked for, and the object that says so. */
export interface WantedShards {
  readonly ids: ReadonlySet<string>;
  readonly object: KubeObject;
}

/** Whatever runs the processes of shards, and can run more or fewer of them. */
export interface ShardFleet {
  /** Undefined where it cannot be asked for a number. */
  wanted(signal: AbortSignal): Promise<WantedShards | undefined>;
  /** Asks for another number; a shard too many is emptied before it goes. Resolves with why that is not possible. */
  resize(client: KubeClient, count: number, signal: AbortSignal): Promise<string | undefined>;
}

export interface FleetSizeOptions {
  readonly fleet: ShardFleet;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** How many shards the fleet is asked to have, for all who change that: it is told in log, Events and a metric. */
export class FleetSize {
  readonly #options: FleetSizeOptions;
  readonly #wanted: Gauge;

  constructor(options: FleetSizeOptions) {
    this.#options = options;
    this.#wanted = gauge(options.metrics, {
      name: 'flotilla_shards_wanted',
      help: 'How many shards were asked for, by people or by the autoscaler',
    });
  }

  async wanted(signal: AbortSignal): Promise<WantedShards | undefined> {
    const wanted = await this.#options.fleet.wanted(signal);
    if (wanted) this.#wanted.set(wanted.ids.size);
    return wanted;
  }

  /** Asks for another number. Resolves with why that is not possible. */
  async change(
    client: KubeClient,
    { ids, object }: WantedShards,
    { to, because }: { readonly to: number; readonly because: string },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { fleet, events, logger } = this.#options;
    const from = ids.size;
    logger.info({ from, to, because }, 'number of shards changes');
    const trouble = await fleet.resize(client, to, signal);
    const change = `${to} ${to === 1 ? 'shard' : 'shards'} instead of ${from}: ${because}`;
    if (trouble !== undefined) {
      logger.error({ from, to, trouble }, 'number of shards cannot be changed');
      events.event(object, 'Warning', 'ShardsNotChanged', `${change}; not possible: ${trouble}`);
      return trouble;
    }
    this.#wanted.set(to);
    events.event(object, 'Normal', to > from ? 'ShardsAdded' : 'ShardsRemoved', change);
    return undefined;
  }
}
