import type { Source } from '../../reconcile/source.ts';

/**
 * What happens to Applications while they are worked on. Mostly it is the echo of what the work itself writes, which the
 * watch may tell before the write is answered; so it is judged when the work is over.
 */
export class Meanwhile {
  /** Whether anything happened, for each key that is worked on. */
  readonly #happened = new Map<string, boolean>();
  readonly #isNews: (key: string) => boolean;
  #add: (key: string) => void = () => undefined;

  constructor(isNews: (key: string) => boolean) {
    this.#isNews = isNews;
  }

  /** Yields the keys to which something else happened, once their work is over. */
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
    this.#happened.set(key, false);
    try {
      return await work();
    } finally {
      const happened = this.#happened.get(key) ?? false;
      this.#happened.delete(key);
      if (happened && this.#isNews(key)) this.#add(key);
    }
  }

  /** Whether the key is worked on, so that a change of its object is judged later. */
  takes(key: string): boolean {
    if (!this.#happened.has(key)) return false;
    this.#happened.set(key, true);
    return true;
  }
}
