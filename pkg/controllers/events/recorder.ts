import { createHash } from 'node:crypto';
import type { KubeClient } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../apis/meta.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';

const eventResource: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

export interface RecorderOptions {
  readonly client: KubeClient;
  /** Shown as the source of every event. */
  readonly component: string;
  /** The pod that speaks. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

type EventType = 'Normal' | 'Warning';

interface Written {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

/** How many kinds of events are remembered, to count repetitions instead of writing new ones. */
const maxRemembered = 1000;
/** Of events that wait to be written; what comes beyond is dropped, as events are hints and nothing else. */
const maxWaiting = 200;
/** The API server keeps events for an hour; what is repeated after that is written anew. */
const rememberedMs = 50 * 60 * 1000;

/** Writes Events in the background, one at a time; the same again raises the count. Never fails and never waits. */
export class EventRecorder {
  readonly #options: RecorderOptions;
  readonly #written = new Map<string, Written & { readonly at: number }>();
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  event(object: KubeObject, type: EventType, reason: string, message: string): void {
    if (this.#waiting >= maxWaiting) return;
    this.#waiting += 1;
    this.#last = this.#last
      .then(() => this.#write(object, { type, reason, message: message.slice(0, 1024) }))
      .catch((error: unknown) => {
        this.#options.logger.debug({ err: error, reason }, 'event not written');
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when everything so far was written or given up. */
  flush(): Promise<void> {
    return this.#last;
  }

  async #write(object: KubeObject, event: { type: EventType; reason: string; message: string }): Promise<void> {
    const { client, clock } = this.#options;
    const key = `${object.metadata.uid ?? ''} ${event.type} ${event.reason} ${event.message}`;
    const known = this.#written.get(key);
    const lastTimestamp = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    if (known && clock.monotonic() - known.at < rememberedMs) {
      const count = known.count + 1;
      const body = { count, lastTimestamp };
      const { name, namespace } = known;
      await client.patch(eventResource, { name, namespace }, { type: 'merge', body });
      this.#remember(key, { name, namespace, count });
      return;
    }
    const created = this.#newEvent(object, event, lastTimestamp);
    await client.create(eventResource, created);
    const { name = '', namespace = '' } = created.metadata;
    this.#remember(key, { name, namespace, count: 1 });
  }

  #newEvent(object: KubeObject, event: object, lastTimestamp: string): KubeObject {
    const { component, instance, clock } = this.#options;
    const { name = '', namespace = 'default', uid, resourceVersion } = object.metadata;
    const unique = createHash('sha256')
      .update(`${instance} ${clock.monotonic()} ${JSON.stringify(event)}`)
      .digest('hex');
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name.slice(0, 200)}.${unique.slice(0, 16)}`, namespace },
      involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion },
      ...event,
      count: 1,
      firstTimestamp: lastTimestamp,
      lastTimestamp,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
  }

  #remember(key: string, written: Written): void {
    this.#written.delete(key);
    this.#written.set(key, { ...written, at: this.#options.clock.monotonic() });
    const [oldest] = this.#written.keys();
    if (this.#written.size > maxRemembered && oldest !== undefined) this.#written.delete(oldest);
  }
}
