import type { KubeObject } from '../../../../machinery/src/meta.ts';
import type { Clock } from '../../../../machinery/src/clock/clock.ts';
import type { Informer } from '../../../informer/informer.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import { PeriodicTask } from '../../../reconcile/periodic-task.ts';
import { done } from '../../../reconcile/result.ts';
import type { Changes } from '../../../reconcile/source.ts';

type Handlers = Parameters<Changes<KubeObject>['subscribe']>[0];

export interface StrayWatchOptions {
  /** Name of the shard label. */
  readonly label: string;
  /** The shards that exist, in any phase; undefined until they are known. */
  readonly known: () => readonly string[] | undefined;
  readonly newInformer: (labelSelector: string) => Informer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Period of the check for other shards. */
  readonly periodMs: number;
}

interface Following {
  readonly known: string;
  readonly informer: Informer;
  readonly end: AbortController;
}

/**
 * The objects with the label of a shard that does not exist. The selector names the shards that exist, so that each change
 * of those begins a new watch; the objects of the last one stay until the new one is synced.
 */
export class StrayWatch implements Changes<KubeObject> {
  readonly #options: StrayWatchOptions;
  readonly #handlers = new Set<Handlers>();
  #current: Following | undefined;
  #next: Following | undefined;

  constructor(options: StrayWatchOptions) {
    this.#options = options;
  }

  list(): readonly KubeObject[] {
    return this.#current?.informer.list() ?? [];
  }

  get(key: string): KubeObject | undefined {
    return this.#current?.informer.get(key);
  }

  subscribe(handlers: Handlers): () => void {
    this.#handlers.add(handlers);
    for (const object of this.list()) handlers.added?.(object);
    return () => {
      this.#handlers.delete(handlers);
    };
  }

  /** Strays are found whenever the shards become known; there is nothing to wait for. */
  whenSynced(): Promise<void> {
    return Promise.resolve();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, periodMs } = this.#options;
    const task = new PeriodicTask({ name: 'stray watch', clock, logger, periodMs });
    await task.run((own) => {
      this.#follow(own);
      return Promise.resolve(done);
    }, signal);
    for (const following of [this.#current, this.#next]) following?.end.abort();
  }

  #follow(signal: AbortSignal): void {
    const ids = this.#options.known();
    const known = ids && [...ids].sort().join(',');
    if (!known || known === (this.#next ?? this.#current)?.known || signal.aborted) return;
    this.#next?.end.abort();
    const { label, newInformer } = this.#options;
    const next = { known, informer: newInformer(`${label},${label} notin (${known})`), end: new AbortController() };
    this.#next = next;
    const end = AbortSignal.any([signal, next.end.signal]);
    void next.informer.run(end);
    next.informer.whenSynced(end).then(
      () => {
        this.#replace(next);
      },
      () => undefined,
    );
  }

  #replace(next: Following): void {
    const last = this.#current;
    last?.end.abort();
    this.#current = next;
    this.#next = undefined;
    const present = new Set(next.informer.list().map(({ metadata }) => metadata.uid));
    for (const object of last?.informer.list() ?? [])
      if (!present.has(object.metadata.uid)) this.#emit((handlers) => handlers.deleted?.(object));
    next.informer.subscribe({
      added: (object) => {
        this.#emit((handlers) => handlers.added?.(object));
      },
      updated: (old, object) => {
        this.#emit((handlers) => handlers.updated?.(old, object));
      },
      deleted: (object) => {
        this.#emit((handlers) => handlers.deleted?.(object));
      },
    });
  }

  #emit(call: (handlers: Handlers) => void): void {
    for (const handlers of this.#handlers) call(handlers);
  }
}
