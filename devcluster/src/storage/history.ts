import type { Stored } from './stored.ts';

/** One write. `stored` is the new state; for a deletion the last state with the deletion's resourceVersion. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly stored: Stored;
  readonly previous: Stored | undefined;
}

/** What a history keeps. */
export interface HistoryOptions {
  /** From twice as many changes on, only so many are kept. Default 4096. */
  readonly limit?: number | undefined;
  /** Milliseconds on a clock that only runs forwards; default that of the process. */
  readonly now?: (() => number) | undefined;
}

/** As long as a change is kept by kube-apiserver's watch cache; bookmarks come more often. */
const freshMs = 75_000;
/** The number of changes that are kept at any age, and scanned at a time. */
const least = 128;

/**
 * The latest changes of one collection, oldest first, so that watches can be resumed and the recent past be read.
 *
 * Changes before `floor` are dropped: a watcher that has seen everything up to `floor` misses nothing.
 */
export class History {
  readonly #limit: number;
  readonly #now: () => number;
  #changes: Change[] = [];
  /** When each of them came. */
  #times: number[] = [];
  #floor: number;

  constructor(floor: number, { limit = 4096, now = () => performance.now() }: HistoryOptions = {}) {
    this.#floor = floor;
    this.#limit = limit;
    this.#now = now;
  }

  get floor(): number {
    return this.#floor;
  }

  append(change: Change): void {
    const now = this.#now();
    this.#changes.push(change);
    this.#times.push(now);
    const { length } = this.#changes;
    if (length >= this.#limit * 2) this.#forget(this.#limit);
    else if (length % least === 0) this.#forgetBefore(now - freshMs);
  }

  #forgetBefore(time: number): void {
    const most = this.#changes.length - least;
    const firstFresh = this.#times.findIndex((at) => at >= time);
    this.#forget(Math.min(most, firstFresh));
  }

  #forget(count: number): void {
    if (count <= 0) return;
    this.#times.splice(0, count);
    this.#floor = this.#changes.splice(0, count).at(-1)?.revision ?? this.#floor;
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
