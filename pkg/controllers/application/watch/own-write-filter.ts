import type { Source } from '../../../reconcile/source.ts';

/**
 * Holds events back while their key is reconciled. Most of them are the echo of the writes of that reconcile, and a watch can
 * deliver them before the write is answered; so they are judged when the reconcile has ended.
 */
export class OwnWriteFilter {
  /** The judgements that are held back, by key in work. */
  readonly #held = new Map<string, (() => boolean)[]>();
  #add: (key: string) => void = () => undefined;

  /** Yields the keys with an event of another writer during their reconcile, once that has ended. */
  readonly source: Source = {
    whenSynced: () => Promise.resolve(),
    attach: (add) => {
      this.#add = add;
      return () => {
        this.#add = () => undefined;
      };
    },
  };

  async during<T>(key: string, work: () => Promise<T>): Promise<T> {
    const held: (() => boolean)[] = [];
    this.#held.set(key, held);
    try {
      return await work();
    } finally {
      this.#held.delete(key);
      // all of them are called: a judgement may drop outdated state
      if (held.filter((isForeign) => isForeign()).length > 0) this.#add(key);
    }
  }

  /** The judgement on an event; false while the key is in work, and the judgement follows at the end of that. */
  admits(key: string, isForeign: () => boolean): boolean {
    const held = this.#held.get(key);
    if (!held) return isForeign();
    held.push(isForeign);
    return false;
  }
}
