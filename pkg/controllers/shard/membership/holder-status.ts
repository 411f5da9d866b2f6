import { withCondition } from '../../../apis/conditions.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import { holderRole } from '../../../apis/holder.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { labels } from '../../../apis/names.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Shard } from '../../../apis/shard.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import { decodeLeaseReport } from '../../../fleet/lease-report.ts';
import { HolderRecord } from '../../../lease/holder-record.ts';
import { recordOf } from '../../../lease/record.ts';
import type { Lease } from '../../../lease/record.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { Controller } from '../../../reconcile/controller.ts';
import { done } from '../../../reconcile/result.ts';
import type { Result } from '../../../reconcile/result.ts';
import { keysAfter } from '../../../reconcile/source.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';
import { patchStatus } from '../patch-status.ts';
import type { FleetView } from './fleet-view.ts';

export interface HolderStatusOptions {
  readonly view: Pick<FleetView, 'shards' | 'leaseOf' | 'objectOf' | 'onChange' | 'whenSynced'>;
  readonly leaseNamespace: string;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** The report of a holder changes without a change of the fleet. */
const periodMs = 5_000;

/**
 * Writes to each Shard whether the fences accept its holder, as the holder reports it, and records holders of earlier
 * versions, which do not record themselves.
 */
export class HolderStatusController {
  readonly #options: HolderStatusOptions;
  readonly #refused;

  constructor(options: HolderStatusOptions) {
    this.#options = options;
    this.#refused = gauge(options.metrics, {
      name: 'flotilla_shard_holder_refused',
      help: 'Whether the fences in the API server refuse the holder of each shard: 1 if so',
      labelNames: ['shard'],
    });
  }

  /** Runs with the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, metrics } = this.#options;
    const controller = new Controller({
      ...fleetControllerDefaults,
      name: 'shard-holder',
      sources: [keysAfter(view, () => view.shards().map(({ id }) => id))],
      reconcile: (id, context) => this.reconcile(client, id, context.signal),
      clock,
      logger,
      metrics,
    });
    await controller.run(signal);
    this.#refused.reset();
  }

  async reconcile(client: KubeClient, id: string, signal: AbortSignal): Promise<Result> {
    const { view } = this.#options;
    const lease = view.leaseOf(id);
    if (!lease) {
      this.#refused.remove({ shard: id });
      return done;
    }
    await this.#recordOldHolder(client, id, lease, signal);
    const { holderRefused } = decodeLeaseReport(lease.metadata.annotations);
    this.#refused.set({ shard: id }, holderRefused === undefined ? 0 : 1);
    const shard = view.objectOf(id);
    if (shard) await this.#writeCondition(client, shard, holderRefused, signal);
    return { requeueAfterMs: periodMs };
  }

  /** A holder that reports no Role is of a version that does not record itself. */
  async #recordOldHolder(client: KubeClient, shard: string, lease: Lease, signal: AbortSignal): Promise<void> {
    const { leaseNamespace: namespace } = this.#options;
    const { name = '', annotations } = lease.metadata;
    const { holder, transitions } = recordOf(lease);
    if (holder === undefined || decodeLeaseReport(annotations).holderRole === holderRole) return;
    const pod = holder.split('_')[0] ?? '';
    const record = new HolderRecord({ client, namespace, lease: name, shard, labels: { [labels.shardId]: shard } });
    await record.write(`${pod}.pod`, transitions, signal);
  }

  async #writeCondition(
    client: KubeClient,
    shard: Shard,
    refused: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, events } = this.#options;
    const before = shard.status?.conditions ?? [];
    if (refused === undefined && !before.some(({ type }) => type === 'HolderAccepted')) return;
    const state =
      refused === undefined
        ? { status: 'True' as const, reason: 'Accepted', message: 'the fences in the API server accept its holder' }
        : { status: 'False' as const, reason: 'Refused', message: refused };
    const conditions = withCondition(before, { type: 'HolderAccepted', ...state }, clock.now());
    if (conditions === before) return;
    const patch = { resource: shardResource, object: shard, status: { conditions }, onlyUnchanged: true };
    if (!(await patchStatus(client, patch, signal))) return;
    if (refused === undefined) events.event(shard, 'Normal', 'HolderAccepted', state.message);
    else events.event(shard, 'Warning', 'HolderRefused', state.message);
  }
}
