import { isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { annotations } from '../../../apis/names.ts';
import type { Clock } from '../../../clock/clock.ts';
import { leases, recordOf } from '../../../lease/record.ts';
import type { Logger } from '../../../logging/logger.ts';
import { counter, gauge } from '../../../metrics/declare.ts';
import type { MetricsRegistry } from '../../../metrics/registry.ts';
import { hasRefused, isAwaited, planFailover } from '../../../scheduling/failover.ts';
import type { FailoverRules, Takeover } from '../../../scheduling/failover.ts';
import { formatInvitations, isInvitedTo, parseInvitations } from '../../../scheduling/invitation.ts';
import { fleetFieldManager } from '../../family/families.ts';
import type { EventSink } from '../fleet-sight.ts';
import { lookOnce } from '../fleet-sight.ts';
import type { FleetView } from './fleet-view.ts';

export interface FailoverOptions {
  readonly view: FleetView;
  readonly leaseNamespace: string;
  readonly rules: Omit<FailoverRules, 'refused'>;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Between two looks; default 500 ms. */
  readonly periodMs?: number | undefined;
}

/**
 * Sees to it that somebody works for every shard: where its own processes are gone it invites another process to take
 * the shard's Lease. No Application is written. What it remembers only keeps it from asking the same one twice.
 */
export class Failover {
  readonly #options: FailoverOptions;
  readonly #metrics: ReturnType<typeof failoverMetrics>;
  /** By shard: whom it was offered to in the present state of its Lease, and when. */
  readonly #offers = new Map<string, { readonly state: string; readonly to: Map<string, number> }>();
  #told = '';

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#metrics = failoverMetrics(options.metrics);
  }

  /** Looks again and again, and invites through the given client, until the signal aborts. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { view, clock, logger, periodMs = 500 } = this.#options;
    await view.whenSynced(signal).catch(() => undefined);
    while (!signal.aborted) {
      await lookOnce(
        () => this.look(client, signal),
        (error) => {
          logger.warn({ err: error }, 'failover not possible now, trying again');
        },
        signal,
      );
      await clock.sleep(periodMs, signal).catch(() => undefined);
    }
  }

  /** One look; returns what was done. */
  async look(client: KubeClient, signal: AbortSignal): Promise<readonly Takeover[]> {
    const { view, rules, clock } = this.#options;
    const now = clock.monotonic();
    const plan = planFailover(view.shards(), {
      ...rules,
      refused: (shard, invitee) => hasRefused(this.#offersOf(shard), invitee, now, rules),
    });
    this.#metrics.orphans.set(plan.orphans.length);
    this.#tell(plan.orphans, plan.hold);
    const done: Takeover[] = [];
    for (const takeover of plan.takeovers) {
      const offers = this.#offersOf(takeover.invitation.shard);
      if (isAwaited(offers, now, rules)) continue;
      offers.set(takeover.to, now);
      if (await this.#invite(client, takeover, signal)) done.push(takeover);
    }
    return done;
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

  /** Adds an invitation to those on the Lease of the process that is asked; those that are void are dropped. */
  async #invite(client: KubeClient, { to, invitation }: Takeover, signal: AbortSignal): Promise<boolean> {
    const { view, leaseNamespace, events, logger } = this.#options;
    const lease = view.leaseOf(to);
    const name = lease?.metadata.name;
    if (name === undefined) return false;
    const open = parseInvitations(lease?.metadata.annotations?.[annotations.adopt]).filter(({ shard, ...state }) => {
      const stored = view.leaseOf(shard);
      return shard !== invitation.shard && stored !== undefined && isInvitedTo(state, recordOf(stored));
    });
    const body = { metadata: { annotations: { [annotations.adopt]: formatInvitations([...open, invitation]) } } };
    const options = { fieldManager: fleetFieldManager, signal };
    try {
      await client.patch(leases, { name, namespace: leaseNamespace }, { type: 'merge', body }, options);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
    const { shard, drain } = invitation;
    logger.warn({ adopted: shard, to, drain }, 'shard without a process, another one is asked to take it');
    const object = view.objectOf(shard);
    const purpose = drain ? 'to hand its applications over' : 'to work for it';
    if (object) events.event(object, 'Warning', 'ShardAdoption', `the process of shard ${to} was asked ${purpose}`);
    this.#metrics.invitations.inc({ shard, to });
    return true;
  }

  /** Says once what is not done, loudly. */
  #tell(orphans: readonly string[], hold: string | undefined): void {
    this.#metrics.held.set(hold === undefined ? 0 : 1);
    const text = hold === undefined ? '' : `${orphans.join(', ')}: ${hold}`;
    if (text === this.#told) return;
    this.#told = text;
    if (hold === undefined) return;
    const { view, events, logger } = this.#options;
    logger.error({ shards: orphans, reason: hold }, 'shards without a process are left alone');
    for (const id of orphans) {
      const object = view.objectOf(id);
      if (object) events.event(object, 'Warning', 'FailoverHeld', hold);
    }
  }
}

function failoverMetrics(registry: MetricsRegistry) {
  return {
    orphans: gauge(registry, {
      name: 'flotilla_shards_without_holder',
      help: 'Shards whose processes are gone and that nobody has adopted yet',
    }),
    held: gauge(registry, {
      name: 'flotilla_failover_held',
      help: 'Whether nothing is done about shards without a process: 1 if so, because too many seem dead, or nobody is left',
    }),
    invitations: counter(registry, {
      name: 'flotilla_shard_invitations_total',
      help: 'Invitations of a process to adopt a shard',
      labelNames: ['shard', 'to'],
    }),
  };
}
