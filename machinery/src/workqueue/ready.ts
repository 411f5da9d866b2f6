/**
 * The keys that wait to be worked on, and the order in which they are handed out.
 *
 * A key is pushed at most once until it is popped. Implementations may hold keys back, for instance to share workers
 * fairly between tenants: `pop` then answers undefined although keys wait, and `finished` may make them available.
 */
export interface ReadyKeys {
  readonly size: number;
  push(key: string): void;
  pop(): string | undefined;
  /** Work on a key that was popped has ended. */
  finished(key: string): void;
}

/** First come, first served. */
export class FifoKeys implements ReadyKeys {
  readonly #keys = new Set<string>();

  get size(): number {
    return this.#keys.size;
  }

  push(key: string): void {
    this.#keys.add(key);
  }

  pop(): string | undefined {
    const next = this.#keys.values().next();
    if (next.done) return undefined;
    this.#keys.delete(next.value);
    return next.value;
  }

  finished(): void {
    // every worker is as good as another
  }
}
