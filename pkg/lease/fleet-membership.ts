import { ApiError, ignoreNotFound, isAlreadyExists, isConflict, isNotFound } from '../apis/api-error.ts';
import { fleetName, fleetResource, newFleet } from '../apis/fleet.ts';
import type { Fleet } from '../apis/fleet.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { labels } from '../apis/names.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { leases, recordOf } from './record.ts';
import type { Lease } from './record.ts';

/** The role of a process in the fleet: the controller of all Applications, the master of shards, or one of the shards. */
export type FleetRole = 'single' | 'master' | 'shard';

export interface FleetMembershipOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'create' | 'patch'>;
  /** Of the Leases. */
  readonly namespace: string;
  readonly role: FleetRole;
  readonly leaseDurationMs: number;
  /** Name of the Lease that other controllers without sharding elect by; given where this process works without an election. */
  readonly othersElectBy?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once for each conflict that keeps this process from its work, and with undefined when it is over. */
  readonly onConflict: (conflict: FleetConflict | undefined) => void;
  /** Between two checks during a conflict; default 2 s. */
  readonly periodMs?: number;
}

export interface FleetConflict {
  readonly fleet: Fleet;
  readonly message: string;
}

const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const fieldManager = 'vela-shard';

/**
 * Sees to it that one set of controllers works on the Applications of a cluster: the one of the namespace that the Fleet
 * names, with shards or without. A process that is not part of it waits until it is, or until the other one is gone.
 */
export class FleetMembership {
  readonly #options: FleetMembershipOptions;
  /** By name: the Leases as they were last seen, and since when. */
  readonly #seen = new Map<string, { readonly state: string; readonly since: number }>();
  #conflict: string | undefined;

  constructor(options: FleetMembershipOptions) {
    this.#options = options;
  }

  /** Resolves when no fleet of another namespace works on the Applications; rejects only when the signal aborts. */
  admitted(signal: AbortSignal): Promise<void> {
    return this.#until(async () => {
      const fleet = await this.#read(signal);
      const message = fleet && (await this.#foreign(fleet, signal));
      if (fleet) this.#report(fleet, message);
      return message === undefined;
    }, signal);
  }

  /** Resolves when this process may work in a term of its Lease; rejects only when the signal aborts. */
  join(signal: AbortSignal): Promise<void> {
    return this.#until(() => this.#attempt(signal), signal);
  }

  async #until(attempt: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const { clock, logger, periodMs = 2_000 } = this.#options;
    for (;;) {
      try {
        if (await attempt()) return;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ApiError && (error.code === 403 || error.code === 404)) {
          // installed before there were fleets, or without the right to read them
          logger.warn({ err: error }, 'failed to read the fleet, working without a check for other fleets');
          return;
        }
        logger.warn({ err: error }, 'failed to join the fleet, retrying');
      }
      await clock.sleep(periodMs, signal);
    }
  }

  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, role, othersElectBy } = this.#options;
    const fleet = await this.#read(signal);
    const spec = { namespace, sharded: role !== 'single' };
    if (!fleet) {
      const made = await client.create(fleetResource, newFleet(spec), { fieldManager, signal }).catch(unlessOthersDid);
      // an attempt with the Fleet checks the Lease of others
      return made !== undefined && othersElectBy === undefined;
    }
    const message = (await this.#conflictWith(fleet, signal)) ?? (await this.#electedOne(signal));
    this.#report(fleet, message);
    if (message !== undefined) return false;
    const isNamed = fleet.spec.namespace === namespace && (fleet.spec.sharded ?? false) === spec.sharded;
    if (!isNamed) {
      const body = { metadata: { resourceVersion: fleet.metadata.resourceVersion ?? '' }, spec };
      const named = await client
        .patch(fleetResource, { name: fleetName }, { type: 'merge', body }, { fieldManager, signal })
        .catch(unlessOthersDid);
      return named !== undefined;
    }
    return true;
  }

  /** Why this process must not work; undefined where it may, after the Fleet names it. */
  async #conflictWith(fleet: Fleet, signal: AbortSignal): Promise<string | undefined> {
    const { namespace, role } = this.#options;
    const { spec } = fleet;
    if (spec.namespace !== namespace) return this.#foreign(fleet, signal);
    const isSharded = spec.sharded ?? false;
    // the holder of the master's Lease decides, because a controller without sharding holds the same one
    if (role === 'shard' && !isSharded)
      return 'a controller without sharding works on all Applications; the shard waits until a master with --enable-sharding has taken over';
    if (role !== 'single' || !isSharded) return undefined;
    const live = await this.#liveShards(signal);
    if (live.length === 0) return undefined;
    return `shards work on the Applications (${live.join(', ')}); this controller without sharding waits until their Leases have run out, or give it --enable-sharding`;
  }

  /** Why a controller with a Lease keeps this process, which has none, from its work. */
  async #electedOne(signal: AbortSignal): Promise<string | undefined> {
    const { client, namespace, othersElectBy: name } = this.#options;
    if (name === undefined) return undefined;
    const lease = await ignoreNotFound(client.get<Lease>(leases, { name, namespace }, { signal }));
    if (!lease || !this.#mayBeLive(lease)) return undefined;
    return `${recordOf(lease).holder ?? ''} works on the Applications under the Lease ${name}; this controller without leader election waits until that has run out, or give it --enable-leader-election`;
  }

  /** Why the fleet of another namespace keeps this process from its work; undefined where that namespace is gone. */
  async #foreign({ spec }: Fleet, signal: AbortSignal): Promise<string | undefined> {
    const { namespace } = this.#options;
    if (spec.namespace === namespace || !(await this.#isThere(spec.namespace, signal))) return undefined;
    return `the fleet of namespace ${spec.namespace} works on the Applications of this cluster, so that controllers in namespace ${namespace} must not; remove one of the two, and where the other one is gone already: kubectl delete fleets.${fleetResource.group} ${fleetName}`;
  }

  /** Shards with Leases that are renewed, or may be: they are observed for as long as a Lease lasts. */
  async #liveShards(signal: AbortSignal): Promise<readonly string[]> {
    const { client, namespace } = this.#options;
    const { items } = await client.list<Lease>(leases, { namespace, labelSelector: labels.shardId, signal });
    return items.flatMap((lease) => {
      const shard = lease.metadata.labels?.[labels.shardId] ?? '';
      return shard !== 'master' && this.#mayBeLive(lease) ? [shard] : [];
    });
  }

  /** Whether a Lease has a holder and was renewed, by what this process saw, within its duration. */
  #mayBeLive(lease: Lease): boolean {
    const { clock, leaseDurationMs } = this.#options;
    const { name = '' } = lease.metadata;
    const record = recordOf(lease);
    if (record.holder === undefined) return false;
    const now = clock.monotonic();
    const state = JSON.stringify(record);
    const before = this.#seen.get(name);
    const since = before?.state === state ? before.since : now;
    this.#seen.set(name, { state, since });
    return now - since < Math.max(leaseDurationMs, record.durationMs);
  }

  async #isThere(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { metadata } = await this.#options.client.get(namespaces, { name }, { signal });
      return metadata.deletionTimestamp === undefined;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #read(signal: AbortSignal): Promise<Fleet | undefined> {
    try {
      return await this.#options.client.get<Fleet>(fleetResource, { name: fleetName }, { signal });
    } catch (error) {
      // of the object, and not of its kind
      if (isNotFound(error) && (error as ApiError).message.includes(`"${fleetName}" not found`)) return undefined;
      throw error;
    }
  }

  #report(fleet: Fleet, message: string | undefined): void {
    if (message === this.#conflict) return;
    this.#conflict = message;
    const { logger, onConflict, namespace } = this.#options;
    if (message === undefined) logger.info({ namespace }, 'joined the fleet');
    else logger.error({ namespace, reason: message }, 'refused by the fleet');
    onConflict(message === undefined ? undefined : { fleet, message });
  }
}

function unlessOthersDid(error: unknown): undefined {
  if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error;
  return undefined;
}
