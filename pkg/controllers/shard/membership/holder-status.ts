import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import { holderRole } from '../../../apis/holder.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { shardResource } from '../../../apis/shard.ts';
import type { Shard } from '../../../apis/shard.ts';
import type { Clock } from '../../../clock/clock.ts';
import { HolderRecord } from '../../../lease/holder-record.ts';
import { recordOf } from '../../../lease/record.ts';
import type { Lease } from '../../../lease/record.ts';
import type { Logger } from '../../../logging/logger.ts';
import { gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { fleetFieldManager } from '../../family/families.ts';
import type { EventSink } from '../fleet-sight.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import type { FleetView } from './fleet-view.ts';
import { withCondition } from '../../../apis/conditions.ts';

export interface HolderStatusOptions {
  readonly view: Pick<FleetView, 'shards' | 'leaseOf' | 'objectOf' | 'onChange' | 'whenSynced'>;
  readonly leaseNamespace: string;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/**
 * Shows on each Shard whether the fences accept its holder, as the holder itself finds out, and records holders of an
 * earlier version, which do not do so themselves.
 */
export class HolderStatus {
  readonly #options: HolderStatusOptions;
  readonly #refused;
  readonly #task: PeriodicTask;

  constructor(options: HolderStatusOptions) {
    const { clock, logger, metrics, view } = options;
    this.#options = options;
    this.#refused = gauge(metrics, {
      name: 'flotilla_shard_holder_refused',
      help: 'Whether the fences in the API server refuse the holder of each shard: 1 if so',
      labelNames: ['shard'],
    });
    this.#task = new PeriodicTask({ clock, logger, periodMs: 5_000, what: 'state of holders' });
    view.onChange(this.#task.wake);
  }

  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    await this.#options.view.whenSynced(signal).catch(() => undefined);
    await this.#task.run(() => this.update(client, signal), signal);
    this.#refused.reset();
  }

  /** Brings everything up to date once. */
  async update(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view } = this.#options;
    this.#refused.reset();
    for (const { id } of view.shards()) {
      const lease = view.leaseOf(id);
      if (!lease) continue;
      await this.#recordOld(client, id, lease, signal);
      const why = lease.metadata.annotations?.[annotations.holderRefused];
      this.#refused.set({ shard: id }, why === undefined ? 0 : 1);
      const shard = view.objectOf(id);
      if (shard) await this.#show(client, shard, why, signal);
    }
  }

  /** A holder that says nothing of the Role does not know that it should record itself. */
  async #recordOld(client: KubeClient, shard: string, lease: Lease, signal: AbortSignal): Promise<void> {
    const { leaseNamespace: namespace } = this.#options;
    const { name = '', annotations: notes = {} } = lease.metadata;
    const { holder, transitions } = recordOf(lease);
    if (holder === undefined || notes[annotations.holderRole] === holderRole) return;
    const pod = holder.split('_')[0] ?? '';
    const record = new HolderRecord({ client, namespace, lease: name, shard, labels: { [labels.shardId]: shard } });
    await record.write(`${pod}.pod`, transitions, signal);
  }

  async #show(client: KubeClient, shard: Shard, why: string | undefined, signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#options;
    const before = shard.status?.conditions ?? [];
    const condition =
      why === undefined
        ? { status: 'True' as const, reason: 'Accepted', message: 'the fences in the API server accept its holder' }
        : { status: 'False' as const, reason: 'Refused', message: why };
    const old = before.find(({ type }) => type === 'HolderAccepted');
    if (old === undefined && why === undefined) return;
    const conditions = withCondition(before, { type: 'HolderAccepted', ...condition }, clock.now());
    if (conditions === before) return;
    const { name = '', resourceVersion = '' } = shard.metadata;
    const body = { metadata: { resourceVersion }, status: { conditions: conditions.map((one) => ({ ...one })) } };
    const options = { subresource: 'status', fieldManager: fleetFieldManager, signal };
    try {
      await client.patch(shardResource, { name }, { type: 'merge', body }, options);
      const type = why === undefined ? 'Normal' : 'Warning';
      events.event(shard, type, why === undefined ? 'HolderAccepted' : 'HolderRefused', condition.message);
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
}
