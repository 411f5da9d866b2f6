import type { KubeObject } from '../../machinery/src/meta.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { TokenBucket } from '../../machinery/src/clock/token-bucket.ts';

export type EventType = 'Normal' | 'Warning';

/** An event of an object, for its users. */
export interface ObjectEvent {
  readonly object: KubeObject;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

/** An Event that was written and may be counted up. */
export interface WrittenEvent {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
  readonly firstTimestamp: string;
}

/** How an event is to be written; those of one identity are one Event object. */
export interface Correlated {
  readonly identity: string;
  readonly message: string;
  readonly written: WrittenEvent | undefined;
}

/** client-go's figures: what is kept in mind, and from when on events are alike, or too many. */
const maxRemembered = 4096;
const windowMs = 10 * 60_000;
const maxAlike = 10;
const spam = { burst: 25, qps: 1 / 300 };
/** The API server keeps events for an hour. */
const rememberedMs = 50 * 60_000;

/**
 * Decides how an event of an object is written, in bounded memory, as client-go does: a repeated event is counted, more
 * than ten similar ones in ten minutes are combined, and the rate of events of one object is limited.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #alike = new Map<string, { readonly since: number; readonly messages: Set<string> }>();
  readonly #written = new Map<string, { readonly event: WrittenEvent; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined when the event is not worth an Event any more. */
  correlate({ object, type, reason, message }: ObjectEvent): Correlated | undefined {
    const subject = subjectOf(object);
    if (!this.#bucket(subject).tryTake()) return undefined;
    const group = `${subject} ${type} ${reason}`;
    const isCombined = this.#countAlike(group, message) > maxAlike;
    const identity = isCombined ? group : `${group} ${message}`;
    const known = this.#written.get(identity);
    const isFresh = known !== undefined && this.#clock.monotonic() - known.at < rememberedMs;
    return {
      identity,
      message: isCombined ? `(combined from similar events): ${message}` : message,
      written: isFresh ? known.event : undefined,
    };
  }

  remember(identity: string, event: WrittenEvent): void {
    remember(this.#written, identity, { event, at: this.#clock.monotonic() });
  }

  forget(identity: string): void {
    this.#written.delete(identity);
  }

  #bucket(subject: string): TokenBucket {
    const bucket = this.#buckets.get(subject) ?? new TokenBucket({ ...spam, clock: this.#clock });
    remember(this.#buckets, subject, bucket);
    return bucket;
  }

  #countAlike(group: string, message: string): number {
    const now = this.#clock.monotonic();
    const known = this.#alike.get(group);
    const alike = known && now - known.since < windowMs ? known : { since: now, messages: new Set<string>() };
    if (alike.messages.size <= maxAlike) alike.messages.add(message);
    remember(this.#alike, group, alike);
    return alike.messages.has(message) && alike.messages.size <= maxAlike ? 0 : alike.messages.size;
  }
}

function subjectOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name ?? ''} ${metadata.uid ?? ''}`;
}

/** Keeps the entry as the youngest; beyond the bound the oldest goes. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maxRemembered && oldest !== undefined) map.delete(oldest);
}
