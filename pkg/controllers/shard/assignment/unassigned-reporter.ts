import { withCondition } from '../../../apis/conditions.ts';
import type { EventSink } from '../../../apis/event-sink.ts';
import { isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { keyOf } from '../../../../machinery/src/meta.ts';
import type { Condition, KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import type { Obstacle } from '../../../scheduling/bounds.ts';
import { patchStatus } from '../patch-status.ts';

export interface UnassignedReporterOptions {
  readonly resource: Resource;
  /** Why an object has no shard. */
  readonly obstacle: (object: KubeObject) => Promise<Obstacle>;
  readonly events: EventSink;
  readonly clock: Clock;
  /** How long an object may be unassigned before it is reported; 60 s when absent. */
  readonly reportAfterMs?: number | undefined;
}

interface Unassigned {
  readonly since: number;
  readonly reported?: string;
}

const conditionType = 'Scheduled';

/** An invalid spec is reported that much earlier: it only gets the time in which related objects may arrive. */
const invalidSpecFactor = 6;

/**
 * Measures how long objects have been unassigned, and reports the reason by an Event and the condition `Scheduled` once
 * that is too long. Each reason is reported once.
 */
export class UnassignedReporter {
  readonly #options: UnassignedReporterOptions;
  readonly #unassigned = new Map<string, Unassigned>();

  constructor(options: UnassignedReporterOptions) {
    this.#options = options;
  }

  /** For how long the oldest object has been unassigned; zero when there is none. */
  get oldestMs(): number {
    const now = this.#options.clock.monotonic();
    let oldest = now;
    for (const { since } of this.#unassigned.values()) oldest = Math.min(oldest, since);
    return now - oldest;
  }

  /** The object of a key is unassigned. */
  add(key: string): void {
    if (!this.#unassigned.has(key)) this.#unassigned.set(key, { since: this.#options.clock.monotonic() });
  }

  /** The object of a key is assigned, or gone. */
  remove(key: string): void {
    this.#unassigned.delete(key);
  }

  /** How long until the next report of a key may be due; undefined when the last word was said. */
  dueInMs(key: string): number | undefined {
    const unassigned = this.#unassigned.get(key);
    if (!unassigned || unassigned.reported !== undefined) return undefined;
    const { clock } = this.#options;
    const waitedMs = clock.monotonic() - unassigned.since;
    const next = [this.#reportAfterMs / invalidSpecFactor, this.#reportAfterMs].find((ms) => ms > waitedMs);
    return next === undefined ? undefined : next - waitedMs;
  }

  /** Reports why the object has no shard, if it is time to. Throws the error of the API server. */
  async report(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
    const { clock, obstacle, events } = this.#options;
    const key = keyOf(object);
    const unassigned = this.#unassigned.get(key);
    const waitedMs = clock.monotonic() - (unassigned?.since ?? Infinity);
    if (!unassigned || waitedMs < this.#reportAfterMs / invalidSpecFactor) return;
    const { reason, message } = await obstacle(object);
    if (unassigned.reported === message || (reason === 'NoShardAvailable' && waitedMs < this.#reportAfterMs)) return;
    await this.#write(client, object, { status: 'False', reason, message }, signal);
    events.event(object, 'Warning', reason, message);
    this.#unassigned.set(key, { ...unassigned, reported: message });
  }

  /** Takes a report back, because the object is about to be assigned. Throws the error of the API server. */
  async revoke(client: KubeClient, object: KubeObject, to: string, signal: AbortSignal): Promise<void> {
    if (conditionsOf(object).find(({ type }) => type === conditionType)?.status !== 'False') return;
    const state = { status: 'True' as const, reason: 'ShardChosen', message: `goes to shard ${to}` };
    await this.#write(client, object, state, signal);
  }

  get #reportAfterMs(): number {
    return this.#options.reportAfterMs ?? 60_000;
  }

  /** A conflict is left to the next report. */
  async #write(
    client: KubeClient,
    { metadata }: KubeObject,
    state: Pick<Condition, 'status' | 'reason' | 'message'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { resource, clock } = this.#options;
    const target = { name: metadata.name ?? '', namespace: metadata.namespace };
    try {
      const live = await client.get(resource, target, { signal });
      const before = conditionsOf(live);
      const conditions = withCondition(before, { type: conditionType, ...state }, clock.now());
      if (conditions === before) return;
      await patchStatus(client, { resource, object: live, status: { conditions }, onlyUnchanged: true }, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function conditionsOf(object: KubeObject): readonly Condition[] {
  return ((object['status'] ?? {}) as { conditions?: readonly Condition[] }).conditions ?? [];
}
