import type { Stored } from './stored.ts';

/** One write. `stored` is the new state; for a deletion the last state with the deletion's resourceVersion. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly stored: Stored;
  readonly previous: Stored | undefined;
}

/**
 * The latest changes of one collection, oldest first, so that watches can be resumed and the recent past be read.
 *
 * What is older than `floor` is forgotten: whoever has seen everything up to `floor` misses nothing.
 */
export class History {
  readonly #limit: number;
  #changes: Change[] = [];
  #floor: number;

  constructor(floor: number, limit: number) {
    this.#floor = floor;
    this.#limit = limit;
  }

  get floor(): number {
    return this.#floor;
  }

  append(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length < this.#limit * 2) return;
    const dropped = this.#changes.splice(0, this.#limit);
    this.#floor = dropped.at(-1)?.revision ?? this.#floor;
  }

  /** The changes after a revision; undefined when some of them are forgotten. */
  after(revision: number): readonly Change[] | undefined {
    if (revision < this.#floor) return undefined;
    const last = this.#changes.at(-1);
    if (last === undefined || last.revision <= revision) return [];
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#changes.slice(low);
  }
}
