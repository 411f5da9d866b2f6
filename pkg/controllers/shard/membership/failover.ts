import { isNotFound } from '../../../apis/api-error.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { annotations } from '../../../apis/names.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import { leases, recordOf } from '../../../lease/record.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { Controller } from '../../../reconcile/controller.ts';
import type { Result } from '../../../reconcile/result.ts';
import { keysAfter } from '../../../reconcile/source.ts';
import { hasRefused, isAwaited, planFailover } from '../../../scheduling/failover.ts';
import type { FailoverRules, Takeover } from '../../../scheduling/failover.ts';
import { formatInvitations, isInvitedTo, parseInvitations } from '../../../scheduling/invitation.ts';
import { fleetFieldManager } from '../../family/families.ts';
import { fleetControllerDefaults } from '../controller-defaults.ts';
import type { FleetView } from './fleet-view.ts';
import { failoverMetrics } from './metrics.ts';

export interface FailoverOptions {
  readonly view: FleetView;
  readonly leaseNamespace: string;
  readonly rules: Omit<FailoverRules, 'refused'>;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Period of the check for graces that have ended; default 500 ms. */
  readonly periodMs?: number | undefined;
}

/** The plan depends on all shards, so that there is one key. */
const fleetKey = 'fleet';

/**
 * Invites another process to adopt each shard without a live holder. No Application is written. Its memory only keeps it
 * from sending the same invitation twice.
 */
export class FailoverController {
  readonly #options: FailoverOptions;
  readonly #metrics: ReturnType<typeof failoverMetrics>;
  /** By shard: the invitees in the present state of its Lease, and when they were invited. */
  readonly #offers = new Map<string, { readonly state: string; readonly to: Map<string, number> }>();
  #reported = '';

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#metrics = failoverMetrics(options.metrics);
  }

  /** Runs with the given client, which holds the right to write, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, metrics, periodMs = 500 } = this.#options;
    const controller = new Controller({
      ...fleetControllerDefaults,
      name: 'shard-failover',
      sources: [keysAfter(view, () => [fleetKey])],
      reconcile: (_, context) => this.reconcile(client, context.signal),
      backoff: { baseMs: periodMs, maxMs: periodMs },
      clock,
      logger,
      metrics,
    });
    await controller.run(signal);
  }

  /** Plans the adoption of all shards without a live holder, and sends the invitations that are missing. */
  async reconcile(client: KubeClient, signal: AbortSignal): Promise<Result> {
    const { view, rules, clock, periodMs = 500 } = this.#options;
    const now = clock.monotonic();
    const plan = planFailover(view.shards(), {
      ...rules,
      refused: (shard, invitee) => hasRefused(this.#offersOf(shard), invitee, now, rules),
    });
    this.#metrics.orphans.set(plan.orphans.length);
    this.#reportHold(plan.orphans, plan.hold);
    for (const takeover of plan.takeovers) {
      const offers = this.#offersOf(takeover.invitation.shard);
      if (isAwaited(offers, now, rules)) continue;
      offers.set(takeover.to, now);
      await this.#invite(client, takeover, signal);
    }
    return { requeueAfterMs: periodMs };
  }

  /** The offers of a shard; those made in another state of its Lease are over. */
  #offersOf(shard: string): Map<string, number> {
    const lease = this.#options.view.leaseOf(shard);
    const state = lease ? JSON.stringify(recordOf(lease)) : '';
    const known = this.#offers.get(shard);
    if (known?.state === state) return known.to;
    const to = new Map<string, number>();
    this.#offers.set(shard, { state, to });
    return to;
  }

  /** Adds an invitation to those on the Lease of the invitee, and drops those that are void. */
  async #invite(client: KubeClient, { to, invitation }: Takeover, signal: AbortSignal): Promise<void> {
    const { view, leaseNamespace, events, logger } = this.#options;
    const lease = view.leaseOf(to);
    const name = lease?.metadata.name;
    if (name === undefined) return;
    const open = parseInvitations(lease?.metadata.annotations?.[annotations.adopt]).filter(({ shard, ...state }) => {
      const stored = view.leaseOf(shard);
      return shard !== invitation.shard && stored !== undefined && isInvitedTo(state, recordOf(stored));
    });
    const body = { metadata: { annotations: { [annotations.adopt]: formatInvitations([...open, invitation]) } } };
    const options = { fieldManager: fleetFieldManager, signal };
    try {
      await client.patch(leases, { name, namespace: leaseNamespace }, { type: 'merge', body }, options);
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    const { shard, drain } = invitation;
    logger.warn({ adopted: shard, to, drain }, 'shard has no live holder, requesting adoption');
    const object = view.objectOf(shard);
    const purpose = drain ? 'to move its Applications away' : 'to work for it';
    if (object) events.event(object, 'Warning', 'ShardAdoption', `the process of shard ${to} was invited ${purpose}`);
    this.#metrics.invitations.inc({ shard, to });
  }

  /** Reports once why failover is held. */
  #reportHold(orphans: readonly string[], hold: string | undefined): void {
    this.#metrics.held.set(hold === undefined ? 0 : 1);
    const text = hold === undefined ? '' : `${orphans.join(', ')}: ${hold}`;
    if (text === this.#reported) return;
    this.#reported = text;
    if (hold === undefined) return;
    const { view, events, logger } = this.#options;
    logger.error({ shards: orphans, reason: hold }, 'failover held');
    for (const id of orphans) {
      const object = view.objectOf(id);
      if (object) events.event(object, 'Warning', 'FailoverHeld', hold);
    }
  }
}
