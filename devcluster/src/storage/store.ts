import type { KubeObject } from '../../../machinery/src/meta.ts';
import { Collection } from './collection.ts';
import type { Change, HistoryOptions } from './history.ts';
import type { Disk } from './disk.ts';
import { StorageError } from './storage-error.ts';
import { freeze, Stored } from './stored.ts';

export interface StoreOptions {
  /** Where writes are kept; absent for a store that lives in memory alone. */
  readonly disk?: Disk | undefined;
  /** How much of the past of each collection can be replayed. */
  readonly history?: HistoryOptions;
  /** Called when a handler of changes throws, which none should. */
  readonly onHandlerError?: (error: unknown) => void;
}

interface Pending {
  readonly collection: Collection;
  readonly change: Change;
  durable: boolean;
}

/** Builds the object to store from the revision that the write gets. */
export type Build = (resourceVersion: string) => KubeObject;

/**
 * All objects of the cluster, in versions: one counter numbers every write, reads are synchronous and see every write
 * at once, handlers see changes in the order of the counter and only when they are durable.
 *
 * A writer says which state its write is based on; any other state refuses it (`Changed`).
 */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #disk: Disk | undefined;
  readonly #history: HistoryOptions;
  readonly #onHandlerError: (error: unknown) => void;
  readonly #pending: Pending[] = [];
  readonly #waiting: {
    readonly revision: number;
    readonly resolve: () => void;
    readonly reject: (e: unknown) => void;
  }[] = [];
  #revision: number;
  #failure: StorageError | undefined;

  constructor(options: StoreOptions = {}) {
    this.#disk = options.disk;
    this.#history = options.history ?? {};
    this.#onHandlerError = options.onHandlerError ?? (() => undefined);
    this.#revision = options.disk?.floor ?? 1;
    for (const [id, objects] of options.disk?.load() ?? []) this.collection(id).restore(objects);
    this.#revision = options.disk?.revision ?? 1;
  }

  /** The number of the latest write. */
  get revision(): number {
    return this.#revision;
  }

  /** The latest write that is durable together with all before it. */
  get durableRevision(): number {
    const [first] = this.#pending;
    return first === undefined ? this.#revision : first.change.revision - 1;
  }

  /** Why nothing is accepted any more; undefined while all is well. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  /** The collection of a kind; empty at first. Its past begins when it is first asked for. */
  collection(id: string): Collection {
    let found = this.#collections.get(id);
    if (found === undefined) {
      found = new Collection(id, this.#revision, this.#history);
      this.#collections.set(id, found);
    }
    return found;
  }

  /** Stores what `build` returns in the place of `base`; undefined as base means that the key must be free. */
  async put(collection: Collection, key: string, base: Stored | undefined, build: Build): Promise<Stored> {
    this.#check(collection, key, base);
    const revision = this.#revision + 1;
    const stored = new Stored(key, revision, freeze(build(String(revision))));
    this.#revision = revision;
    const type = base === undefined ? 'ADDED' : 'MODIFIED';
    await this.#commit(collection, { type, revision, stored, previous: base });
    return stored;
  }

  /** Removes the object and returns its last state, numbered as the removal. */
  async remove(collection: Collection, base: Stored): Promise<Stored> {
    this.#check(collection, base.key, base);
    const revision = this.#revision + 1;
    const metadata = { ...base.object.metadata, resourceVersion: String(revision) };
    const stored = new Stored(base.key, revision, freeze({ ...base.object, metadata }));
    this.#revision = revision;
    await this.#commit(collection, { type: 'DELETED', revision, stored, previous: base });
    return stored;
  }

  /** Forgets a collection, its handlers and its past; used when a custom kind goes away. */
  drop(id: string): void {
    const found = this.#collections.get(id);
    if (found?.size === 0) this.#collections.delete(id);
  }

  /** Resolves when everything up to the given write is durable; at once when it is. */
  durable(revision: number = this.#revision): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const [first] = this.#pending;
    if (first === undefined || first.change.revision > revision) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ revision, resolve, reject }));
  }

  /** Waits for the last writes and lets the disk go. */
  async close(): Promise<void> {
    if (this.#failure === undefined) await this.durable();
    await this.#disk?.close();
  }

  #check(collection: Collection, key: string, base: Stored | undefined): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (collection.get(key) !== base) {
      throw new StorageError('Changed', `${collection.id} ${key} is not in the state that the write was based on`);
    }
  }

  async #commit(collection: Collection, change: Change): Promise<void> {
    collection.apply(change);
    if (this.#disk === undefined) {
      this.#publish(collection, change);
      return;
    }
    const pending: Pending = { collection, change, durable: false };
    this.#pending.push(pending);
    try {
      await this.#disk.write(collection.id, change);
    } catch (error) {
      this.#fail(error);
      throw this.#failure ?? error;
    }
    pending.durable = true;
    this.#publishDurable();
    if (this.#pending.includes(pending)) await this.durable(change.revision);
  }

  /** Calls all handlers; one that throws stops neither the others nor the writer. */
  #publish(collection: Collection, change: Change): void {
    for (const handler of [...collection.handlers]) {
      try {
        handler(change);
      } catch (error) {
        this.#onHandlerError(error);
      }
    }
  }

  #publishDurable(): void {
    let count = 0;
    while (this.#pending[count]?.durable === true) count += 1;
    for (const { collection, change } of this.#pending.splice(0, count)) this.#publish(collection, change);
    const upTo = (this.#pending[0]?.change.revision ?? Infinity) - 1;
    const ready = this.#waiting.filter((waiter) => waiter.revision <= upTo);
    if (ready.length === 0) return;
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter((waiter) => waiter.revision > upTo));
    for (const waiter of ready) waiter.resolve();
  }

  #fail(cause: unknown): void {
    this.#failure ??= new StorageError(
      'Failed',
      'writing to the data directory failed; restart when it is mended',
      cause,
    );
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#failure);
  }
}
