/** Finds the values under which an index lists an object. */
export type Indexer<T> = (object: T) => readonly string[];

/** Objects by key, and by the values of named indexes. */
export class Store<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexers: Readonly<Record<string, Indexer<T>>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    this.#indexers = indexers;
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  entries(): IterableIterator<[string, T]> {
    return this.#objects.entries();
  }

  /** The objects that the index lists under the value. Throws for an index that does not exist. */
  byIndex(index: string, value: string): T[] {
    const keys = this.#index(index).get(value) ?? new Set<string>();
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  set(key: string, object: T): void {
    this.#unindex(key);
    this.#objects.set(key, object);
    for (const [name, indexer] of Object.entries(this.#indexers)) {
      const index = this.#index(name);
      for (const value of indexer(object)) {
        const keys = index.get(value);
        if (keys) keys.add(key);
        else index.set(value, new Set([key]));
      }
    }
  }

  delete(key: string): void {
    this.#unindex(key);
    this.#objects.delete(key);
  }

  #unindex(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    for (const [name, indexer] of Object.entries(this.#indexers)) {
      const index = this.#index(name);
      for (const value of indexer(object)) {
        const keys = index.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.delete(value);
      }
    }
  }

  #index(name: string): Map<string, Set<string>> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`informer: there is no index "${name}"`);
    return index;
  }
}
