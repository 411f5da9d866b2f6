import { isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { EventCorrelator } from './event-correlator.ts';
import type { Correlated, EventType, ObjectEvent } from './event-correlator.ts';

export const eventResource: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  /** Shown as the source of every event. */
  readonly component: string;
  /** The pod that speaks. */
  readonly instance: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Of events that wait to be written; what comes beyond is dropped, as events are hints and nothing else. */
const maxWaiting = 1000;
const maxMessageChars = 1024;

/** Writes Events in the background, one at a time. Never throws and never waits. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  #waiting: ObjectEvent[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
  }

  /** Records an event of the object: a reason in CamelCase and a sentence. */
  event(object: KubeObject, type: EventType, reason: string, message: string): void {
    if (this.#waiting.length >= maxWaiting) return;
    this.#waiting.push({ object, type, reason, message: message.slice(0, maxMessageChars) });
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything so far is written or given up, or when the signal aborts. */
  async flush(signal?: AbortSignal): Promise<void> {
    if (this.#writing === undefined || signal?.aborted) return;
    const given = new Promise<void>((resolve) => {
      signal?.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    });
    await Promise.race([this.#writing, given]);
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        const correlated = this.#correlator.correlate(next);
        if (correlated) await this.#write(next, correlated);
      } catch (error) {
        const { name, namespace } = next.object.metadata;
        this.#options.logger.debug({ err: error, reason: next.reason, namespace, name }, 'event not written');
      }
    }
    this.#writing = undefined;
  }

  async #write(event: ObjectEvent, { identity, message, written }: Correlated): Promise<void> {
    const { client, clock } = this.#options;
    const lastTimestamp = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const count = (written?.count ?? 0) + 1;
    const firstTimestamp = written?.firstTimestamp ?? lastTimestamp;
    if (written) {
      const { name, namespace } = written;
      try {
        const body = { count, lastTimestamp, message };
        await client.patch(eventResource, { name, namespace }, { type: 'merge', body });
        this.#correlator.remember(identity, { name, namespace, count, firstTimestamp });
        return;
      } catch (error) {
        this.#correlator.forget(identity);
        if (!isNotFound(error)) throw error;
      }
    }
    const created = this.#newEvent(event, { message, count, firstTimestamp, lastTimestamp });
    await client.create(eventResource, created);
    const { name = '', namespace = '' } = created.metadata;
    this.#correlator.remember(identity, { name, namespace, count, firstTimestamp });
  }

  #newEvent({ object, type, reason }: ObjectEvent, rest: object): KubeObject {
    const { component, instance, clock, random } = this.#options;
    const { name = '', namespace, uid, resourceVersion } = object.metadata;
    const unique = Math.floor((clock.now() + random()) * 1000).toString(16);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      // events of objects without a namespace live in "default"
      metadata: { name: `${name.slice(0, 230)}.${unique}`, namespace: namespace ?? 'default' },
      involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion },
      type,
      reason,
      ...rest,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
  }
}
