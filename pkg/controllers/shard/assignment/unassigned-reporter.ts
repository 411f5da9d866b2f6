import { isConflict, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { keyOf } from '../../../apis/meta.ts';
import type { Condition, JsonObject, KubeObject, Resource } from '../../../apis/meta.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Obstacle } from '../../../scheduling/bounds.ts';
import { fleetFieldManager } from '../../family/families.ts';
import type { EventSink } from '../fleet-sight.ts';

export interface WaitingOptions {
  readonly resource: Resource;
  readonly why: (object: KubeObject) => Promise<Obstacle>;
  readonly events: EventSink;
  readonly clock: Clock;
  /** How long something may wait before it is told; 60 s when absent. */
  readonly patienceMs?: number | undefined;
}

interface Wait {
  readonly since: number;
  readonly told?: string;
}

/** What is wrong with the object itself is not waited for as long: it is only given the time to arrive in any order. */
const haste = 6;

/**
 * Keeps an eye on what no shard takes: how long it has waited, and, when that becomes too long, an Event and the
 * condition `Covered` that say why. Each reason is told once.
 */
export class Waiting {
  readonly #options: WaitingOptions;
  readonly #waits = new Map<string, Wait>();

  constructor(options: WaitingOptions) {
    this.#options = options;
  }

  /** For how long the longest has been waiting; zero when nothing waits. */
  get oldestMs(): number {
    const now = this.#options.clock.monotonic();
    return Math.max(0, ...[...this.#waits.values()].map(({ since }) => now - since));
  }

  /** These wait at present, and no others. */
  update(objects: readonly KubeObject[]): void {
    const now = this.#options.clock.monotonic();
    const keys = new Set(objects.map(keyOf));
    for (const key of this.#waits.keys()) if (!keys.has(key)) this.#waits.delete(key);
    for (const key of keys) if (!this.#waits.has(key)) this.#waits.set(key, { since: now });
  }

  /** Tells why the object has no shard, if it is time to. Throws what the API server says to it. */
  async tell(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
    const { clock, patienceMs = 60_000, why, events } = this.#options;
    const key = keyOf(object);
    const wait = this.#waits.get(key);
    const waitedMs = clock.monotonic() - (wait?.since ?? Infinity);
    if (!wait || waitedMs < patienceMs / haste) return;
    const { reason, message } = await why(object);
    if (wait.told === message || (reason === 'NoShardAvailable' && waitedMs < patienceMs)) return;
    await this.#write(client, object, { status: 'False', reason, message }, signal);
    events.event(object, 'Warning', reason, message);
    this.#waits.set(key, { ...wait, told: message });
  }

  /** Takes back what was told: the object is about to get a shard. Throws what the API server says to it. */
  async end(client: KubeClient, object: KubeObject, to: string, signal: AbortSignal): Promise<void> {
    if (coveredOf(object)?.status !== 'False') return;
    await this.#write(
      client,
      object,
      { status: 'True', reason: 'ShardChosen', message: `goes to shard ${to}` },
      signal,
    );
  }

  async #write(
    client: KubeClient,
    { metadata }: KubeObject,
    state: Pick<Condition, 'status' | 'reason'> & { readonly message: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { resource, clock } = this.#options;
    const target = { name: metadata.name ?? '', namespace: metadata.namespace };
    try {
      const live = await client.get(resource, target, { signal });
      const before = coveredOf(live);
      if (before?.status === state.status && before.message === state.message) return;
      const lastTransitionTime = new Date(clock.now()).toISOString();
      const rest = conditionsOf(live).filter((condition) => condition !== before);
      const conditions = [...rest, { type: 'Covered', ...state, lastTransitionTime }] as unknown as JsonObject[];
      const body = {
        metadata: { resourceVersion: live.metadata.resourceVersion },
        status: { conditions },
      };
      const options = { fieldManager: fleetFieldManager, subresource: 'status', signal };
      await client.patch(resource, target, { type: 'merge', body }, options);
    } catch (error) {
      // somebody changed or removed it: whoever looks next sees why
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

function conditionsOf(object: KubeObject): readonly Condition[] {
  return ((object['status'] ?? {}) as { conditions?: readonly Condition[] }).conditions ?? [];
}

const coveredOf = (object: KubeObject): Condition | undefined =>
  conditionsOf(object).find(({ type }) => type === 'Covered');
