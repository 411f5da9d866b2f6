import type { Gauge } from 'prom-client';
import type { EventSink } from '../../../apis/event-sink.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import type { ShardFleet, WantedShards } from '../../../fleet/shard-fleet.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';

export interface FleetSizeOptions {
  readonly fleet: ShardFleet;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** The requested number of shards; each change is logged, counted and recorded as an Event. */
export class FleetSize {
  readonly #options: FleetSizeOptions;
  readonly #wanted: Gauge;

  constructor(options: FleetSizeOptions) {
    this.#options = options;
    this.#wanted = gauge(options.metrics, {
      name: 'flotilla_shards_wanted',
      help: 'Number of shards that users or the autoscaler request',
    });
  }

  async wanted(signal: AbortSignal): Promise<WantedShards | undefined> {
    const wanted = await this.#options.fleet.wanted(signal);
    if (wanted) this.#wanted.set(wanted.ids.size);
    return wanted;
  }

  /** Requests another number. Returns the problem where that fails. */
  async change(
    client: KubeClient,
    { ids, object }: WantedShards,
    { to, because }: { readonly to: number; readonly because: string },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { fleet, events, logger } = this.#options;
    const from = ids.size;
    logger.info({ from, to, because }, 'changing number of shards');
    const problem = await fleet.resize(client, to, signal);
    const change = `${to} ${to === 1 ? 'shard' : 'shards'} instead of ${from}: ${because}`;
    if (problem !== undefined) {
      logger.error({ from, to, problem }, 'failed to change number of shards');
      events.event(object, 'Warning', 'ShardsNotChanged', `${change}; not possible: ${problem}`);
      return problem;
    }
    this.#wanted.set(to);
    events.event(object, 'Normal', to > from ? 'ShardsAdded' : 'ShardsRemoved', change);
    return undefined;
  }
}
