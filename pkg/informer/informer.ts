import type { KubeClient, Selection } from '../apis/kube-client.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Clock, Random } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { Reflector } from './reflector.ts';
import type { Sink } from './reflector.ts';
import { compareVersions } from './resource-version.ts';
import { Store } from './store.ts';
import type { Indexer } from './store.ts';

/** Called for every change exactly once, in order, synchronously. Objects are shared: never modify them. */
export interface Handlers<T> {
  added?(object: T): void;
  /** Both are the same object when a resync repeats it. */
  updated?(old: T, object: T): void;
  /** With the last state that is known. */
  deleted?(object: T): void;
}

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Fetches and stores metadata alone. */
  readonly metadataOnly?: boolean | undefined;
  /** Reduces an object before it is stored, such as `withoutManagedFields`; it must keep the metadata that identifies it. */
  readonly transform?: ((object: T) => T) | undefined;
  readonly indexers?: Readonly<Record<string, Indexer<T>>> | undefined;
  /** Repeats every object to the handlers' `updated` that often; never when absent. */
  readonly resyncPeriodMs?: number | undefined;
  /** Makes every stored object immutable; for tests. */
  readonly freeze?: boolean | undefined;
}

/** A copy of the selected objects of one kind that follows the API server. */
export class Informer<T extends KubeObject = KubeObject> {
  readonly resource: Resource;
  readonly #options: InformerOptions<T>;
  readonly #store: Store<T>;
  readonly #handlers = new Set<Handlers<T>>();
  #waiting: (() => void)[] = [];
  #synced = false;

  constructor(options: InformerOptions<T>) {
    this.resource = options.resource;
    this.#options = options;
    this.#store = new Store(options.indexers);
  }

  /** Whether everything that existed at the start has been stored and handed on. */
  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#store.size;
  }

  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  list(): readonly T[] {
    return this.#store.list();
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#store.byIndex(index, value);
  }

  /** Hands on every change from now on, beginning with all that is stored. Returns the function that ends it. */
  subscribe(handlers: Handlers<T>): () => void {
    this.#handlers.add(handlers);
    for (const object of this.#store.list()) this.#notify(handlers, (one) => one.added?.(object));
    return () => {
      this.#handlers.delete(handlers);
    };
  }

  /** Resolves once synced; rejects with the signal's reason when that aborts first. */
  whenSynced(signal: AbortSignal): Promise<void> {
    if (this.#synced) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason as Error);
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  /** Follows the API server until the signal aborts; once per informer. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, resource, clock, random, logger, metadataOnly = false } = this.#options;
    const { namespace, labelSelector, fieldSelector, resyncPeriodMs } = this.#options;
    const selection = (): Selection => ({ namespace, labelSelector, fieldSelector });
    const sink = this.#sink();
    const reflector = new Reflector<T>({ client, resource, selection, metadataOnly, clock, random, logger, sink });
    await Promise.all([reflector.run(signal), resyncPeriodMs ? this.#resync(resyncPeriodMs, signal) : undefined]);
  }

  #sink(): Sink<T> {
    return {
      replaced: (objects, historyWentBack) => {
        this.#replace(objects, historyWentBack);
      },
      changed: (object) => {
        this.#change(this.#kept(object));
      },
      removed: (object) => {
        const old = this.#store.get(keyOf(object));
        const isTheStored = old !== undefined && old.metadata.uid === object.metadata.uid;
        if (isTheStored) this.#remove(this.#kept(object));
      },
      agrees: (object, position) => {
        const { resourceVersion, uid } = object.metadata;
        const isNewer = (compareVersions(resourceVersion, position) ?? 1) > 0;
        const stored = this.#store.get(keyOf(object))?.metadata;
        return isNewer || (stored?.uid === uid && stored?.resourceVersion === resourceVersion);
      },
    };
  }

  #replace(objects: readonly T[], historyWentBack: boolean): void {
    const present = new Set(objects.map(keyOf));
    for (const [key, old] of [...this.#store.entries()]) if (!present.has(key)) this.#remove(old);
    for (const object of objects) {
      const old = this.#store.get(keyOf(object));
      const kept = this.#kept(object);
      if (!old || !isSame(old, kept, historyWentBack)) this.#put(old, kept);
    }
    if (this.#synced) return;
    this.#synced = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #change(object: T): void {
    const old = this.#store.get(keyOf(object));
    const order = compareVersions(object.metadata.resourceVersion, old?.metadata.resourceVersion);
    const isStale = old?.metadata.uid === object.metadata.uid && order !== undefined && order <= 0;
    if (!isStale) this.#put(old, object);
  }

  /** Stores an object; one that was made anew under an old name is a deletion and an addition. */
  #put(old: T | undefined, object: T): void {
    const replaced = old !== undefined && old.metadata.uid !== object.metadata.uid;
    if (replaced) this.#remove(old);
    this.#store.set(keyOf(object), object);
    this.#notifyAll((handlers) => {
      if (old === undefined || replaced) handlers.added?.(object);
      else handlers.updated?.(old, object);
    });
  }

  #remove(object: T): void {
    this.#store.delete(keyOf(object));
    this.#notifyAll((handlers) => handlers.deleted?.(object));
  }

  #kept(object: T): T {
    const { transform, freeze } = this.#options;
    const kept = transform ? transform(object) : object;
    return freeze ? deepFreeze(kept) : kept;
  }

  async #resync(periodMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(periodMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      for (const object of this.#store.list()) this.#notifyAll((handlers) => handlers.updated?.(object, object));
    }
  }

  #notifyAll(notify: (handlers: Handlers<T>) => void): void {
    for (const handlers of this.#handlers) this.#notify(handlers, notify);
  }

  /** A handler that throws harms neither the others nor the watch. */
  #notify(handlers: Handlers<T>, notify: (handlers: Handlers<T>) => void): void {
    try {
      notify(handlers);
    } catch (error) {
      this.#options.logger.error({ err: error, kind: this.resource.kind }, 'event handler failed');
    }
  }
}

function isSame(old: KubeObject, object: KubeObject, compareContent: boolean): boolean {
  const { uid, resourceVersion } = object.metadata;
  if (old.metadata.uid !== uid || old.metadata.resourceVersion !== resourceVersion) return false;
  return !compareContent || JSON.stringify(old) === JSON.stringify(object);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
