import type { Source } from '../../../reconcile/source.ts';

/**
 * What happens to Applications and their trackers while they are worked on. Mostly it is the echo of what the work itself
 * writes, which the watch may tell before the write is answered; so it is judged when the work is over.
 */
export class Meanwhile {
  /** For each key that is worked on, the questions whether something concerns it. */
  readonly #open = new Map<string, (() => boolean)[]>();
  #add: (key: string) => void = () => undefined;

  /** Yields the keys that something concerned during their work, once that is over. */
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
    const questions: (() => boolean)[] = [];
    this.#open.set(key, questions);
    try {
      return await work();
    } finally {
      this.#open.delete(key);
      // all are asked: an answer may have to forget something
      if (questions.filter((concerns) => concerns()).length > 0) this.#add(key);
    }
  }

  /** The answer, or no while the key is worked on: then it is asked when that is over. */
  concerns(key: string, question: () => boolean): boolean {
    const questions = this.#open.get(key);
    if (!questions) return question();
    questions.push(question);
    return false;
  }
}
