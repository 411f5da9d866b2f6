import { isAlreadyExists, isConflict, isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { leases, microTime, recordOf } from './record.ts';
import type { Lease, LeaseRecord } from './record.ts';
import { releasedDurationMs } from './lease.ts';

/** Annotations to write on a Lease; undefined removes one. */
export type LeaseNotes = Readonly<Record<string, string | undefined>>;

/** The part of a client that an election uses. */
export type LeaseClient = Pick<KubeClient, 'get' | 'create' | 'update'>;

export interface LeaseStoreOptions {
  readonly client: LeaseClient;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly clock: Clock;
  /** Written with each renewal, such as a report of load; undefined removes one. */
  readonly annotations?: (() => LeaseNotes) | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Reads and writes one Lease; every write is conditional on the state that was last read or written. */
export class LeaseStore {
  readonly #options: LeaseStoreOptions;
  #last: Lease | undefined;

  constructor(options: LeaseStoreOptions) {
    this.#options = options;
  }

  /** Undefined when there is no such Lease. */
  async read(signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      this.#last = await client.get<Lease>(leases, { namespace, name }, { signal });
      return recordOf(this.#last);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#last = undefined;
      return undefined;
    }
  }

  /** Writes this process' name with the given epoch. Returns undefined after a conflict. */
  async take(epoch: number, signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const now = microTime(this.#options.clock.now());
    return this.#write({ ...this.#own(), acquireTime: now, renewTime: now, leaseTransitions: epoch }, signal);
  }

  /** As `take`, keeping the epoch and the time of acquisition. */
  async renew(signal: AbortSignal): Promise<LeaseRecord | undefined> {
    return this.#write({ ...this.#own(), renewTime: microTime(this.#options.clock.now()) }, signal);
  }

  /** Lets the Lease go, so that others need not wait. */
  async release(signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const now = microTime(this.#options.clock.now());
    const freed = { holderIdentity: '', leaseDurationSeconds: releasedDurationMs / 1000 };
    return this.#write({ ...freed, acquireTime: now, renewTime: now }, signal);
  }

  /** The annotations of the Lease as it was last read or written. */
  get notes(): Readonly<Record<string, string>> {
    return this.#last?.metadata.annotations ?? {};
  }

  /** Writes annotations alone on a Lease that was read. Returns undefined when it has changed since, or is gone. */
  async annotate(notes: LeaseNotes, signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const old = this.#last;
    if (!old) return undefined;
    return this.#send({ ...old, metadata: { ...old.metadata, annotations: merged(old, notes) } }, old, signal);
  }

  #own(): { holderIdentity: string; leaseDurationSeconds: number } {
    const { identity, leaseDurationMs } = this.#options;
    return { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000) };
  }

  async #write(spec: NonNullable<Lease['spec']>, signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const { namespace, name, annotations, labels } = this.#options;
    const old = this.#last;
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...(old?.metadata ?? { namespace, name }),
        ...(labels && { labels: { ...old?.metadata.labels, ...labels } }),
        ...(annotations && { annotations: merged(old, annotations()) }),
      },
      spec: { ...old?.spec, ...spec },
    };
    return this.#send(lease, old, signal);
  }

  async #send(lease: Lease, old: Lease | undefined, signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const { client } = this.#options;
    try {
      this.#last = await (old ? client.update(leases, lease, { signal }) : client.create(leases, lease, { signal }));
      return recordOf(this.#last);
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function merged(old: Lease | undefined, notes: LeaseNotes): Record<string, string> {
  const all = Object.entries({ ...old?.metadata.annotations, ...notes });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
